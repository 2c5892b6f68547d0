"""The rule a plant runs today: the reading is more than three standard deviations from the mean of all before it.

It runs beside our checks so that each alert can say whether the plain rule saw it too. It predicts before it
learns, and it learns everything, as the plain rule does.
"""

import numpy as np

from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask

_READY_AFTER = 30


class ThreeSigma:
    """Running mean and variance of every signal (Welford)."""

    def __init__(self, memory: Memory) -> None:
        self._n = memory.array("three_sigma.n", np.float64)
        self._mean = memory.array("three_sigma.mean", np.float64)
        self._square = memory.array("three_sigma.square", np.float64)
        self.firing = memory.array("three_sigma.firing", np.bool_)

    def look(self, at: slice | Ids, raw: Floats, usable: Mask) -> None:
        """Judge these readings, then learn them."""
        n = self._n[at]
        mean = self._mean[at]
        square = self._square[at]
        difference = np.where(usable, raw - mean, 0.0)
        fires = (difference**2 * np.maximum(n - 1, 1) > 9.0 * square) & (n >= _READY_AFTER)
        self.firing[at] = np.where(usable, fires, self.firing[at])
        n = n + usable
        step = difference / np.maximum(n, 1)
        self._n[at] = n
        self._mean[at] = mean + step
        self._square[at] = square + difference * (difference - step)
