"""What a gateway would do with a configuration, in short: for people, and as data for programs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from edgetwin.cli import check_security
from edgetwin.cli.check_plan import (
    LineSummary,
    RhythmSummary,
    busy_lines,
    line_words,
    many,
    notes,
    request_words,
    rhythm_words,
)
from edgetwin.cli.check_plan import rhythms as asked
from edgetwin.config.device import DeviceConfig
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.mqtt_in import MqttDevice
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.config.pki import Pki
from edgetwin.config.recording import RecordedDevice
from edgetwin.config.tree import Config, Device
from edgetwin.field.pki.folder import PkiFolder


@dataclass(frozen=True, slots=True)
class DeviceSummary:
    """One device: where it is, and how often it is asked for what."""

    name: str
    address: str
    rhythms: tuple[RhythmSummary, ...]
    template: str | None
    signals_file: str | None
    notes: tuple[str, ...] = ()  # what one should know of it beside


@dataclass(frozen=True, slots=True)
class AssetSummary:
    """One asset, and where its state appears."""

    name: str
    signals: int
    topic: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A whole gateway."""

    site: str
    gateway: str
    topic: str
    brokers: tuple[str, ...]
    user: str | None
    password: bool
    devices: tuple[DeviceSummary, ...]
    lines: tuple[LineSummary, ...]
    assets: tuple[AssetSummary, ...]


def summary(config: Config) -> Summary:
    """Sum a configuration up."""
    topic = config.mqtt.topic.format(site=config.gateway.site, gateway=config.gateway.name)
    return Summary(
        site=config.gateway.site,
        gateway=config.gateway.name,
        topic=topic,
        brokers=config.mqtt.brokers,
        user=config.mqtt.user,
        password=config.mqtt.password is not None,
        devices=tuple(
            replace(_device(name, device), notes=_notes(device, config.pki))
            for name, device in config.device.items()
        ),
        lines=busy_lines(
            {name: device for name, device in config.device.items() if isinstance(device, ModbusDevice)}
        ),
        assets=tuple(
            AssetSummary(name, len(asset.signals), f"{topic}/state/{config.asset_path(name)}")
            for name, asset in config.asset.items()
        ),
    )


def _device(name: str, device: Device) -> DeviceSummary:
    if isinstance(device, ModbusDevice):
        return DeviceSummary(name, device.address, asked(device), device.template, device.signals_file)
    if isinstance(device, RecordedDevice | MqttDevice):  # nothing is asked for
        return DeviceSummary(name, device.address, (), device.template, device.signals_file)
    periods = Counter(signal.every or device.every for signal in device.signals.values())
    rhythms = tuple(RhythmSummary(period, count) for period, count in sorted(periods.items()))
    return DeviceSummary(name, device.address, rhythms, device.template, device.signals_file)


def _notes(device: DeviceConfig, pki: Pki) -> tuple[str, ...]:
    if isinstance(device, RecordedDevice):
        return (f"{many(len(device.signals), 'signal')} of a recording, {device.in_words}",)
    if isinstance(device, MqttDevice):
        return tuple(_heard(device))
    if isinstance(device, ModbusDevice):
        return tuple(notes(device))
    if not isinstance(device, OpcUaDevice):
        return ()
    return tuple(check_security.notes(device, PkiFolder(pki.directory), datetime.now(UTC)))


def _heard(device: MqttDevice) -> Iterator[str]:
    yield f"{many(len(device.signals), 'signal')} of {many(device.topics, 'topic')}, as they are published"
    if device.endpoint.scheme == "mqtt":
        yield "not encrypted" + (
            f": the password of {device.user} can be read on the way" if device.password else ""
        )
    if device.user and not device.password:
        yield f"no password is given here for {device.user}"
    if device.rebirth:
        yield "edge nodes may be asked to introduce their metrics again"


def lines(found: Summary, *, plan: bool = False) -> Iterator[str]:
    """Write a summary for a terminal; with `plan`, each request too."""
    yield f"gateway  {found.site} / {found.gateway}"
    if not found.brokers:
        yield "publish  nothing: [mqtt] has no brokers"
    for broker in found.brokers:
        login = f" as {found.user}" if found.user else ""
        warning = ", and no password is given here" if found.user and not found.password else ""
        secret = "" if broker.startswith("mqtts://") else " (not encrypted)"
        yield f"publish  to {broker}{secret}{login}{warning}"
    if found.brokers:
        yield f"         under {found.topic}/"
    for device in found.devices:
        yield f"device   {device.name} at {device.address}"
        maps = ("template", device.template), ("signals from", device.signals_file)
        if given := [f"{word} {name}" for word, name in maps if name]:
            yield f"         {', '.join(given)}"
        for rhythm in device.rhythms:
            yield f"         {rhythm_words(rhythm)}"
            yield from (f"           {request}" for request in request_words(rhythm) if plan)
        yield from (f"         {note}" for note in device.notes)
    yield from (f"line     {line_words(line)}" for line in found.lines)
    for asset in found.assets:
        yield f"asset    {asset.name}: {many(asset.signals, 'signal')}, in {asset.topic}"
