"""A quantity that nobody holds quite still: it wanders about its mean and always comes back. Pure.

The Ornstein-Uhlenbeck process in its exact discrete form, so that a long step spreads as far as many short
ones.
"""

from dataclasses import dataclass
from math import exp, sqrt
from random import Random


@dataclass(slots=True)
class Wander:
    """A value that keeps within about `spread` (one sigma) of `mean`, and forgets where it was in `memory_s`."""

    mean: float
    spread: float
    memory_s: float
    offset: float = 0.0

    @property
    def value(self) -> float:
        """Where it is now."""
        return self.mean + self.offset

    def step(self, dt: float, rng: Random) -> None:
        """Let `dt` seconds pass."""
        kept = exp(-dt / self.memory_s)
        self.offset = self.offset * kept + rng.gauss(0.0, self.spread) * sqrt(1.0 - kept * kept)
