"""From reasons to a verdict: which of them make a reading bad, which only uncertain."""

import numpy as np
from numpy.typing import NDArray

from edgetwin.core.signals import Codes, Mask, Quality, Reason

# The reading says nothing about the plant.
_BAD = np.uint32(Reason.COMM | Reason.STALE | Reason.RANGE | Reason.STUCK | Reason.SENTINEL)
# All but what is no fault of the reading.
_DOUBTFUL = ~np.uint32(Reason.SUBSTITUTED)
_UNCERTAIN_CODE, _BAD_CODE = np.uint8(Quality.UNCERTAIN), np.uint8(Quality.BAD)


def quality_of(reasons: Codes, readable: Mask) -> NDArray[np.uint8]:
    """Judge readings; one that is no number, or that the device itself calls bad, is bad whatever the reason."""
    doubtful = (reasons & _DOUBTFUL) != 0
    bad = ((reasons & _BAD) != 0) | ~readable
    quality: NDArray[np.uint8] = np.maximum(doubtful * _UNCERTAIN_CODE, bad * _BAD_CODE)
    return quality
