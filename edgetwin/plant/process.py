"""The whole process: bearing, dosing pump and tank, with the drive, the water and the recipe that move them.

Pure and repeatable: the same seed and the same steps give the same values. What it gives is the truth; only
the instruments (`instrument.py`) add noise, and only the faults (`faults.py`) lie.
"""

from random import Random

from edgetwin.plant.bearing import FRICTION_SHARE, CooledBearing
from edgetwin.plant.dosing import DosingPump
from edgetwin.plant.mill import MillDrive, Mode
from edgetwin.plant.tank import BufferTank
from edgetwin.plant.wander import Wander

Value = float | int | str

RECIPES = (("M-10 fine", 96.0, 75.0), ("M-20 coarse", 72.0, 60.0))  # name, strokes per minute, held for s


class Process:
    """Everything that is true of the plant, by the name of the signal that measures it."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(f"process {seed}")  # noqa: S311 - a simulation must be repeatable, not secret
        self.mill = MillDrive()
        self.water_flow = Wander(mean=0.55, spread=0.02, memory_s=20.0)  # kg/s
        self.water_temp = Wander(mean=18.0, spread=0.6, memory_s=240.0)  # degC
        self.supply = Wander(mean=1.0, spread=0.04, memory_s=10.0)
        self.strokes = Wander(mean=RECIPES[0][1], spread=0.8, memory_s=5.0)  # 1/min
        self.bearing = CooledBearing()
        self.dosing = DosingPump()
        self.tank = BufferTank()
        self._recipe = 0
        self._recipe_left_s = RECIPES[0][2]
        # It has been running for a while when we come: the bearing is warm.
        heat = FRICTION_SHARE * self.mill.power
        self.bearing.T = self.water_temp.value + heat / self.bearing.conductance(self.water_flow.value)
        self.step(0.1)  # flows are what passed in a step, so there must have been one

    def step(self, dt: float) -> None:
        """Let `dt` seconds pass."""
        self._follow_recipe(dt)
        self.mill.step(dt, self._rng)
        for wandering in (self.water_flow, self.water_temp, self.supply, self.strokes):
            wandering.step(dt, self._rng)
        self.bearing.step(
            dt,
            motor_power=self.mill.power,
            water_flow=self.water_flow.value,
            water_temp=self.water_temp.value,
        )
        self.dosing.step(dt, stroke_rate=self.strokes.value)
        self.tank.step(dt, supply=self.supply.value)

    def _follow_recipe(self, dt: float) -> None:
        self._recipe_left_s -= dt
        while self._recipe_left_s <= 0.0:
            self._recipe = (self._recipe + 1) % len(RECIPES)
            _, self.strokes.mean, held_s = RECIPES[self._recipe]
            self._recipe_left_s += held_s

    def values(self) -> dict[str, Value]:
        """Give what is true now, in the units of the signals."""
        return {
            "mill.bearing_temp": self.bearing.T,
            "mill.motor_power": self.mill.power / 1000.0,
            "mill.water_flow": self.water_flow.value,
            "mill.water_temp": self.water_temp.value,
            "mill.running": int(self.mill.mode is not Mode.STOPPED),
            "mill.mode": int(self.mill.mode),
            "feed.tank_level": self.tank.level,
            "feed.tank_inflow": self.tank.inflow,
            "feed.tank_outflow": self.tank.outflow,
            "feed.tank_valve": self.tank.valve,
            "feed.pump_running": int(self.tank.pump_running),
            "feed.dose_rate": self.strokes.value,
            "feed.dose_flow": self.dosing.flow,
            "feed.dose_pressure": self.dosing.pressure,
            "feed.dose_weight": self.dosing.weight,
            "feed.recipe": RECIPES[self._recipe][0],
        }
