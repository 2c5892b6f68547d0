"""What is shown while a sensor cannot be used: its last good estimate, with a sigma that grows as it deserves.

A stuck sensor is found some readings after it stuck. By then those readings have pulled the estimate with them. So the
estimate as it was when the present run of equal readings began is kept too, and the hold goes back to it.
"""

import numpy as np

from edgetwin.core.estimate.bank import Estimate
from edgetwin.core.estimate.wander import Wander
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask, Nanos


class Hold:
    """The last estimate of every signal that rests on a good reading."""

    def __init__(self, memory: Memory, wander: Wander) -> None:
        self._wander = wander
        self._value = memory.array("hold.value", np.float64, np.nan)
        self._sigma = memory.array("hold.sigma", np.float64, np.nan)
        self._mono = memory.array("hold.mono", np.int64)
        self._run_value = memory.array("hold.run_value", np.float64, np.nan)
        self._run_sigma = memory.array("hold.run_sigma", np.float64, np.nan)
        self._run_mono = memory.array("hold.run_mono", np.int64)

    def take(self, at: slice | Ids, used: Mask, estimate: Estimate, mono: Nanos, moved: Mask) -> None:
        """Remember estimates that rest on a reading; `moved` tells where the raw value has changed."""
        value, sigma = estimate
        if used.all():
            self._value[at], self._sigma[at], self._mono[at] = value, sigma, mono
        else:
            self._value[at] = np.where(used, value, self._value[at])
            self._sigma[at] = np.where(used, sigma, self._sigma[at])
            self._mono[at] = np.where(used, mono, self._mono[at])
        moved = moved & used
        self._run_value[at] = np.where(moved, value, self._run_value[at])
        self._run_sigma[at] = np.where(moved, sigma, self._run_sigma[at])
        self._run_mono[at] = np.where(moved, mono, self._run_mono[at])

    def back_to_run_start(self, ids: Ids) -> None:
        """Forget what the equal readings of a stuck sensor did to its estimate."""
        for last, first in (
            (self._value, self._run_value),
            (self._sigma, self._run_sigma),
            (self._mono, self._run_mono),
        ):
            last[ids] = first[ids]

    def show(self, ids: Ids, mono: Nanos, habit_s: Floats) -> tuple[Floats, Floats]:
        """Give value and sigma as they are at this time; `habit_s` is how often each signal speaks."""
        age_s = np.maximum(mono - self._mono[ids], 0) / 1e9
        age_ticks = age_s / np.where(habit_s > 0, habit_s, 1.0)
        grown = self._sigma[ids] ** 2 + self._wander.variance(ids, age_ticks)
        return self._value[ids], np.sqrt(grown)
