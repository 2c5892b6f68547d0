"""Reads one block of registers several times, for `edgetwin probe`. It asks at a rhythm and never writes."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from edgetwin.config.registers import Register
from edgetwin.field.modbus.bus import NoAnswer
from edgetwin.field.modbus.frames import Refused, Unusable
from edgetwin.field.modbus.link import ModbusLink

_NOT_THERE = (2, 3)
_END = 65_536


class Unreadable(Exception):  # noqa: N818 - an answer of the device, said to the user
    """The device answers, and does not give these registers."""


class Times(NamedTuple):
    """How long to look, and how often."""

    span_s: float
    every_s: float


@dataclass(frozen=True, slots=True)
class Looks:
    """What was read: one answer for each look, all equally long, and over how many seconds."""

    answers: list[bytes]
    span_s: float


async def look(link: ModbusLink, place: Register, counts: range, times: Times) -> Looks:
    """Read a block again and again: as many registers of `counts` as there are. Raises DeviceDown or Unreadable."""
    loop = asyncio.get_running_loop()
    try:
        await link.open()
        first, count = await _longest(link, place, counts)
        began, answers = loop.time(), [first]
        while (now := loop.time()) - began < times.span_s:
            await asyncio.sleep(times.every_s - (now - began) % times.every_s)
            with suppress(NoAnswer, Unusable, Refused):  # once may be chance; a device that goes away says so
                answers.append(await link.read(place.area, place.address, count))
    finally:
        await link.close()
    return Looks(answers, loop.time() - began)


async def _longest(link: ModbusLink, place: Register, counts: range) -> tuple[bytes, int]:
    """Read as many registers as the device gives: a value may begin where its last registers are."""
    for count in reversed(counts):
        if place.address + count > _END:
            continue
        try:
            return await link.read(place.area, place.address, count), count
        except Refused as refused:
            if refused.code not in _NOT_THERE or count == counts[0]:
                what = str(place) if count == 1 else f"{count} registers from {place}"
                raise Unreadable(
                    f"the device does not give {what}: {refused}; `edgetwin scan` shows what it has"
                ) from None
        except (NoAnswer, Unusable) as error:
            raise Unreadable(f"{place}: {error}; is the line disturbed? Try again") from None
    raise Unreadable(
        f"there are no {counts[0]} registers from {place} on: the last is {place.area}:{_END - 1}"
    )
