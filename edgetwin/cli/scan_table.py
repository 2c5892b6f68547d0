"""What `edgetwin scan` shows of a Modbus line. Pure."""

from collections.abc import Iterator, Sequence

from edgetwin.cli.scan_modbus import FoundBlock, FoundUnit, Search
from edgetwin.config.registers import AREA_NAMES, BITS


def lines(address: str, found: Sequence[FoundUnit], search: Search) -> Iterator[str]:
    """Write what was found, then the lines to paste."""
    there = [unit for unit in found if unit.there]
    away = [unit for unit in found if not unit.there]
    for unit in there:
        yield from _unit(unit)
    for note in dict.fromkeys(unit.note for unit in away):
        alike = [unit.unit for unit in away if unit.note == note]
        yield f"no answer from unit{'s' if len(alike) > 1 else ''} {spans(alike)}: {note}"
    if not there:
        settings = ", other baud, parity or stop bits" if address.startswith("modbus-rtu") else ""
        yield (
            f"nothing was found; each unit was given {search.timeout_s:g} s: "
            f"a longer --timeout, other --units{settings}?"
        )
        return
    if len(there) > 2 and not away and len({tuple(unit.blocks) for unit in there}) == 1:
        yield "every unit answers, and with the same registers: one device may be answering to every unit id"
    pasted = [line for unit in there if unit.blocks for line in _to_paste(address, unit)]
    if pasted:
        yield from ("\nto paste:", *pasted)


def _unit(unit: FoundUnit) -> Iterator[str]:
    yield f"unit {unit.unit}  ({unit.requests} requests)"
    yield from (f"  {_block(block)}" for block in unit.blocks)
    if not unit.blocks:
        yield "  answers, and gives nothing at the places that were looked at"
    if unit.note:
        yield f"  note: {unit.note}"


def _to_paste(address: str, unit: FoundUnit) -> Iterator[str]:
    name = f"device.unit{unit.unit}"
    yield f'[{name}]\nconnect = "{address}"\nunit = {unit.unit}\n[{name}.signals]'
    first = min(unit.blocks, key=lambda block: (block.area in BITS, block.area))
    tip = "" if first.area in BITS else "   # `edgetwin probe` tells how it is stored"
    yield f'first = {{ at = "{first.area}:{first.first}" }}{tip}'


def spans(numbers: Sequence[int]) -> str:
    """Write numbers in short: 1, 2, 3, 7 -> "1-3, 7"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)


def _block(block: FoundBlock) -> str:
    last = block.first + block.count - 1
    what = AREA_NAMES[block.area] + ("s" if block.count > 1 else "")
    return f"{block.area}:{block.first} to {block.area}:{last}   {block.count} {what}{_datasheet(block)}"


def _datasheet(block: FoundBlock) -> str:
    """Give the number that a datasheet has for the first of them."""
    if block.area == "co":
        return ""
    digit = {"di": 1, "ir": 3, "hr": 4}[block.area]
    number = f"{digit}{block.first + 1:0{4 if block.first < 9_999 else 5}d}"
    return f", from {number}" + (" (bits)" if block.area in BITS else "")
