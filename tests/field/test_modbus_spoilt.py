"""A line that spoils answers costs readings, and never makes a wrong one.

`make test` spoils 2,000 answers, `make campaign` 100,000. The negative controls take one guard away each, and show
that then wrong values do come through.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from field_faults import OF_ANOTHER, RTU, TCP, Fault, now
from field_spoiler import NetworkLine, SerialLine, Spoiler
from field_truth import REGISTERS, TABLES, UNITS, Truth
from pymodbus import FramerType

from edgetwin.config.modbus_line import line
from edgetwin.field.driver import DeviceDown
from edgetwin.field.modbus import frames as modbus_frames
from edgetwin.field.modbus.bus import Bus, NoAnswer
from edgetwin.field.modbus.frames import Refused, Request, TcpFraming, Unusable
from edgetwin.field.modbus.link import ModbusLink
from edgetwin.field.modbus.quiet import Quiet
from edgetwin.field.modbus.streams import Stream
from edgetwin.field.modbus.turns import Turn

TIMEOUT_S = 0.06
LONG = bool(os.environ.get("EDGETWIN_CAMPAIGN"))
SPOILT = 100_000 if LONG else 2_000
LINES = 40 if LONG else 20  # of each kind, at the same time: most of the time of a spoilt line is waiting
FAULTS = {"modbus-tcp": TCP, "modbus-rtu-tcp": RTU, "modbus-rtu": RTU}


@dataclass
class Part:
    """A PLC and the line to it."""

    truth: Truth
    spoiler: Spoiler
    bus: Bus


@dataclass
class Tally:
    """What came of the answers."""

    good: int = 0
    wrong: list[str] = field(default_factory=list)
    failed: int = 0
    lost: int = 0


@asynccontextmanager
async def spoilt_line(kind: str, faults: Mapping[str, Fault], seed: int) -> AsyncIterator[Part]:
    """Give a PLC, and a line to it that spoils every answer."""
    numbered = kind == "modbus-tcp"
    truth = Truth()
    spoiler = Spoiler(faults, numbered=numbered, timeout_s=TIMEOUT_S, seed=seed)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(truth.stop)
        if kind == "modbus-rtu":
            serial = await stack.enter_async_context(SerialLine(spoiler))
            await truth.attend(serial.server_port)
            where = f"{kind}://{serial.port}?baud=115200&parity=none"
        else:
            port = await truth.listen(FramerType.SOCKET if numbered else FramerType.RTU)
            network = await stack.enter_async_context(NetworkLine(spoiler, port))
            where = f"{kind}://127.0.0.1:{network.port}"
        bus = Bus(line(where))
        begin = bus._begin

        def noted(stream: Stream, turn: Turn, now: float) -> None:
            spoiler.sent += 1
            spoiler.sent_at = now
            begin(stream, turn, now)

        bus._begin = noted  # type: ignore[method-assign]
        yield Part(truth, spoiler, bus)


async def ask(part: Part, unit: int, wanted: int, tally: Tally) -> None:
    """Ask one unit for this and that until enough answers were spoilt, connecting again where needed."""
    chance = random.Random(unit)  # noqa: S311 - chooses registers, guards nothing
    while part.spoiler.spoilt < wanted and not tally.wrong:
        link = ModbusLink(part.bus, unit, TIMEOUT_S)
        try:
            await link.open()
            while part.spoiler.spoilt < wanted and not tally.wrong:
                await read(part.truth, link, unit, chance, tally)
        except DeviceDown:
            tally.lost += 1
        finally:
            await link.close()


async def read(truth: Truth, link: ModbusLink, unit: int, chance: random.Random, tally: Tally) -> None:
    """Ask once, and judge what is handed over."""
    area, function = chance.choice(TABLES)
    address, count = chance.randrange(REGISTERS - 125), chance.choice((1, 2, 2, 2, 7, 99))
    asked_after = truth.readings
    try:
        data = await link.read(area, address, count)
    except (Refused, Unusable, NoAnswer):
        tally.failed += 1
        return
    if len(data) == 2 * count and truth.is_true(unit, function, address, data, asked_after):
        tally.good += 1
    else:
        tally.wrong.append(f"unit {unit} {area}:{address} count {count}: {data.hex()}")


async def spoil(kind: str, faults: Mapping[str, Fault], wanted: int, *, hold_back: bool = True) -> Tally:
    """Spoil answers on several lines of a kind."""
    tally = Tally()
    async with AsyncExitStack() as stack:
        parts = [await stack.enter_async_context(spoilt_line(kind, faults, seed)) for seed in range(LINES)]
        async with asyncio.TaskGroup() as group:
            for part in parts:
                part.spoiler.holds_back &= hold_back
                for unit in UNITS:
                    group.create_task(ask(part, unit, wanted // LINES, tally))
    return tally


@pytest.mark.timeout(3600 if LONG else 120)
@pytest.mark.parametrize("kind", FAULTS)
async def test_an_answer_that_is_spoilt_is_never_a_wrong_value(kind: str) -> None:
    tally = await spoil(kind, FAULTS[kind], SPOILT // len(FAULTS) + LINES)
    sys.stdout.write(f"{kind}: {tally.good} right, {tally.failed} failed, {tally.lost} times away\n")
    assert tally.wrong == []
    assert tally.good > SPOILT / len(FAULTS) / 10  # what can be read is read: late, said twice, in pieces
    assert tally.failed + tally.lost > SPOILT / len(FAULTS) / 10


# What is checked of each answer, and what comes through when one of the checks is left out.


def unchecked(
    *, unit: bool = False, function: bool = False, length: bool = False
) -> Callable[[Request, bytes], bytes]:
    """Make a `Request.data` that leaves some checks out."""

    def data(request: Request, answer: bytes) -> bytes:
        if answer[0] != request.unit and not unit:
            raise Unusable("another unit")
        if answer[1] != request.function and not function:
            raise Unusable("another function")
        if len(answer) - 3 != request.length and not length:
            raise Unusable("another length")
        return answer[3:]

    return data


GUARDS: dict[str, tuple[str, str, object, str, object]] = {
    "transaction id": ("modbus-tcp", "with another number", TcpFraming, "_is_asked", lambda *_: True),
    "ids go on": ("modbus-tcp", "the one before instead", Bus, "_new_framing", lambda *_: TcpFraming()),
    "nothing behind it": (
        "modbus-tcp",
        "one byte more",
        TcpFraming,
        "_end_with",
        staticmethod(lambda _: None),
    ),
    "unit": ("modbus-tcp", OF_ANOTHER, Request, "data", unchecked(unit=True)),
    "function code": ("modbus-tcp", OF_ANOTHER, Request, "data", unchecked(function=True)),
    "length": ("modbus-tcp", "of another length", Request, "data", unchecked(length=True)),
    "checksum": ("modbus-rtu", "with bits turned around", modbus_frames, "is_intact", lambda _: True),
    "drained quiet": ("modbus-rtu", "too late", Quiet, "drain", lambda *_: None),
}


@pytest.mark.parametrize("guard", GUARDS)
async def test_negative_control_without_a_guard_wrong_values_come_through(
    guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, fault, where, name, instead = GUARDS[guard]
    faults: dict[str, Fault] = {"none": lambda case: now(case.answer), fault: FAULTS[kind][fault]}
    if guard == "ids go on":  # the fault must come right after connecting anew
        faults["none"] = FAULTS[kind]["hung up"]
    monkeypatch.setattr(where, name, instead)
    assert (await spoil(kind, faults, 4000, hold_back=False)).wrong
