"""How the clock of a file goes: some stand still for many rows, since the logger wrote whole minutes, say.

The time of each row stays what the file says. Only for intervals the rows of one tick are spread evenly over it, or
else a signal would seem to be read again and again in no time. Rows that share a time now and then are left alone.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median_low

from edgetwin.field.table.problems import UnusableFile

_TELLING = 20  # rows of which none is younger than the one before are no accident


class Ticks:
    """Gives each row its place in the tick that it shares with others. Knows only the rows up to the present."""

    def __init__(self, times: Sequence[int]) -> None:
        """Learn the habit of the clock from the first rows."""
        runs = [len(list(run)) for _, run in groupby(times)]
        if len(runs) == 1 and len(times) >= _TELLING:
            raise UnusableFile(
                f"the first {len(times)} rows all have the same time",
                'give their rhythm with --every "1 s", or another column with --time COLUMN',
            )
        if len(runs) >= _TELLING and all(later < earlier for earlier, later in pairwise(times)):
            raise UnusableFile("the newest row comes first", "turn the file round, so that time runs forward")
        # The first and the last tick may be cut.
        self.rows = median_low(runs[1:-1] or runs) if runs else 1
        steps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
        self._tick_ns = median_low(steps) if steps else 0
        self._time: int | None = None
        self._place = 0

    def monotonic(self, time: int) -> int:
        """Give the time of the next row as intervals are to see it."""
        if self.rows == 1:
            return time
        self._place = self._place + 1 if time == self._time else 0
        self._time = time
        return time + min(self._place * self._tick_ns // self.rows, max(self._tick_ns - 1, 0))
