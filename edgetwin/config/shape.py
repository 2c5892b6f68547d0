"""Which keys may stand in which table. Asked when a key is not known, to say what was meant."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from edgetwin.config import modbus, mqtt_in, opcua, recording
from edgetwin.config.close import closest, did_you_mean
from edgetwin.config.gateway import Gateway, Log, Publish
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_signal import ModbusSignal
from edgetwin.config.mqtt import Mqtt
from edgetwin.config.mqtt_in import MqttDevice, MqttSignal
from edgetwin.config.opcua import OpcUaDevice, OpcUaSignal
from edgetwin.config.problems import Path
from edgetwin.config.recording import RecordedDevice, RecordedSignal
from edgetwin.config.tree import SCHEMES, Asset, Checks, Config, StuckCheck

_BRANCHES: dict[str, type[BaseModel]] = {
    "[gateway]": Gateway,
    "[mqtt]": Mqtt,
    "[publish]": Publish,
    "[log]": Log,
    "[check]": Checks,
    "[check.stuck]": StuckCheck,
    "[asset.NAME]": Asset,
    "[device.NAME] of a Modbus device": ModbusDevice,
    "[device.NAME] of an OPC UA device": OpcUaDevice,
    "[device.NAME] of an MQTT device": MqttDevice,
    "[device.NAME] of a recording": RecordedDevice,
    "a signal of a Modbus device": ModbusSignal,
    "a signal of an OPC UA device": OpcUaSignal,
    "a signal of an MQTT device": MqttSignal,
    "a signal of a recording": RecordedSignal,
}
# What a device speaks -> the branches of the device and of its signals.
_SPEAKING: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    modbus.PROTOCOL: (ModbusDevice, ModbusSignal),
    opcua.SCHEME: (OpcUaDevice, OpcUaSignal),
    mqtt_in.PROTOCOL: (MqttDevice, MqttSignal),
    recording.SCHEME: (RecordedDevice, RecordedSignal),
}

# All kinds of signals there are.
SIGNALS = tuple(branch for where, branch in _BRANCHES.items() if where.startswith("a signal"))


def device_of(signal: type[BaseModel]) -> str:
    """Say what kind of device has such signals."""
    return next(where for where, branch in _BRANCHES.items() if branch is signal).removeprefix("a signal of ")


def branch_at(path: Path, tables: Mapping[str, Any]) -> type[BaseModel] | None:
    """Give the branch of the tree that describes the table at a path; None where there is none."""
    found: type[BaseModel] | None = None
    match path:
        case ():
            found = Config
        case ("check", "stuck"):
            found = StuckCheck
        case ("asset", _):
            found = Asset
        case ("device", name):
            found = _branches(tables["device"][name])[0]
        case ("device", name, "signals", _):
            found = _branches(tables["device"][name])[1]
        case (str(table),):
            found = _BRANCHES.get(f"[{table}]")
    return found


def _branches(device: Mapping[str, Any]) -> tuple[type[BaseModel], type[BaseModel]]:
    scheme = str(device.get("connect")).partition("://")[0]
    return _SPEAKING[SCHEMES.get(scheme, modbus.PROTOCOL)]


def unknown_key(path: Path, tables: Mapping[str, Any]) -> tuple[str, str]:
    """Say what to do about a key that is not known: the message and the hint."""
    key, known, near = str(path[-1]), _known(path[:-1], tables), meant_key(path, tables)
    if near == "password":
        return "this key is not known", f"a password never stands in the file: {how_to_give(path[:-1])}"
    if near is None and (home := next(_homes(key), None)):
        return "this key is not known here", f"it belongs to {home}"
    return "this key is not known", did_you_mean(key, set(known) - {"password"})


def meant_key(path: Path, tables: Mapping[str, Any]) -> str | None:
    """Give the key that was probably meant by one that is not known."""
    return closest(str(path[-1]), _known(path[:-1], tables))


def _known(path: Path, tables: Mapping[str, Any]) -> Iterable[str]:
    table = branch_at(path, tables)
    known = table.model_fields if table else ()
    return known if path else {*known, "template"}  # what templates give is in the devices by now


def _homes(key: str) -> Iterator[str]:
    return (where for where, branch in _BRANCHES.items() if key in branch.model_fields)


def how_to_give(table: Path) -> str:
    """Tell where the password of a table goes."""
    keys = "__".join(str(key) for key in table).replace("-", "_")
    return (
        f"set EDGETWIN_{keys.upper()}__PASSWORD in the environment, "
        f"or give the systemd credential edgetwin_{keys.lower()}__password"
    )
