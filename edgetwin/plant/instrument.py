"""What a sound transmitter does to the truth: it adds noise, saturates and quantises.

Pure: the random numbers come from the caller.
"""

from dataclasses import dataclass
from random import Random

# A 4-20 mA loop measures from 3.8 to 20.5 mA; a broken sensor drives it to 21.5 mA (NAMUR NE 43).
SATURATION = (20.5 - 20.0) / 16.0
UNDER = (4.0 - 3.8) / 16.0
BURNOUT = (21.5 - 20.0) / 16.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One transmitter: its measuring range, the sigma of its noise and the step in which its output moves."""

    low: float
    high: float
    noise: float
    quantum: float

    @property
    def span(self) -> float:
        """The width of the measuring range."""
        return self.high - self.low

    def measure(self, true_value: float, rng: Random) -> float:
        """Give what the sensor feels: the truth and its noise."""
        return true_value + rng.gauss(0.0, self.noise)

    def show(self, measured: float) -> float:
        """Give what the output says of it: never far beyond the range, and in steps of the quantum."""
        lowest, highest = self.low - UNDER * self.span, self.high + SATURATION * self.span
        return self.quantise(min(highest, max(lowest, measured)))

    def burnt_out(self) -> float:
        """Give the output of a transmitter whose sensor is broken: above all that it can measure."""
        return self.quantise(self.high + BURNOUT * self.span)

    def quantise(self, value: float) -> float:
        """Round to the nearest step."""
        return round(value / self.quantum) * self.quantum
