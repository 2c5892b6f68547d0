"""Stuck: a signal repeats itself for longer than it ever did.

A fixed rule ("30 equal readings") cries wolf on a slow, coarsely quantised signal and sleeps on a lively one. So each
signal's own runs of equal readings are counted (`run_lengths`), and an alarm is a run beyond their tail. A signal that
has hardly ever moved, a status, and a thing at rest (`rest`) are not called stuck for standing still. Nor is anything
while many of its neighbours stand still too: then the plant has stopped, or the device repeats itself, and
that is another story than one bad sensor (`still`). They must have stopped at about the same time.

A signal whose device speaks only on change makes no equal readings; its runs are silences in units of its period.

Never learns from a run it called stuck, unless that was a near miss: the run was hardly longer than allowed, such a
signal does pause, and it went on from where it had stopped.
"""

import numpy as np

from edgetwin.core.checks.check import Evidence, Readings
from edgetwin.core.checks.rest import Rest
from edgetwin.core.checks.run_lengths import Counts, RunLengths
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask, SignalTable, Stamp

_ARMED_AFTER = 30  # runs
_SHORTEST = 6.0  # readings
_RARE = 1e-6  # no run is called stuck that is likelier than this
_MOVES_TO_RECOVER = 2
_SECONDS_UNKNOWN = 1.0  # period of a signal that has shown none yet
_NEIGHBOURS = 4  # so many, at least, stand still when the plant does
_MANY = 0.3  # of them
_NEAR = 3  # so many times what is allowed is still near it
_USUAL_MOVES = 4  # a step of so many usual ones is no leap


class StuckCheck:
    """Compares the present run of every signal with what is usual for it."""

    def __init__(self, table: SignalTable, memory: Memory, period_s: Floats, false_alarm_s: float) -> None:
        self._period_s = period_s  # of all signals, kept true by who measures it
        self._false_alarm_s = false_alarm_s
        self._watched = table.numeric & np.array([signal.watch_stuck for signal in table], np.bool_)
        self._on_change = table.on_change & self._watched
        self._any_on_change = bool(self._on_change.any())
        self._lengths = RunLengths(memory)
        self._rest = Rest(memory)
        self._raw = memory.array("stuck.raw", np.float64, np.nan)
        self._run = memory.array("stuck.run", np.int64)
        self._since = memory.array("stuck.since", np.int64)  # monotonic, when the run began
        self._since_read = memory.array("stuck.since_read", np.int64)  # the same, wall clock
        self._move = memory.array("stuck.move", np.float64)  # how far it usually moves when it moves
        self._moves = memory.array("stuck.moves", np.int64)  # since it was called stuck
        self._allowed = memory.array("stuck.allowed", np.float64, np.inf)  # the run that was too long
        # Its silence is known to mean something else.
        self._suspended = memory.array("stuck.suspended", np.bool_)
        self.stuck = memory.array("stuck.stuck", np.bool_)
        self.still = memory.array("stuck.still", np.bool_)  # stands still, as many of its neighbours do

    def moved(self, readings: Readings) -> Mask:
        """Tell which readings differ from the one before, or are the first."""
        differs: Mask = readings.usable & (readings.raw != self._raw[readings.at])
        return differs

    def look(self, readings: Readings) -> Mask:
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
            silence = (readings.mono - self._since[at]) / 1e9 / self._period(at)
            run = np.where(self._on_change[at], np.maximum(np.rint(silence), 1), run).astype(np.int64)
        if ended.any():
            self._end_runs(readings, ended, run)
        if moved.any():
            self._rest.learn(readings, moved, self._raw[at], self._move[at])
        self._run[at] = np.where(moved, 1, run + readings.usable)
        self._raw[at] = np.where(moved, readings.raw, self._raw[at])
        self._since[at] = np.where(began, readings.mono, self._since[at])
        self._since_read[at] = np.where(began, readings.t_read, self._since_read[at])

        run = self._run[at]
        armed = readings.usable & self._armed(at) & ~self._on_change[at]
        suspect = armed & ~self.stuck[at] & (run >= _SHORTEST) & (run > self._lengths.floor(at))
        if suspect.any():
            self._judge(readings, armed, suspect)
        return self.stuck[at]

    def silent_too_long(self, now: int) -> Ids:
        """Give the signals that should have changed by now and did not, each once."""
        if not self._any_on_change:
            return np.empty(0, np.int32)
        everywhere = slice(None)
        run = np.floor((now - self._since) / 1e9 / self._period(everywhere))
        suspect = self._on_change & ~self._suspended & ~self.stuck & self._armed(everywhere)
        suspect &= (run >= _SHORTEST) & (run > self._lengths.floor(everywhere))
        ids = np.flatnonzero(suspect).astype(np.int32)
        if len(ids):
            ids = ids[self._too_long(ids, run[ids])]
            self._call_stuck(ids)
        return ids

    def suspend(self, at: slice | Ids, lost: Mask) -> None:
        """Count no silence against signals whose last word was no value; the next value begins a new run."""
        self._suspended[at] |= lost & self._on_change[at]

    def silence_noticed(self, number: int) -> Stamp:
        """Say when the silence of an on-change signal became too long."""
        periods = np.floor(self._allowed[number]) + 1  # the first whole number beyond what is allowed
        wait = int(periods * self._period(slice(number, number + 1))[0] * 1e9)
        return Stamp(int(self._since_read[number]) + wait, int(self._since[number]) + wait)

    def onset_ns(self, number: int) -> int:
        """Give the time of the first of the equal readings."""
        return int(self._since_read[number])

    def evidence(self, number: int) -> Evidence:
        """Give the value, how often it came, and how long a run was allowed."""
        return {
            "value": float(self._raw[number]),
            "repeats": int(self._run[number]),
            "longest_before": int(self._lengths.longest[number]),
            "allowed": int(np.ceil(self._allowed[number])),
        }

    def _armed(self, at: slice | Ids) -> Mask:
        """Tell which signals have moved often enough, and in enough ways, to be judged."""
        armed: Mask = self._watched[at] & (self._lengths.ended[at] >= _ARMED_AFTER)
        return armed & ~self._rest.is_status(at)

    def _judge(self, readings: Readings, armed: Mask, suspect: Mask) -> None:
        ids, run = readings.ids[suspect], self._run[readings.ids[suspect]]
        late = self._too_long(ids, run)
        ids, run = ids[late], run[late]
        if not len(ids):
            return
        others = self._run[readings.ids[armed & ~self.stuck[readings.at]]]
        run = run[:, None]
        # Who fell silent long before is no witness. Each is among its own neighbours: so one is taken off.
        witnesses = (others <= 2 * run).sum(1) - 1
        standing = ((others <= 2 * run) & (2 * others >= run)).sum(1) - 1
        together = (standing >= _NEIGHBOURS) & (standing >= _MANY * witnesses)
        self.still[ids] = together
        self._call_stuck(ids[~together])

    def _too_long(self, ids: Ids, run: Counts | Floats) -> Mask:
        rare = np.clip(self._period(ids) / self._false_alarm_s, 1e-12, _RARE)
        usual = np.maximum(self._lengths.tail(ids, rare), _SHORTEST)
        self._allowed[ids] = allowed = self._rest.allowed(ids, self._raw[ids], usual)
        late: Mask = run > allowed
        return late

    def _call_stuck(self, ids: Ids) -> None:
        self.stuck[ids] = True
        self._moves[ids] = 0

    def _end_runs(self, readings: Readings, ended: Mask, run: Counts) -> None:
        at, ids, value = readings.at, readings.ids, self._raw[readings.at]
        step = np.abs(readings.raw - value)
        stuck = ended & self.stuck[at]
        longer = ended & (run > 1)
        if longer.any():  # a stay is remembered where it was; a rest is no run
            rested = longer.copy()
            rested[longer] = self._rest.at_rest(ids[longer], value[longer])
            self._rest.ended(ids[longer], value[longer], run[longer].astype(np.float64))
            ended = ended & ~rested
        if stuck.any():
            on = stuck & (self._moves[at] == 0)
            usual_step = step <= _USUAL_MOVES * self._move[at]
            self._rest.went_on(ids[on], value[on], run[on].astype(np.float64), usual_step[on])
            ended = ended & (~stuck | (on & usual_step & self._near_miss(at, run)))
            self._moves[at] += stuck
            self.stuck[at] &= self._moves[at] < _MOVES_TO_RECOVER
        still = longer & self.still[at]
        if still.any():  # the plant's standstill is no habit of the signal
            ended = ended & ~still
            self.still[at] &= ~still
        self._lengths.count(at, ids, ended, run)
        move = self._move[at]
        gain = np.where(move > 0, 0.05, 1.0)
        self._move[at] = np.where(ended, move + gain * (step - move), move)

    def _near_miss(self, at: slice | Ids, run: Counts) -> Mask:
        """Tell where a run that was called stuck was hardly longer than allowed, of a signal that does pause."""
        allowed, longest = self._allowed[at], self._lengths.longest[at]
        near: Mask = (run <= _NEAR * allowed) & (_NEAR * longest >= allowed)
        return near

    def _period(self, at: slice | Ids) -> Floats:
        period_s = self._period_s[at]
        return np.where(period_s > 0, period_s, _SECONDS_UNKNOWN)
