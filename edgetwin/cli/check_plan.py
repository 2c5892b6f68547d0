"""What is asked of the devices and how busy their lines are, for `edgetwin check`: as data, and in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.registers import AREA_NAMES, BITS
from edgetwin.config.units import duration_text
from edgetwin.field.modbus.bus_time import Pace, lines
from edgetwin.field.modbus.plan import Block, Rhythm, plan

_NAMED = 6  # so many signals of a request are named, and the others counted


@dataclass(frozen=True, slots=True)
class RequestSummary:
    """One request: what is asked for, and whose values are in the answer."""

    at: str
    count: int
    kind: str
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RhythmSummary:
    """What is read with one period. All but the number of signals is None where the device reports by itself."""

    every_s: float
    signals: int
    requests: int | None = None
    registers: int | None = None
    bits: int | None = None
    poll_ms: float | None = None  # about how long one poll keeps the line busy
    plan: tuple[RequestSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class LineSummary:
    """One line of Modbus units, and how much of its time the polls take. `baud` is that of a serial line."""

    line: str
    devices: tuple[str, ...]
    busy_percent: float
    baud: int | None
    baud_assumed: bool


def rhythms(device: ModbusDevice) -> tuple[RhythmSummary, ...]:
    """Sum up what is read from a device."""
    pace = Pace.of(device.line)
    return tuple(_rhythm(rhythm, pace) for rhythm in plan(device))


def _rhythm(rhythm: Rhythm, pace: Pace) -> RhythmSummary:
    return RhythmSummary(
        every_s=rhythm.period_s,
        signals=len(rhythm.registers),
        requests=len(rhythm.blocks),
        registers=sum(block.count for block in rhythm.blocks if block.area not in BITS),
        bits=sum(block.count for block in rhythm.blocks if block.area in BITS),
        poll_ms=round(1e3 * pace.rhythm_s(rhythm), 2),
        plan=tuple(_request(block) for block in rhythm.blocks),
    )


def _request(block: Block) -> RequestSummary:
    names = tuple(register.name for register in block.registers)
    return RequestSummary(f"{block.area}:{block.address}", block.count, AREA_NAMES[block.area], names)


def notes(device: ModbusDevice) -> Iterator[str]:
    """Say where one poll of a device is in the way of another: a device is asked for one thing after the other."""
    found = rhythms(device)
    fastest_ms = 1e3 * min(rhythm.every_s for rhythm in found)
    for rhythm in found:
        if (rhythm.poll_ms or 0.0) > fastest_ms:
            yield (
                f"what is read every {duration_text(rhythm.every_s)} takes longer than {fastest_ms:g} ms, so faster "
                "polls are missed meanwhile: a second device with the same connect and unit would take turns with it"
            )


def busy_lines(devices: Mapping[str, ModbusDevice]) -> tuple[LineSummary, ...]:
    """Tell of each line how busy its polls keep it."""
    found = []
    for line, members in lines(devices).items():
        pace = Pace.of(line)
        busy = sum(pace.share(device) for device in members.values())
        found.append(LineSummary(str(line), tuple(members), round(100 * busy, 2), pace.baud, pace.assumed))
    return tuple(found)


def rhythm_words(rhythm: RhythmSummary) -> str:
    """Say in a line what is read with one period."""
    period = duration_text(rhythm.every_s)
    if rhythm.requests is None:
        return f"{many(rhythm.signals, 'signal')} as they change, at most every {period}"
    sizes = ((rhythm.registers, "register"), (rhythm.bits, "bit"))
    asked = " and ".join(many(count, thing) for count, thing in sizes if count)
    return (
        f"{many(rhythm.signals, 'signal')} every {period}, in {many(rhythm.requests, 'request')} "
        f"for {asked}: about {_milliseconds(rhythm.poll_ms or 0.0)}"
    )


def request_words(rhythm: RhythmSummary) -> Iterator[str]:
    """Say in a line each what is asked for with one period."""
    for request in rhythm.plan:
        named = ", ".join(request.signals[:_NAMED])
        more = len(request.signals) - _NAMED
        others = f" and {more} more" if more > 0 else ""
        yield f"{request.at:9} {many(request.count, request.kind)}: {named}{others}"


def line_words(line: LineSummary) -> str:
    """Say in a line how busy a line is."""
    speed = f" at {line.baud} baud" if line.baud else ""
    if line.baud_assumed:
        speed += ", if that is its speed: the address does not tell"
    return (
        f"{line.line}: {many(len(line.devices), 'unit')}, busy {line.busy_percent:.3g} % of the time{speed}"
    )


def many(count: int, thing: str) -> str:
    """Count things: 1 request, 2 requests."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _milliseconds(value: float) -> str:
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"
