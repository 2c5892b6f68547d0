"""When readings were made: their order, the time between them, and how often a signal speaks.

Every interval comes from the monotonic clock, or from the device's own stamps where it gives them; never from a wall
clock that can step.
"""

from typing import NamedTuple

import numpy as np

from edgetwin.core.memory import Memory
from edgetwin.core.signals import UNSTAMPED, Codes, Floats, Frame, Ids, Mask, Reason, SignalTable

# Stamps that go back by less are late readings, by more a clock that was set.
OUT_OF_ORDER_NS = 10_000_000_000


class Timed(NamedTuple):
    """What the stamps of one tick tell."""

    late: Mask  # a younger reading has been taken already
    reasons: Codes


class Timing:
    """The stamps of the last reading of every signal, and of the last one that was used."""

    def __init__(self, table: SignalTable, memory: Memory) -> None:
        self.period_s = memory.array("timing.period_s", np.float64)
        self.period_s[:] = table.period_s
        self.source = memory.array("timing.source", np.int64, UNSTAMPED)
        self.read = memory.array("timing.read", np.int64, UNSTAMPED)
        self.mono = memory.array("timing.mono", np.int64, -1)
        self._used_mono = memory.array("timing.used_mono", np.int64, -1)
        self._used_source = memory.array("timing.used_source", np.int64, UNSTAMPED)

    def place(self, at: slice | Ids, frame: Frame, readable: Mask) -> Timed:
        """Tell which readings come too late, and remember the stamps of the others."""
        late = readable & (frame.mono < self.mono[at])
        reasons = late * np.uint32(Reason.LATE)
        stamped = (frame.t_source != UNSTAMPED) & (self.source[at] != UNSTAMPED) & readable
        if stamped.any():
            back = np.where(stamped, self.source[at] - frame.t_source, 0)
            disordered = (back > 0) & (back < OUT_OF_ORDER_NS)
            late |= disordered
            reasons = late * np.uint32(Reason.LATE)
            reasons |= ((back >= OUT_OF_ORDER_NS) & ~late) * np.uint32(Reason.CLOCK)
        taken = readable & ~late
        self.source[at] = np.where(taken, frame.t_source, self.source[at])
        self.read[at] = np.where(taken, frame.t_read, self.read[at])
        self.mono[at] = np.where(taken, frame.mono, self.mono[at])
        return Timed(late, reasons.astype(np.uint32))

    def since_used(self, at: slice | Ids, frame: Frame) -> Floats:
        """Give the time since the last reading that was used, in periods of the signal; 1 for the first."""
        before = self._used_mono[at]
        dt = (frame.mono - before) / 1e9
        stamped = (frame.t_source != UNSTAMPED) & (self._used_source[at] != UNSTAMPED)
        if stamped.any():
            own = np.where(stamped, frame.t_source - self._used_source[at], -1) / 1e9
            dt = np.where(own >= 0, own, dt)
        period = self.period_s[at]
        unknown = np.isnan(period) & (before >= 0) & (dt > 0)
        if unknown.any():  # the first interval sets the scale; the bank's grid is wide enough for the rest
            period = np.where(unknown, dt, period)
            self.period_s[at] = period
        tau = np.where(period > 0, dt / period, 0.0)
        return np.where(before >= 0, tau, 1.0)

    def used(self, at: slice | Ids, used: Mask, frame: Frame) -> None:
        """Remember which readings moved the estimate."""
        self._used_mono[at] = np.where(used, frame.mono, self._used_mono[at])
        self._used_source[at] = np.where(used, frame.t_source, self._used_source[at])
