"""From reasons to a verdict: which of them make a reading bad, which only uncertain."""

import numpy as np
from numpy.typing import NDArray

from edgetwin.core.signals import Codes, Mask, Quality, Reason

# The reading says nothing about the plant.
_BAD = Reason.COMM | Reason.STALE | Reason.RANGE | Reason.STUCK | Reason.SENTINEL
# Not a fault of the reading.
_NEUTRAL = Reason.SUBSTITUTED


def quality_of(reasons: Codes, readable: Mask) -> NDArray[np.uint8]:
    """Judge readings; one that is no number, or that the device itself calls bad, is bad whatever the reason."""
    bad = ((reasons & _BAD) != 0) | ~readable
    doubtful = (reasons & ~np.uint32(_NEUTRAL)) != 0
    return np.where(bad, Quality.BAD, np.where(doubtful, Quality.UNCERTAIN, Quality.GOOD)).astype(np.uint8)
