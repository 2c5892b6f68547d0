"""From the configuration to the parts that do the work. The only place that names every part.

It makes objects and connects nothing: no socket is opened, and of files none but certificates are looked at. So a new
configuration can be built whole beside the running one and thrown away.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgetwin import __version__
from edgetwin.config.device import DeviceConfig, SignalConfig
from edgetwin.config.load import load, locate
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_signal import ModbusSignal
from edgetwin.config.mqtt_in import MqttDevice, MqttSignal
from edgetwin.config.opcua import OpcUaDevice, OpcUaSignal
from edgetwin.config.pki import Pki
from edgetwin.config.problems import ConfigProblems
from edgetwin.config.recording import RecordedDevice, RecordedSignal
from edgetwin.config.tree import Config
from edgetwin.core.errors import ConfigError
from edgetwin.core.pipeline import Pipeline, Settings
from edgetwin.core.signals import Clock, Kind, Signal, SignalTable, Stamp
from edgetwin.field.driver import Driver
from edgetwin.field.modbus import bus_time
from edgetwin.field.modbus.bus import Buses
from edgetwin.field.modbus.phases import phases
from edgetwin.uplink.uplink import Uplink

# The field calls a device away after two time-outs in a row; only then is the silence of its signals a second matter.
_PATIENCE = 3
# One for the process: after a reload new drivers share their lines with those that stayed. Unused ones are forgotten.
_BUSES = Buses()


@dataclass(frozen=True, slots=True)
class Parts:
    """All that works for one configuration. `drivers` are those of the devices that have to be started for it."""

    config: Config
    table: SignalTable
    pipeline: Pipeline
    drivers: tuple[Driver, ...]
    uplink: Uplink


def from_file(path: Path, clock: Clock, running: Config | None = None) -> Parts:
    """Read a configuration and make all parts; ConfigProblems with all that is wrong when that cannot be done."""
    config = load(path, devices_check=check_devices)
    try:
        return build(config, clock, running)
    except ConfigError as error:
        raise ConfigProblems([locate(path, error)]) from None


def build(config: Config, clock: Clock, running: Config | None = None) -> Parts:
    """Make all parts. Raises ConfigError for what only a part can find wrong.

    Where another configuration is `running`, its devices that stay just as they are get no new driver.
    """
    table = signal_table(config)
    phases_s = phases(_on_modbus(config.device))
    return Parts(
        config=config,
        table=table,
        pipeline=Pipeline(table, settings=pipeline_settings(config)),
        drivers=tuple(
            _driver(name, device, config.pki, clock, phases_s.get(name, ()))
            for name, device in config.device.items()
            if running is None or _changed(name, config, running)
        ),
        uplink=_uplink(config, table, clock),
    )


def signal_table(config: Config) -> SignalTable:
    """List the signals of all devices, in the order of the configuration."""
    return SignalTable(
        [
            _signal(f"{name}.{short}", device, signal, watch_stuck=config.check.stuck.enabled)
            for name, device in config.device.items()
            for short, signal in device.signals.items()
        ]
    )


def _signal(name: str, device: DeviceConfig, signal: SignalConfig, *, watch_stuck: bool) -> Signal:
    low, high = signal.range or (-np.inf, np.inf)
    return Signal(
        name=name,
        unit=signal.unit,
        kind=_kind(signal),
        low=low,
        high=high,
        period_s=_period_s(device, signal),
        patience_s=_PATIENCE * device.timeout_s,
        on_change=_speaks_on_change(device, signal),
        recorded=isinstance(device, RecordedDevice),
        watch_stuck=watch_stuck and signal.stuck,
        names=signal.names or {},
    )


def _period_s(device: DeviceConfig, signal: SignalConfig) -> float:
    """Say how often a signal is read. A recording has its own rhythm, which is learned."""
    if isinstance(device, RecordedDevice):
        return device.every if device.row_ns else np.nan
    return signal.every or device.every


def _speaks_on_change(device: DeviceConfig, signal: SignalConfig) -> bool:
    if isinstance(device, OpcUaDevice):
        return device.mode == "subscribe"
    return isinstance(signal, MqttSignal) and signal.speaks_on_change


def _kind(signal: SignalConfig) -> Kind:
    match signal:
        case OpcUaSignal(text=True) | MqttSignal(text=True) | RecordedSignal(text=True):
            return Kind.TEXT
        case ModbusSignal(type="string"):
            return Kind.TEXT
        case ModbusSignal(type="bool"):
            return Kind.STATE
        case _:
            return Kind.STATE if signal.names else Kind.NUMERIC


def pipeline_settings(config: Config) -> Settings:
    """Give the core what the configuration says of the checks."""
    return Settings(stuck_false_alarm_s=config.check.stuck.false_alarm)


def check_devices(devices: Mapping[str, DeviceConfig]) -> Iterator[ConfigError]:
    """Say what cannot work with the devices, as far as their protocols know without asking them."""
    return bus_time.problems(_on_modbus(devices))


def _on_modbus(devices: Mapping[str, DeviceConfig]) -> dict[str, ModbusDevice]:
    return {name: device for name, device in devices.items() if isinstance(device, ModbusDevice)}


def _changed(name: str, config: Config, running: Config) -> bool:
    """Tell whether a device is another one than before. That its phase would be another is no reason to restart it."""
    device = config.device[name]
    elsewhere = isinstance(device, OpcUaDevice) and config.pki != running.pki
    return running.device.get(name) != device or elsewhere


def _driver(name: str, device: DeviceConfig, pki: Pki, clock: Clock, phases_s: Sequence[float]) -> Driver:
    match device:
        case ModbusDevice():
            from edgetwin.field.modbus.driver import ModbusDriver  # noqa: PLC0415 - only where it is needed

            return ModbusDriver(name, device, clock, _BUSES, phases_s)
        case OpcUaDevice():
            from edgetwin.field.fence.fence import Fence  # noqa: PLC0415 - likewise

            return Fence("edgetwin.field.opcua.driver", "OpcUaDriver", name, device, clock, pki.directory)
        case MqttDevice():
            from edgetwin.field.mqtt.driver import MqttDriver  # noqa: PLC0415 - likewise

            return MqttDriver(name, device, clock)
        case RecordedDevice():
            from edgetwin.field.recording.driver import ReplayDriver  # noqa: PLC0415 - likewise

            return ReplayDriver(name, device, clock)
        case _:
            raise TypeError(f"no driver is known for {type(device).__name__}")  # a row is missing above


def _uplink(config: Config, table: SignalTable, clock: Clock) -> Uplink:
    return Uplink(
        gateway=config.gateway,
        mqtt=config.mqtt,
        publish=config.publish,
        table=table,
        assets={config.asset_path(name): asset.signals for name, asset in config.asset.items()},
        clock=clock,
        epoch=epoch(clock()),
        version=__version__,
    )


def epoch(start: Stamp) -> str:
    """Name one life of the gateway, so that its counts can never be taken for those of another.

    The second of the start orders the lives for people; the random bits make them different even where the clock
    stood still or went back. Nothing is kept on disk yet, so there is no counter of starts.
    """
    return f"{start.wall // 1_000_000_000}-{secrets.token_hex(4)}"
