"""The drive of the mill: what it is doing, and the power that this takes.

Pure: no noise, no clock, no sensors. It grinds at loads that change every now and then, is cleaned, stands
still for a moment, and starts again.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import exp
from random import Random

RATED_POWER = 60_000.0  # W
IDLE_LOAD = 0.2
POWER_LAG_S = 3.0
LOAD_HELD_S = (8.0, 20.0)
LOADS = (0.45, 0.95)


class Mode(IntEnum):
    """What the mill is doing; the number is what its PLC shows."""

    STOPPED = 0
    RUNNING = 1
    CLEANING = 2


_CYCLE = ((Mode.RUNNING, 150.0), (Mode.CLEANING, 25.0), (Mode.STOPPED, 12.0))


@dataclass(slots=True)
class MillDrive:
    """One mill. `power` is what its motor takes, in W."""

    power: float = 0.7 * RATED_POWER
    load: float = 0.7
    _load_left_s: float = 3.0  # who watches from the start soon sees how the bearing follows the load
    _phase: int = 0
    _phase_left_s: float = _CYCLE[0][1]

    @property
    def mode(self) -> Mode:
        """What it is doing now."""
        return _CYCLE[self._phase][0]

    def step(self, dt: float, rng: Random) -> None:
        """Let `dt` seconds pass."""
        self._phase_left_s -= dt
        while self._phase_left_s <= 0.0:
            self._phase = (self._phase + 1) % len(_CYCLE)
            self._phase_left_s += _CYCLE[self._phase][1]
        self._load_left_s -= dt
        while self._load_left_s <= 0.0:
            self.load = rng.uniform(*LOADS)
            self._load_left_s += rng.uniform(*LOAD_HELD_S)
        wanted = {Mode.RUNNING: self.load, Mode.CLEANING: IDLE_LOAD, Mode.STOPPED: 0.0}[
            self.mode
        ] * RATED_POWER
        self.power = wanted + (self.power - wanted) * exp(-dt / POWER_LAG_S)
