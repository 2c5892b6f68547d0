"""Where a signal may stand still and be healthy: a status has few values, and a thing that is off or full rests.

A flow is exactly 0 while its pump is off, a valve sits at 100 % for hours. Such a resting place is an end of all
that was ever read, and either zero or a value at which the signal has stayed for a while and come back to. One stray
reading far beyond an end, such as -999 for "no value", does not move the end. A value at which the signal was once
called stuck, and from which it went on, is a resting place too. A run there says little about the sensor, so it takes
many times as long to be called stuck, and never less than three times the longest rest there. Nor do rests count
among the signal's usual runs: they would make it deaf everywhere else.

A counter stands wherever its machine was stopped. If it then goes on by a usual step, it had paused; had it been
stuck, it would have a lot to make up for. So it may stand for three times its longest pause.
"""

import numpy as np

from edgetwin.core.checks.check import Readings
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask

_FEW = 5  # different values; a signal that has shown fewer is a status
_PATIENCE = 40.0  # times as long as elsewhere
_LONGEST = 3.0
_A_WHILE = 4.0  # readings; a coarse signal touches its ends often, and does not rest there
_PLACES = 4  # values remembered at which it was once called stuck
_COUNTER_AFTER = 30  # moves
_NEAR = 4.0  # usual steps
_AGAINST = 0.01  # share of them that may go the other way: a counter rolls over


class Rest:
    """The places at which every signal may rest, and how long it has rested there."""

    def __init__(self, memory: Memory) -> None:
        self._seen = memory.array("rest.seen", np.float64, np.nan, rows=(_FEW,))  # the first different values
        self._kinds = memory.array("rest.kinds", np.int64)
        self._end = memory.array("rest.end", np.float64, np.nan, rows=(2,))  # lowest, highest
        self._visits = memory.array("rest.visits", np.int64, rows=(2,))
        self._strays = memory.array("rest.strays", np.int64, rows=(2,))  # single readings beyond that end
        self._longest = memory.array("rest.longest", np.float64, rows=(2,))
        self._place = memory.array("rest.place", np.float64, np.nan, rows=(_PLACES,))
        self._places = memory.array("rest.places", np.int64)
        self._longest_there = memory.array("rest.longest_there", np.float64)  # at any of these places
        self._moves = memory.array("rest.moves", np.int64)
        self._rises = memory.array("rest.rises", np.int64)
        self._pause = memory.array("rest.pause", np.float64)  # the longest of a counter

    def learn(self, readings: Readings, moved: Mask, before: Floats, usual_step: Floats) -> None:
        """Take the readings that differ from the ones before; a few usual steps beyond an end are not astray."""
        ids, raw, at = readings.ids, readings.raw, readings.at
        self._moves[at] += moved
        self._rises[at] += moved & (raw > before)
        low, high = self._end[:, at]
        new = moved & (self._kinds[at] < _FEW)
        if new.any():
            self._count_kind(ids[new], raw[new])
        ending = moved & ~((raw > low) & (raw < high))  # true while there is no end yet
        if ending.any():
            self._visit(ids[ending], raw[ending], before[ending], _NEAR * usual_step[ending])

    def is_status(self, at: slice | Ids) -> Mask:
        """Tell which signals have shown so few values that they are rather a status than a measurement."""
        status: Mask = self._kinds[at] < _FEW
        return status

    def at_rest(self, ids: Ids, raw: Floats) -> Mask:
        """Tell which of these values are resting places."""
        rested = (self._visits[:, ids] >= 2) & (self._longest[:, ids] >= _A_WHILE)
        at_end = (raw == self._end[:, ids]) & ((raw == 0.0) | rested)
        resting: Mask = at_end.any(0) | self._at_place(ids, raw)
        return resting

    def ended(self, ids: Ids, raw: Floats, run: Floats) -> None:
        """Remember how long these signals have rested."""
        here = raw == self._end[:, ids]
        self._longest[:, ids] = np.maximum(self._longest[:, ids], np.where(here, run, 0.0))
        there = np.where(self._at_place(ids, raw), run, 0.0)
        self._longest_there[ids] = np.maximum(self._longest_there[ids], there)

    def went_on(self, ids: Ids, raw: Floats, run: Floats, usual_step: Mask) -> None:
        """Remember where these signals stood when they were called stuck, and the pauses of counters."""
        paused = usual_step & self._counts(ids)
        self._pause[ids] = np.maximum(self._pause[ids], np.where(paused, run, 0.0))
        new = ~self._at_place(ids, raw)
        ids, raw = ids[new], raw[new]
        self._place[self._places[ids] % _PLACES, ids] = raw
        self._places[ids] += 1

    def allowed(self, ids: Ids, raw: Floats, elsewhere: Floats) -> Floats:
        """Give the run that is allowed at these values, from what is allowed elsewhere."""
        longest = np.where(raw == self._end[:, ids], self._longest[:, ids], 0.0).max(0)
        longest = np.maximum(longest, np.where(self._at_place(ids, raw), self._longest_there[ids], 0.0))
        patient = np.maximum(_PATIENCE * elsewhere, _LONGEST * longest)
        pause = np.where(self._counts(ids), _LONGEST * self._pause[ids], 0.0)
        return np.maximum(np.where(self.at_rest(ids, raw), patient, elsewhere), pause)

    def _at_place(self, ids: Ids, raw: Floats) -> Mask:
        there: Mask = (raw == self._place[:, ids]).any(0)
        return there

    def _counts(self, ids: Ids) -> Mask:
        """Tell which signals are counters: but for a roll-over they move one way."""
        moves, rises = self._moves[ids], self._rises[ids]
        counts: Mask = (moves >= _COUNTER_AFTER) & (np.minimum(rises, moves - rises) <= _AGAINST * moves + 1)
        return counts

    def _count_kind(self, ids: Ids, raw: Floats) -> None:
        new = ~(self._seen[:, ids] == raw).any(0)
        ids, raw = ids[new], raw[new]
        self._seen[self._kinds[ids], ids] = raw
        self._kinds[ids] += 1

    def _visit(self, ids: Ids, raw: Floats, before: Floats, near: Floats) -> None:
        end = self._end[:, ids]
        beyond = np.stack([~(raw >= end[0]), ~(raw <= end[1])])
        # A near one moves the end, two far ones in a row do, and as many single ones as it had visits.
        lasting = np.stack([before < end[0], before > end[1]]) | (np.abs(raw - end) <= near)
        strays = self._strays[:, ids] + beyond
        moves = beyond & (lasting | (strays >= self._visits[:, ids]))
        self._strays[:, ids] = np.where(moves, 0, strays)
        self._visits[:, ids] = np.where(moves, 1, self._visits[:, ids] + (raw == end))
        self._longest[:, ids] = np.where(moves, 0.0, self._longest[:, ids])
        self._end[:, ids] = np.where(moves, raw, end)
