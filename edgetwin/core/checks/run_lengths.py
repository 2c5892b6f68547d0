"""How long each signal usually repeats itself: its runs of equal readings, counted, and the tail beyond them."""

import numpy as np
from numpy.typing import NDArray

from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask

# Run lengths are counted in bins: exactly up to 32, then 15 % wide.
_LENGTHS = np.concatenate([np.arange(1.0, 33.0), np.floor(33.0 * 1.15 ** np.arange(64))])
_FULL = 8192  # runs counted before old ones are halved
_BEYOND_LONGEST = 1.5

Counts = NDArray[np.int64]


class RunLengths:
    """The distribution of run lengths of every signal."""

    def __init__(self, memory: Memory) -> None:
        self._runs = memory.array("runs.counts", np.float64, rows=(len(_LENGTHS),))
        self.ended = memory.array("runs.ended", np.int64)
        self.longest = memory.array("runs.longest", np.int64)

    def count(self, at: slice | Ids, ids: Ids, ended: Mask, run: Counts) -> None:
        """Count runs that have ended. For a lively signal that is every reading, a run of one."""
        single = ended & (run == 1)
        self._runs[0, at] += single
        longer = ended & ~single
        if longer.any():
            bins = np.searchsorted(_LENGTHS, run[longer], side="right") - 1
            self._runs[bins, ids[longer]] += 1.0
        self.longest[at] = np.maximum(self.longest[at], run * ended)
        self.ended[at] = count = self.ended[at] + ended
        full = ended & (count % _FULL == 0)
        if full.any():
            self._runs[:, ids[full]] *= 0.5

    def floor(self, at: slice | Ids) -> Floats:
        """Give the length below which no run can be beyond the tail; cheap to ask."""
        floor: Floats = _BEYOND_LONGEST * self.longest[at]
        return floor

    def tail(self, ids: Ids, rare: Floats) -> Floats:
        """Give the longest run that still belongs to the signal, but for a share `rare` of its runs.

        The excess above the 90th percentile is taken as exponential.
        """
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
        longest: Floats = np.maximum(tail, self.floor(ids))
        return longest
