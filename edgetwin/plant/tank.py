"""A buffer tank: what comes in less what goes out is what stays.

Pure physics: no noise, no clock, no sensors. A slow control valve lets liquid in to hold the level; a pump
takes it out in batches, on above one level and off below another. An overfull tank takes no more and an
empty one gives no more, so that mass is kept to the last drop.
"""

from dataclasses import dataclass

AREA = 0.4  # m2
HEIGHT = 2.0  # m
SETPOINT = 1.1  # m
PUMP_ON_ABOVE = 1.4  # m
PUMP_OFF_BELOW = 0.8  # m
VALVE_GAIN = 60.0  # % per m of level missing
VALVE_BIAS = 50.0  # %
VALVE_SPEED = 4.0  # % per s
SUPPLY_FLOW = 12.0  # m3/h through the open valve at nominal supply pressure
PUMP_FLOW = 14.0  # m3/h at the set-point level


@dataclass(slots=True)
class BufferTank:
    """One tank. `total_in` and `total_out` count all m3 so far."""

    level: float = 1.2  # m
    valve: float = VALVE_BIAS  # %
    pump_running: bool = True
    inflow: float = 0.0  # m3/h
    outflow: float = 0.0  # m3/h
    total_in: float = 0.0
    total_out: float = 0.0

    def step(self, dt: float, *, supply: float = 1.0) -> None:
        """Let `dt` seconds pass with the supply at a share of its nominal pressure."""
        self._move_valve(dt)
        self._switch_pump()
        taken = self._pump_rate() * dt / 3600.0 if self.pump_running else 0.0
        taken = min(taken, self.level * AREA)
        room = (HEIGHT - self.level) * AREA + taken
        given = min(SUPPLY_FLOW * supply * self.valve / 100.0 * dt / 3600.0, room)
        self.level += (given - taken) / AREA
        self.inflow, self.outflow = given / dt * 3600.0, taken / dt * 3600.0
        self.total_in += given
        self.total_out += taken

    def _pump_rate(self) -> float:
        # A centrifugal pump gives more when the liquid stands higher in front of it.
        return PUMP_FLOW * (0.9 + 0.1 * self.level / SETPOINT)

    def _move_valve(self, dt: float) -> None:
        wanted = min(100.0, max(0.0, VALVE_BIAS + VALVE_GAIN * (SETPOINT - self.level)))
        reach = VALVE_SPEED * dt
        self.valve += min(reach, max(-reach, wanted - self.valve))

    def _switch_pump(self) -> None:
        if self.level > PUMP_ON_ABOVE:
            self.pump_running = True
        elif self.level < PUMP_OFF_BELOW:
            self.pump_running = False
