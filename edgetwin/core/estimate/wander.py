"""How far a signal wanders in a given time, learned from the signal itself.

When a sensor falls silent or lies, its last good estimate is held, and its sigma must grow as that deserves. No model
of one signal can know the future; but the signal's own past says how far it moved in 2, 4, 8, ... readings. That is
its variogram, and it is measured here on a ladder of lags. One step of the ladder is looked at per tick, so
it costs the same whatever the lag.

Never learns from a reading that was rejected.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask

_LEVELS = 18  # lags 2^1 ... 2^18 ticks: three days of seconds
_FORGET_AFTER = 64  # differences; older ones fade
_TINY = 1e-300
_DOUBT = 4.0  # found on held values of real plant data: nineteen of twenty then lie within two sigma


class Wander:
    """The variogram of every signal, in ticks of its own device."""

    def __init__(self, memory: Memory) -> None:
        self._tick = memory.array("wander.tick", np.int64)
        self._numbers = np.arange(len(self._tick))
        self._from = memory.array("wander.from", np.float64, np.nan, rows=(_LEVELS,))
        self._from_tick = memory.array("wander.from_tick", np.int64, -1, rows=(_LEVELS,))
        self._square = memory.array("wander.square", np.float64, rows=(_LEVELS,))
        self._count = memory.array("wander.count", np.int64, rows=(_LEVELS,))

    def learn(self, at: slice | Ids, value: Floats, used: Mask) -> None:
        """Take one tick's estimates; `used` tells which of them rest on a reading."""
        tick = self._tick[at] + 1
        self._tick[at] = tick
        # The ruler sequence: tick 1 looks at level 0, 2 at 1, 3 at 0, 4 at 2 ...
        alike = (tick == tick[0]).all()  # most frames hold the same signals as ever, and this is quicker
        level = _level(tick[:1])[0] if alike else _level(tick)
        here: tuple[Any, Any] = (level, at if alike else self._numbers[at])
        known = used & (tick - self._from_tick[here] == 2 << level) & np.isfinite(self._from[here])
        difference = np.where(known, value - self._from[here], 0.0)
        count = self._count[here] + known
        self._count[here] = count
        gain = known / np.maximum(np.minimum(count, _FORGET_AFTER), 1)
        self._square[here] += gain * (difference * difference - self._square[here])
        self._from[here] = np.where(used, value, np.nan)
        self._from_tick[here] = np.where(used, tick, -1)

    def variance(self, ids: Ids, age_ticks: Floats) -> Floats:
        """Give the variance that an estimate has gained by being held for so many ticks."""
        count = self._count[:, ids]
        known = count > 0
        square = self._square[:, ids]
        lags = (2.0 ** np.arange(1, _LEVELS + 1))[:, None]
        # A ladder that never falls. Few differences say little, and least of what is still to come: one alone counts
        # fivefold.
        doubted = square * (1.0 + _DOUBT / np.maximum(count, 1))
        climbed = np.maximum.accumulate(np.where(known, doubted, 0.0), axis=0)
        top = np.where(known, lags, 0.0).max(axis=0)
        highest = climbed[-1]
        rung = np.clip(np.ceil(np.log2(np.maximum(age_ticks, 1e-9))), 1, _LEVELS).astype(np.int64) - 1
        column = np.arange(len(ids))
        upper = climbed[rung, column]
        lower = np.where(rung > 0, climbed[rung - 1, column], 0.0)
        lag_upper = lags[rung, 0]
        lag_lower = np.where(rung > 0, lag_upper / 2.0, 0.0)
        share = np.clip((age_ticks - lag_lower) / (lag_upper - lag_lower), 0.0, 1.0)
        within = lower + share * (upper - lower)
        # Beyond what was seen it rises on as it rose at the end: between a random walk and a ramp.
        last = np.log2(np.maximum(top, 2.0)).astype(np.int64) - 1
        rise = np.maximum(square[last, column], _TINY) / np.maximum(
            square[np.maximum(last - 1, 0), column], _TINY
        )
        steepness = np.clip(np.log2(rise), 1.0, 2.0)
        beyond = highest * np.maximum(age_ticks / np.maximum(top, 1.0), 1.0) ** steepness
        variance: Floats = np.where(age_ticks > top, beyond, within)
        return variance


def _level(tick: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say which step of the ladder is looked at in a tick: the number of times that two divides it."""
    level: NDArray[np.int64] = np.log2(tick & -tick).astype(np.int64)
    return np.minimum(level, _LEVELS - 1)
