"""Asks the units of one Modbus line what they have, for `edgetwin scan`. It reads, one request at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from edgetwin.cli.explore import Explorer
from edgetwin.config.modbus_line import Line
from edgetwin.config.registers import BITS, Area
from edgetwin.core import status
from edgetwin.field.driver import DeviceDown
from edgetwin.field.modbus.bus import Bus, NoAnswer
from edgetwin.field.modbus.frames import Refused, Unusable
from edgetwin.field.modbus.link import ModbusLink

Tell = Callable[[float, str], None]  # which share of all is done, and what is being done

_UNKNOWN_FUNCTION = 1
_WIDEST_REGISTERS, _WIDEST_BITS = 125, 2000
_LAST = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for, and how gently."""

    units: tuple[int, ...]
    areas: tuple[Area, ...]
    pause_s: float
    timeout_s: float
    budget: int


@dataclass(frozen=True, slots=True)
class FoundBlock:
    """Registers that the unit gives, one after the other."""

    area: Area
    first: int
    count: int


@dataclass(slots=True)
class FoundUnit:
    """One unit. `note` says why it is not there, or what kept us from looking at all of it."""

    unit: int
    there: bool = False
    requests: int = 0
    blocks: list[FoundBlock] = field(default_factory=list)
    note: str = ""


async def scan(line: Line, search: Search, tell: Tell) -> list[FoundUnit]:
    """Look for all units. Raises DeviceDown when the line itself cannot be used."""
    bus = Bus(line)
    holding = ModbusLink(bus, search.units[0], search.timeout_s)  # keeps the line while units come and go
    try:
        await holding.open()
        found = []
        for number, unit in enumerate(search.units):
            found.append(await _unit(bus, unit, search, partial(tell, number / len(search.units))))
        return found
    finally:
        await holding.close()


async def _unit(bus: Bus, unit: int, search: Search, tell: Callable[[str], None]) -> FoundUnit:
    found = FoundUnit(unit)
    link = ModbusLink(bus, unit, search.timeout_s)
    asker = _Asker(link, search, found)
    try:
        await link.open()
        for area in search.areas:
            await _area(asker, area, tell)
    except _EnoughAsked:
        found.note = f"not all was looked at: --budget is {search.budget} requests"
    except DeviceDown as down:
        found.note = down.reason
    finally:
        await link.close()
    return found


async def _area(asker: "_Asker", area: Area, tell: Callable[[str], None]) -> None:
    """Look through one area of a unit, and note its blocks whatever ends it."""
    explorer = Explorer(0, _LAST, _WIDEST_BITS if area in BITS else _WIDEST_REGISTERS)
    try:
        while explorer.wanted is not None:
            address, count = explorer.wanted
            tell(f"unit {asker.found.unit}, {area}:{address}, {asker.found.requests} requests")
            given = await asker.ask(area, address, count)
            if given is None:
                return
            explorer.answer(given=given)
    finally:
        asker.found.blocks += [FoundBlock(area, block.start, len(block)) for block in explorer.found]


class _EnoughAsked(Exception):  # noqa: N818 - no error: the user set the limit
    """The unit has been asked as often as it may be."""


class _Asker:
    """Asks one unit, not too often, and counts."""

    def __init__(self, link: ModbusLink, search: Search, found: FoundUnit) -> None:
        self.found = found
        self._link = link
        self._search = search

    async def ask(self, area: Area, address: int, count: int) -> bool | None:
        """Tell whether the unit gives these registers; None where it does not know such an area at all."""
        if self.found.requests >= self._search.budget:
            raise _EnoughAsked
        if self.found.requests:
            await asyncio.sleep(self._search.pause_s)
        self.found.requests += 1
        try:
            await self._link.read(area, address, count)
        except Refused as refused:
            self.found.there = True
            if refused.code not in status.MODBUS_UNIT_AWAY and refused.code > 4:
                self.found.note = str(refused)
            return None if refused.code == _UNKNOWN_FUNCTION else False
        except (NoAnswer, Unusable) as error:
            self.found.note = f"{area}:{address}: {error}"
            return False
        self.found.there = True
        return True
