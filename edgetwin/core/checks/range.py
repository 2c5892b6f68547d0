"""Range: the reading is outside what its configuration declares possible. Never guesses a range."""

import numpy as np

from edgetwin.core.checks.check import Evidence, Readings
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Mask, SignalTable


class RangeCheck:
    """Compares with the declared range, ends included."""

    def __init__(self, table: SignalTable, memory: Memory) -> None:
        self._low, self._high = table.low, table.high
        self._since = memory.array("range.since", np.int64)
        self._outside = memory.array("range.outside", np.bool_)
        self._raw = memory.array("range.raw", np.float64, np.nan)

    def look(self, readings: Readings) -> Mask:
        """Tell which readings are outside."""
        at, raw = readings.at, readings.raw
        outside: Mask = readings.usable & ((raw < self._low[at]) | (raw > self._high[at]))
        began = outside & ~self._outside[at]
        if outside.any():
            self._since[at] = np.where(began, readings.t_read, self._since[at])
            self._raw[at] = np.where(outside, raw, self._raw[at])
        self._outside[at] = np.where(readings.usable, outside, self._outside[at])
        return outside

    def onset_ns(self, number: int) -> int:
        """Give the time of the first reading outside."""
        return int(self._since[number])

    def evidence(self, number: int) -> Evidence:
        """Give the reading and the limits it left."""
        evidence: Evidence = {"raw": float(self._raw[number])}
        for name, limit in (("low", self._low[number]), ("high", self._high[number])):
            if np.isfinite(limit):
                evidence[name] = float(limit)
        return evidence
