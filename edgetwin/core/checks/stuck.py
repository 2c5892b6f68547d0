"""Stuck: a signal repeats itself for longer than it ever did.

A fixed rule ("30 equal readings") cries wolf on a slow, coarsely quantised signal and sleeps on a lively one. So each
signal's own runs of equal readings are counted, and an alarm is a run beyond their tail: an exponential excess
above the 90th percentile at the wanted probability, and never below 1.5 times the longest run seen. A signal that
has hardly ever moved (a constant, a status) is never called stuck.

A signal whose device speaks only on change makes no equal readings; its runs are silences in units of its period.

Never learns from a run it called stuck, unless that was a near miss: the run was hardly longer than allowed, such a
signal does pause, and it went on from where it had stopped.
"""

import numpy as np
from numpy.typing import NDArray

from edgetwin.core.checks.check import Evidence, Readings
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask, SignalTable, Stamp

# Run lengths are counted in bins: exactly up to 32, then 15 % wide.
_LENGTHS = np.concatenate([np.arange(1.0, 33.0), np.floor(33.0 * 1.15 ** np.arange(64))])
_ARMED_AFTER = 30  # runs
_SHORTEST = 6.0  # readings
_LONGEST = 1.5
_FULL = 8192  # runs counted before old ones are halved
_RARE = 1e-6  # no run is called stuck that is likelier than this
_MOVES_TO_RECOVER = 2
_SECONDS_UNKNOWN = 1.0  # period of a signal that has shown none yet


class StuckCheck:
    """Counts runs of equal readings."""

    def __init__(self, table: SignalTable, memory: Memory, false_alarm_s: float) -> None:
        self._false_alarm_s = false_alarm_s
        self._watched = table.numeric & np.array([signal.watch_stuck for signal in table], np.bool_)
        self._on_change = table.on_change & self._watched
        self._any_on_change = bool(self._on_change.any())
        self._raw = memory.array("stuck.raw", np.float64, np.nan)
        self._run = memory.array("stuck.run", np.int64)
        self._since = memory.array("stuck.since", np.int64)  # monotonic, when the run began
        self._since_read = memory.array("stuck.since_read", np.int64)  # the same, wall clock
        self._runs = memory.array("stuck.runs", np.float64, rows=(len(_LENGTHS),))
        self._ended = memory.array("stuck.ended", np.int64)
        self._longest = memory.array("stuck.longest", np.int64)
        self._move = memory.array("stuck.move", np.float64)  # how far it usually moves when it moves
        self._moves = memory.array("stuck.moves", np.int64)  # since it was called stuck
        self._allowed = memory.array("stuck.allowed", np.float64, np.inf)  # the run that was too long
        self._suspended = memory.array(
            "stuck.suspended", np.bool_
        )  # its silence is known to mean something else
        self.stuck = memory.array("stuck.stuck", np.bool_)

    def moved(self, readings: Readings) -> Mask:
        """Tell which readings differ from the one before, or are the first."""
        differs: Mask = readings.usable & (readings.raw != self._raw[readings.at])
        return differs

    def look(self, readings: Readings, period_s: Floats) -> Mask:
        """Tell which signals are stuck, and learn from the runs that end."""
        at = readings.at
        moved = self.moved(readings)
        first = np.isnan(self._raw[at])
        ended = moved & ~first
        began = moved
        run = self._run[at]
        if self._any_on_change:
            back = readings.usable & self._suspended[at]
            self._suspended[at] &= ~back
            ended, began = ended & ~back, began | back
            silence = (readings.mono - self._since[at]) / 1e9 / _period(period_s)
            run = np.where(self._on_change[at], np.maximum(np.rint(silence), 1), run).astype(np.int64)
        if ended.any():
            self._end_runs(readings, ended, run)
        self._run[at] = np.where(moved, 1, run + readings.usable)
        self._raw[at] = np.where(moved, readings.raw, self._raw[at])
        self._since[at] = np.where(began, readings.mono, self._since[at])
        self._since_read[at] = np.where(began, readings.t_read, self._since_read[at])

        run = self._run[at]
        suspect = readings.usable & ~self.stuck[at] & self._watched[at] & ~self._on_change[at]
        suspect &= (run >= _SHORTEST) & (run > _LONGEST * self._longest[at])
        suspect &= self._ended[at] >= _ARMED_AFTER
        if suspect.any():
            self._judge(readings.ids[suspect], run[suspect], period_s[suspect])
        return self.stuck[at]

    def silent_too_long(self, now: int, period_s: Floats) -> Ids:
        """Give the signals that should have changed by now and did not, each once."""
        if not self._any_on_change:
            return np.empty(0, np.int32)
        run = np.floor((now - self._since) / 1e9 / _period(period_s))
        suspect = self._on_change & ~self._suspended & ~self.stuck & (self._ended >= _ARMED_AFTER)
        suspect &= (run >= _SHORTEST) & (run > _LONGEST * self._longest)
        ids = np.flatnonzero(suspect).astype(np.int32)
        if len(ids):
            self._judge(ids, run[ids], period_s[ids])
        late: Ids = ids[self.stuck[ids]]
        return late

    def suspend(self, at: slice | Ids, lost: Mask) -> None:
        """Count no silence against signals whose last word was no value; the next value begins a new run."""
        self._suspended[at] |= lost & self._on_change[at]

    def silence_noticed(self, number: int, period_s: float) -> Stamp:
        """Say when the silence of an on-change signal became too long."""
        periods = np.floor(self._allowed[number]) + 1  # the first whole number beyond what is allowed
        wait = int(periods * _period(np.array(period_s)) * 1e9)
        return Stamp(int(self._since_read[number]) + wait, int(self._since[number]) + wait)

    def onset_ns(self, number: int) -> int:
        """Give the time of the first of the equal readings."""
        return int(self._since_read[number])

    def evidence(self, number: int) -> Evidence:
        """Give the value, how often it came, and how long a run was allowed."""
        return {
            "value": float(self._raw[number]),
            "repeats": int(self._run[number]),
            "longest_before": int(self._longest[number]),
            "allowed": int(np.ceil(self._allowed[number])),
        }

    def _judge(self, ids: Ids, run: Floats, period_s: Floats) -> None:
        allowed = self._tail(ids, period_s)
        beyond = run > allowed
        late = ids[beyond]
        self.stuck[late] = True
        self._moves[late] = 0
        self._allowed[late] = allowed[beyond]

    def _tail(self, ids: Ids, period_s: Floats) -> Floats:
        """Give the longest run that still belongs to the signal, at the wanted false-alarm interval."""
        rare = np.clip(_period(period_s) / self._false_alarm_s, 1e-12, _RARE)
        runs = self._runs[:, ids]
        total = runs.sum(0)
        high = (np.cumsum(runs, axis=0) >= 0.9 * total).argmax(0)
        u = _LENGTHS[high]
        above = np.arange(len(_LENGTHS))[:, None] > high
        count = (runs * above).sum(0)
        excess = (runs * above * (_LENGTHS[:, None] - u)).sum(0) / np.maximum(count, 1.0)
        # Few runs above say little about the mean excess: lean to the long side.
        scale = np.maximum(excess * (1.0 + 2.0 / np.sqrt(count + 1.0)), 1.0)
        tail = u + scale * np.log(np.maximum(count, 1.0) / total / rare)
        allowed: Floats = np.maximum(np.maximum(tail, _LONGEST * self._longest[ids]), _SHORTEST)
        return allowed

    def _end_runs(self, readings: Readings, ended: Mask, run: NDArray[np.int64]) -> None:
        """Count the runs that end with these readings. For a lively signal that is every reading, a run of one."""
        at = readings.at
        step = np.abs(readings.raw - self._raw[at])
        stuck = ended & self.stuck[at]
        if stuck.any():
            ended = ended & (~stuck | self._near_miss(at, run, step))
            self._moves[at] += stuck
            self.stuck[at] &= self._moves[at] < _MOVES_TO_RECOVER
        single = ended & (run == 1)
        self._runs[0, at] += single
        longer = ended & ~single
        if longer.any():
            bins = np.searchsorted(_LENGTHS, run[longer], side="right") - 1
            self._runs[bins, readings.ids[longer]] += 1.0
        self._longest[at] = np.maximum(self._longest[at], run * ended)
        self._ended[at] = count = self._ended[at] + ended
        move = self._move[at]
        gain = np.where(move > 0, 0.05, 1.0)
        self._move[at] = np.where(ended, move + gain * (step - move), move)
        full = ended & (count % _FULL == 0)
        if full.any():
            self._runs[:, readings.ids[full]] *= 0.5

    def _near_miss(self, at: slice | Ids, run: NDArray[np.int64], step: Floats) -> Mask:
        """Tell where a run that was called stuck is worth learning: the signal does pause, and went on from there."""
        allowed, longest = self._allowed[at], self._longest[at]
        near: Mask = (run <= 3 * allowed) & (3 * longest >= allowed) & (step <= 4 * self._move[at])
        near &= self._moves[at] == 0
        return near


def _period(period_s: Floats) -> Floats:
    return np.where(period_s > 0, period_s, _SECONDS_UNKNOWN)
