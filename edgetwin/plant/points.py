"""The list of what is measured in the plant, and where it is found. One signal is one row.

Both servers, the instruments and the configuration of the demo read this one table, so they cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgetwin.plant.instrument import Instrument
from edgetwin.plant.mill import Mode

HOST = "127.0.0.1"  # its PLCs answer on this machine only
NAMESPACE = "urn:edgetwin:plant"
MILL = "mill"  # the PLC that speaks Modbus TCP
FEED = "feed"  # the PLC of tank and dosing pump, which speaks OPC UA
COOLING = "mill.cooling"  # no signal; the thing that fouls


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measured quantity of one PLC."""

    name: str
    unit: str = ""
    instrument: Instrument | None = None  # None: a state or a text, which has no noise
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def device(self) -> str:
        """The PLC that has it."""
        return self.name.partition(".")[0]

    @property
    def short(self) -> str:
        """Its name within the PLC."""
        return self.name.partition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusPoint(Point):
    """A point in the registers of the mill's PLC. `address` counts from zero within its table."""

    address: int
    type: str  # "float32", "int16", "uint16"; "bool" is a discrete input
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePoint(Point):
    """A point that is a node of the feed station's OPC UA server. `node` is its string identifier."""

    node: str
    type: str = "Double"  # or "Boolean", "String"


def _sensor(low: float, high: float, noise: float, quantum: float) -> Instrument:
    return Instrument(low=low, high=high, noise=noise, quantum=quantum)


_ON_OFF = {0: "off", 1: "on"}

MODBUS_POINTS = (
    ModbusPoint(
        name="mill.bearing_temp",
        unit="degC",
        address=0,
        type="float32",
        instrument=_sensor(0, 150, 0.08, 0.01),
    ),
    ModbusPoint(
        name="mill.water_flow",
        unit="kg/s",
        address=2,
        type="float32",
        instrument=_sensor(0, 2, 0.004, 0.0005),
    ),
    ModbusPoint(
        name="mill.water_temp",
        unit="degC",
        address=4,
        type="int16",
        scale=0.1,
        instrument=_sensor(0, 60, 0.12, 0.1),
    ),
    ModbusPoint(
        name="mill.motor_power",
        unit="kW",
        address=5,
        type="int16",
        scale=0.1,
        instrument=_sensor(-5, 90, 0.3, 0.1),
    ),
    ModbusPoint(
        name="mill.mode", address=10, type="uint16", names={mode.value: mode.name.lower() for mode in Mode}
    ),
    ModbusPoint(name="mill.running", address=0, type="bool", names=_ON_OFF),
)

NODE_POINTS = (
    NodePoint(name="feed.tank_level", unit="m", node="Tank.Level", instrument=_sensor(0, 2, 0.003, 0.0005)),
    NodePoint(
        name="feed.tank_inflow", unit="m3/h", node="Tank.Inflow", instrument=_sensor(-1, 20, 0.05, 0.005)
    ),
    NodePoint(
        name="feed.tank_outflow", unit="m3/h", node="Tank.Outflow", instrument=_sensor(-1, 20, 0.05, 0.005)
    ),
    NodePoint(name="feed.tank_valve", unit="%", node="Tank.Valve", instrument=_sensor(0, 100, 0.1, 0.02)),
    NodePoint(name="feed.pump_running", node="Tank.PumpRunning", type="Boolean", names=_ON_OFF),
    NodePoint(
        name="feed.dose_rate", unit="1/min", node="Dosing.StrokeRate", instrument=_sensor(0, 150, 0.1, 0.02)
    ),
    NodePoint(name="feed.dose_flow", unit="l/h", node="Dosing.Flow", instrument=_sensor(0, 60, 0.1, 0.01)),
    NodePoint(
        name="feed.dose_pressure", unit="bar", node="Dosing.Pressure", instrument=_sensor(0, 10, 0.01, 0.002)
    ),
    NodePoint(
        name="feed.dose_weight", unit="kg", node="Dosing.Weight", instrument=_sensor(0, 5, 0.002, 0.0005)
    ),
    NodePoint(name="feed.recipe", node="Recipe", type="String"),
)

POINTS: tuple[Point, ...] = (*MODBUS_POINTS, *NODE_POINTS)
