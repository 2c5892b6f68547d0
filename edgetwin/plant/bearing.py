"""A water-cooled mill bearing: a first-order energy balance.

    C dT/dt = P - h (1 - fouling) m (T - T_water)

Pure physics: no noise, no clock, no sensors. Between two steps P, m and T_water are constant, so the step
is the exact solution of the equation, and a long step is as right as a short one.
"""

from dataclasses import dataclass
from math import exp

C = 5200.0  # J/degC, heat capacity of the bearing and its housing
h = 85.0  # J/(kg degC), how much heat one kg of water takes away per degree
FRICTION_SHARE = 0.04  # of the motor power ends as heat in the bearing


@dataclass(slots=True)
class CooledBearing:
    """One bearing. `T` is its temperature in degC, `fouling` the share of the cooling that deposits take away."""

    T: float = 40.0
    fouling: float = 0.0

    def conductance(self, water_flow: float) -> float:
        """Give the heat in W that leaves per degree, at a flow of cooling water in kg/s."""
        return h * (1.0 - self.fouling) * water_flow

    def step(self, dt: float, *, motor_power: float, water_flow: float, water_temp: float) -> None:
        """Let `dt` seconds pass, at a motor power in W, a flow of water in kg/s and its temperature in degC."""
        P = FRICTION_SHARE * motor_power
        G = self.conductance(water_flow)
        if G <= 0.0:  # no cooling at all: the heat stays
            self.T += P * dt / C
            return
        T_end = water_temp + P / G  # where the balance settles
        self.T = T_end + (self.T - T_end) * exp(-G * dt / C)
