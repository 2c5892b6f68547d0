"""A diaphragm dosing pump that draws from a small tank on a balance.

Pure physics: no noise, no clock, no sensors. Every stroke pushes out the same volume, less what slips back
against the pressure. The pressure is that of the line plus what the nozzle costs, and it pulses with the
strokes. The tank is refilled when it is nearly empty.
"""

from dataclasses import dataclass
from math import pi, sin

STROKE_VOLUME = 6.0e-3  # l
SLIP = 0.015  # share of the stroke lost per bar
DENSITY = 1.08  # kg/l
LINE_PRESSURE = 2.0  # bar
NOZZLE = 9.0e-4  # bar per (l/h)^2
PULSATION = 0.01  # share of the pressure that the damper lets through
REFILL_BELOW = 0.8  # kg
REFILL_UNTIL = 3.0  # kg
REFILL_FLOW = 0.25  # kg/s


@dataclass(slots=True)
class DosingPump:
    """One pump and its tank. `weight` is the content of the tank in kg; `dosed` and `refilled` count all kg so far."""

    weight: float = 2.4
    refilling: bool = False
    phase: float = 0.0
    flow: float = 0.0  # l/h
    pressure: float = LINE_PRESSURE  # bar
    dosed: float = 0.0
    refilled: float = 0.0

    def step(self, dt: float, *, stroke_rate: float) -> None:
        """Let `dt` seconds pass at a stroke rate in 1/min."""
        slip = 1.0 - SLIP * self.pressure
        wanted = max(0.0, stroke_rate * STROKE_VOLUME * 60.0 * slip) * DENSITY * dt / 3600.0  # kg
        drawn = min(wanted, self.weight)  # an empty tank gives nothing
        self.flow = drawn / DENSITY / dt * 3600.0
        self.phase = (self.phase + stroke_rate / 60.0 * dt) % 1.0
        mean_pressure = LINE_PRESSURE + NOZZLE * self.flow**2
        self.pressure = mean_pressure * (1.0 + PULSATION * sin(2.0 * pi * self.phase))
        self.weight -= drawn
        self.dosed += drawn
        self._refill(dt)

    def _refill(self, dt: float) -> None:
        if self.weight < REFILL_BELOW:
            self.refilling = True
        if not self.refilling:
            return
        added = min(REFILL_FLOW * dt, REFILL_UNTIL - self.weight)
        self.weight += added
        self.refilled += added
        self.refilling = self.weight < REFILL_UNTIL
