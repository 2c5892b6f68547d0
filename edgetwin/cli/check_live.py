"""What `edgetwin check --live` tells: each signal as it comes out now, and what to do about what is wrong."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edgetwin import logs
from edgetwin.build import Parts
from edgetwin.cli.advice import Reading, advice
from edgetwin.cli.live import DeviceVisit, Visit, visit
from edgetwin.cli.screen import number, span
from edgetwin.config.tree import Device
from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Clock, Kind, Quality, SignalTable, reason_names
from edgetwin.wire.printable import printable

_SAYS_NOTHING = (status.describe(status.GOOD), status.describe(status.BAD_WAITING))


@dataclass(frozen=True, slots=True)
class LiveSignal:
    """One signal. `value` is what the device said: a number, the name of a state, a text; None where there is none."""

    name: str
    value: float | str | None
    unit: str
    quality: str
    reasons: tuple[str, ...]
    status: str
    age_s: float | None
    advice: str


@dataclass(frozen=True, slots=True)
class LiveDevice:
    """One device and its signals."""

    name: str
    address: str
    up: bool
    answered_s: float | None
    reason: str
    hint: str
    signals: tuple[LiveSignal, ...]


def look(parts: Parts, clock: Clock, wait_s: float) -> tuple[LiveDevice, ...]:
    """Read every device of a configuration once."""
    logs.configure("error")  # what befalls a signal is in the table, with what to do about it
    seen = asyncio.run(visit(parts, clock, wait_s))
    return tuple(_device(found, parts.config.device[found.name], parts.table, seen) for found in seen.devices)


def all_well(devices: tuple[LiveDevice, ...]) -> bool:
    """Tell whether there is nothing to do."""
    return all(
        device.up and all(each.quality == "good" and not each.advice for each in device.signals)
        for device in devices
    )


def lines(devices: tuple[LiveDevice, ...]) -> Iterator[str]:
    """Write what was found for a terminal: one block per device, its signals in aligned columns."""
    for device in devices:
        yield _head(device)
        rows = [_cells(each) for each in device.signals]
        names, values, units, ages = (max(map(len, column)) for column in zip(*rows, strict=True))
        for signal, (name, value, unit, age) in zip(device.signals, rows, strict=True):
            said = _said(signal)
            yield f"  {name:<{names}}  {value:>{values}} {unit:<{units}}  {age:>{ages}}  {said}"
            if signal.advice and device.up:
                yield f"  {'':<{names}}  -> {signal.advice}"
    counts = {
        quality: sum(each.quality == quality for device in devices for each in device.signals)
        for quality in ("good", "uncertain", "bad")
    }
    down = sum(not device.up for device in devices)
    told = ", ".join(f"{count} {quality}" for quality, count in counts.items())
    yield f"\n{sum(counts.values())} signals: {told}" + (
        f"; {down} of {len(devices)} devices down" if down else ""
    )


def _head(device: LiveDevice) -> str:
    head = f"{device.name}  {device.address}"
    if device.answered_s is not None:
        head += f"  heard after {1e3 * device.answered_s:.0f} ms"
    if device.reason:
        head += f"\n  down: {device.reason}" + (f"\n  -> {device.hint}" if device.hint else "")
    return head


def _said(signal: LiveSignal) -> str:
    """Give the verdict, and what the device itself says where it says more than that all is well."""
    verdict = " ".join((signal.quality, *signal.reasons))
    return verdict if signal.status in _SAYS_NOTHING else f"{verdict}: {signal.status}"


def _cells(signal: LiveSignal) -> tuple[str, str, str, str]:
    value = signal.value if isinstance(signal.value, str) else number(signal.value, None)
    age = "" if signal.age_s is None else f"{span(signal.age_s)} old"
    return signal.name, printable(value), signal.unit, age


def _device(found: DeviceVisit, config: Device, table: SignalTable, seen: Visit) -> LiveDevice:
    first = table.first_of(found.name)
    return LiveDevice(
        name=found.name,
        address=found.address,
        up=found.up,
        answered_s=found.answered_s,
        reason=found.reason,
        hint=found.hint,
        signals=tuple(
            _signal(short, first + place, config, table, seen) for place, short in enumerate(config.signals)
        ),
    )


def _signal(short: str, row: int, config: Device, table: SignalTable, seen: Visit) -> LiveSignal:
    outcome, signal = seen.outcome, table[row]
    raw, code = float(outcome.raw[row]), int(outcome.status[row])
    source, read = int(outcome.t_source[row]), int(outcome.t_read[row])
    stamped = source != UNSTAMPED
    dated = source if stamped else read
    reasons = tuple(reason_names(int(outcome.reasons[row])))
    ahead_s = (source - read) / 1e9 if stamped and read != UNSTAMPED else 0.0
    reading = Reading(raw=raw, code=code, reasons=reasons, ahead_s=ahead_s)
    value: float | str | None = raw if np.isfinite(raw) else None
    if signal.kind is Kind.TEXT:
        value = outcome.texts[row] if outcome.texts else None
    elif value is not None and signal.kind is Kind.STATE:
        value = signal.names.get(int(raw), value)
    return LiveSignal(
        name=short,
        value=value,
        unit=signal.unit,
        quality=Quality(int(outcome.quality[row])).name.lower(),
        reasons=reasons,
        status=status.describe(code),
        age_s=max(0.0, (seen.now.wall - dated) / 1e9) if dated != UNSTAMPED else None,
        advice=advice(config, config.signals[short], reading),
    )
