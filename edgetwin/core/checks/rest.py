"""Where a signal may stand still and be healthy: a status has few values, and a thing that is off or full rests.

A flow is exactly 0 while its pump is off, a valve sits at 100 % for hours. Such a resting place is an end of all
that was ever read, and either zero or a value that the signal has come back to. A run there says little about the
sensor, so it takes many times as long to be called stuck, and never less than three times the longest rest there. Nor
do rests count among the signal's usual runs: they would make it deaf everywhere else.
"""

import numpy as np

from edgetwin.core.checks.check import Readings
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask

_FEW = 5  # different values; a signal that has shown fewer is a status
_PATIENCE = 40.0  # times as long as elsewhere
_LONGEST = 3.0


class Rest:
    """The ends of every signal's readings, and how long it has rested there."""

    def __init__(self, memory: Memory) -> None:
        self._seen = memory.array("rest.seen", np.float64, np.nan, rows=(_FEW,))  # the first different values
        self._kinds = memory.array("rest.kinds", np.int64)
        self._end = memory.array("rest.end", np.float64, np.nan, rows=(2,))  # lowest, highest
        self._visits = memory.array("rest.visits", np.int64, rows=(2,))
        self._longest = memory.array("rest.longest", np.float64, rows=(2,))

    def learn(self, readings: Readings, moved: Mask) -> None:
        """Take the readings that differ from the ones before."""
        ids, raw = readings.ids, readings.raw
        at = readings.at
        low, high = self._end[:, at]
        new = moved & (self._kinds[at] < _FEW)
        if new.any():
            self._count_kind(ids[new], raw[new])
        ending = moved & ~((raw > low) & (raw < high))  # true while there is no end yet
        if ending.any():
            self._visit(ids[ending], raw[ending])

    def is_status(self, at: slice | Ids) -> Mask:
        """Tell which signals have shown so few values that they are rather a status than a measurement."""
        status: Mask = self._kinds[at] < _FEW
        return status

    def at_rest(self, ids: Ids, raw: Floats) -> Mask:
        """Tell which of these values are resting places."""
        resting: Mask = ((raw == self._end[:, ids]) & ((raw == 0.0) | (self._visits[:, ids] >= 2))).any(0)
        return resting

    def ended(self, ids: Ids, raw: Floats, run: Floats) -> None:
        """Remember how long these signals have rested."""
        here = raw == self._end[:, ids]
        self._longest[:, ids] = np.maximum(self._longest[:, ids], np.where(here, run, 0.0))

    def allowed(self, ids: Ids, raw: Floats, elsewhere: Floats) -> Floats:
        """Give the run that is allowed at these values, from what is allowed elsewhere."""
        longest = np.where(raw == self._end[:, ids], self._longest[:, ids], 0.0).max(0)
        patient = np.maximum(_PATIENCE * elsewhere, _LONGEST * longest)
        return np.where(self.at_rest(ids, raw), patient, elsewhere)

    def _count_kind(self, ids: Ids, raw: Floats) -> None:
        new = ~(self._seen[:, ids] == raw).any(0)
        ids, raw = ids[new], raw[new]
        self._seen[self._kinds[ids], ids] = raw
        self._kinds[ids] += 1

    def _visit(self, ids: Ids, raw: Floats) -> None:
        end = self._end[:, ids]
        beyond = np.stack([~(raw >= end[0]), ~(raw <= end[1])])
        again = raw == end
        self._visits[:, ids] = np.where(beyond, 1, self._visits[:, ids] + again)
        self._longest[:, ids] = np.where(beyond, 0.0, self._longest[:, ids])
        self._end[:, ids] = np.where(beyond, raw, end)
