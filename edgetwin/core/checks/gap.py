"""Gap: a signal is silent for longer than is its habit.

The habit is learned from the intervals between good readings, or declared by how often the device is asked. A signal
whose device speaks only on change is exempt: its silence is the stuck check's business. While the way to the device
is known to be down, or the device answers that it has no value, nothing here is due: that is already said. So that
a device which stops answering is one alert and not one for each of its signals, a silence becomes news only when the
gateway no longer waits for an answer of the device (`Signal.patience_s`).
"""

import numpy as np

from edgetwin.core.checks.check import Evidence, Readings
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask, Nanos, SignalTable, Stamp

_NEVER = np.iinfo(np.int64).max
_LEARN = 0.05  # share of a new interval in the habit
_FADE = 0.999  # of the longest interval, per reading
_ARMED_AFTER = 10  # intervals, where no habit is declared
_HABITS = 4.0  # so many habitual intervals
_HOLE = 3.0  # times what was allowed: no longer interval is a habit
_LONGEST = 1.5  # or so many times the longest one seen


class GapCheck:
    """Knows when each signal should have spoken."""

    def __init__(self, table: SignalTable, memory: Memory) -> None:
        self.habit = memory.array("gap.habit", np.float64, np.nan)
        self.habit[:] = table.period_s
        self._declared = np.isfinite(table.period_s)
        self._exempt = table.on_change
        self._patience = (table.patience_s * 1e9).astype(np.int64)
        self._longest = memory.array("gap.longest", np.float64)
        self._count = memory.array("gap.count", np.int64)
        self._last = memory.array("gap.last", np.int64, -1)  # monotonic, of the last good reading
        self._last_read = memory.array("gap.last_read", np.int64)  # the same, wall clock
        self._due = memory.array("gap.due", np.int64, _NEVER)
        self.silent = memory.array("gap.silent", np.bool_)
        self._next = int(_NEVER)  # no deadline is earlier than this

    def look(self, readings: Readings) -> Mask:
        """Tell before which of these readings others are missing, and learn the habit."""
        at, usable = readings.at, readings.usable
        last = self._last[at]
        interval = (readings.mono - last) / 1e9
        known = usable & (last >= 0)
        late = known & (self.silent[at] | (readings.mono > self._due[at]))
        count = self._count[at] + known
        self._count[at] = count
        most = np.where(count > _ARMED_AFTER, _HOLE * self._limit(at), np.inf)
        heard = np.fmin(interval, most)
        habit, longest = self.habit[at], self._longest[at]
        learned = np.where(np.isnan(habit), heard, habit + _LEARN * (heard - habit))
        self.habit[at] = np.where(known, learned, habit)
        self._longest[at] = np.where(known, np.maximum(longest * _FADE, heard), longest)
        self._last[at] = np.where(usable, readings.mono, last)
        self._last_read[at] = np.where(usable, readings.t_read, self._last_read[at])
        self.silent[at] &= ~usable
        armed = usable & ~self._exempt[at] & (self._declared[at] | (count >= _ARMED_AFTER))
        if armed.any():
            wait = np.where(armed, self._limit(at) * 1e9, 0.0)
            due = np.where(armed, readings.mono + wait.astype(np.int64), self._due[at])
            self._due[at] = due
            self._next = min(self._next, int(due.min()))
        return late

    def suspend(self, at: slice | Ids, lost: Mask) -> None:
        """Expect nothing of signals whose device is known to be away, or to give no value for them."""
        self._due[at] = np.where(lost, _NEVER, self._due[at])
        self._last[at] = np.where(lost, -1, self._last[at])  # how long it was away is no habit
        self.silent[at] &= ~lost

    def expire(self, now: int | Nanos) -> Ids:
        """Give the signals that should have spoken by now, each once. `now` may differ from signal to signal."""
        if isinstance(now, int) and now < self._next:
            return np.empty(0, np.int32)
        overdue = np.flatnonzero(self._due <= now - self._patience).astype(np.int32)
        self.silent[overdue] = True
        self._due[overdue] = _NEVER
        self._next = int(self._due.min(initial=_NEVER))
        return overdue

    def begin_again(self) -> None:
        """Expect nothing of a signal until it has spoken, after a reload: nobody asked for it meanwhile."""
        self._due[:] = _NEVER
        self._last[:] = -1  # how long the reload took is no habit
        self._next = int(_NEVER)

    def last(self, number: int) -> int:
        """Give the monotonic time of the last good reading of this signal."""
        return int(self._last[number])

    def due(self, number: int) -> Stamp:
        """Say when the silence of this signal became too long."""
        wait = int(self._limit(slice(number, number + 1))[0] * 1e9) + int(self._patience[number])
        return Stamp(int(self._last_read[number]) + wait, int(self._last[number]) + wait)

    def onset_ns(self, number: int) -> int:
        """Give the time of the last good reading."""
        return int(self._last_read[number])

    def evidence(self, number: int) -> Evidence:
        """Give the habit and what was allowed."""
        return {
            "habit_s": round(float(self.habit[number]), 3),
            "allowed_s": round(float(self._limit(slice(number, number + 1))[0]), 3),
        }

    def _limit(self, at: slice | Ids) -> Floats:
        limit: Floats = np.fmax(_HABITS * self.habit[at], _LONGEST * self._longest[at])
        return limit
