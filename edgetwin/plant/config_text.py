"""The configuration of a gateway that watches this plant, as TOML in a technician's words.

It is made from the same table as the servers (`points.py`), and the demo keeps it where a user can read it.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from edgetwin.plant.modbus_server import UNIT
from edgetwin.plant.points import HOST, MODBUS_POINTS, NAMESPACE, NODE_POINTS, ModbusPoint, NodePoint, Point

SITE = "demo"
GATEWAY = "gw-01"

# What a datasheet calls the first address of each table.
_FIRST_REGISTER = 40001
_FIRST_DISCRETE_INPUT = 10001

_ASSETS = """\
[asset.bearing]
area    = "grinding/mill1"
signals = { temp = "mill.bearing_temp", power = "mill.motor_power", T_water = "mill.water_temp", \
flow = "mill.water_flow" }

[asset.tank]
area    = "feed/buffer"
signals = { level = "feed.tank_level", inflow = "feed.tank_inflow", outflow = "feed.tank_outflow", \
valve = "feed.tank_valve", pump = "feed.pump_running" }

[asset.pump]
area    = "feed/dosing"
signals = { rate = "feed.dose_rate", flow = "feed.dose_flow", pressure = "feed.dose_pressure", \
weight = "feed.dose_weight", recipe = "feed.recipe" }
"""


def demo_config(  # noqa: PLR0913 - one for each thing that differs from run to run
    modbus_port: int,
    opcua_port: int,
    broker_host: str,
    broker_port: int,
    mqtt_version: str = "3.1.1",
    *,
    control: Path | None = None,
) -> str:
    """Write the configuration."""
    control_line = f"control = {_text(str(control))}\n" if control else ""
    host = f"[{broker_host}]" if ":" in broker_host else broker_host
    return f"""\
[gateway]
site    = {_text(SITE)}
name    = {_text(GATEWAY)}
{control_line}
[mqtt]
brokers = [{_text(f"mqtt://{host}:{broker_port}")}]
version = {_text(mqtt_version)}

[publish]
mode      = "on-change"
heartbeat = "10 s"

[device.mill]
connect    = "modbus-tcp://{HOST}:{modbus_port}"
unit       = {UNIT}
every      = "200 ms"
timeout    = "1 s"
word_order = "high-first"

[device.mill.signals]
{_lines(_register(point) for point in MODBUS_POINTS)}

[device.feed]
connect = "opc.tcp://{HOST}:{opcua_port}"
every   = "500 ms"

[device.feed.signals]
{_lines(_node(point) for point in NODE_POINTS)}

{_ASSETS}"""


def _register(point: ModbusPoint) -> str:
    if point.type == "bool":
        return _signal(point, at=str(_FIRST_DISCRETE_INPUT + point.address))
    fields = {"at": str(_FIRST_REGISTER + point.address), "type": _text(point.type)}
    if point.scale != 1.0:
        fields["scale"] = str(point.scale)
    return _signal(point, **fields)


def _node(point: NodePoint) -> str:
    fields = {"node": _text(f"nsu={NAMESPACE};s={point.node}")}
    if point.type == "String":
        fields["text"] = "true"
    return _signal(point, **fields)


def _signal(point: Point, **fields: str) -> str:
    """Write one line: where the signal is, then what every signal may declare."""
    if point.unit:
        fields["unit"] = _text(point.unit)
    if point.instrument:
        fields["range"] = f"[{point.instrument.low:g}, {point.instrument.high:g}]"
    if point.names:
        fields["names"] = (
            f"{{ {', '.join(f'{code} = {_text(name)}' for code, name in point.names.items())} }}"
        )
    return f"{point.short:<14} = {{ {', '.join(f'{key} = {value}' for key, value in fields.items())} }}"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _text(text: str) -> str:
    """Quote a string; a JSON string is a TOML basic string too."""
    return json.dumps(text)
