"""Rows of a vendor's list -> signals. What cannot be used is left out and told, with its row and the reason.

What comes out has been judged as the configuration will judge it: it can be pasted, and `edgetwin check` is content.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edgetwin.cli import import_places as places
from edgetwin.cli.foreign import name_of, spoken
from edgetwin.cli.import_columns import Columns
from edgetwin.cli.import_places import Counting, Written
from edgetwin.cli.import_types import type_keys
from edgetwin.cli.judged import refused
from edgetwin.config.csv_table import Row
from edgetwin.config.csv_values import decimal_comma, limits, number, states
from edgetwin.config.registers import Area

_NOTHING = {"", "-", "--", "\u2013", "\u2014", "n/a", "na", "none", "null", "/"}
_RESERVED = re.compile(r"(reserved?|spare|unused|not used|reserviert|frei)\b.*", re.IGNORECASE)
_FACTOR = re.compile(r"(?:[x*\u00d7]\s*)?([0-9.,eE+-]+)")
_FRACTION = re.compile(r"(?:1\s*)?[/\u00f7]\s*([0-9]+)")
_POWER = re.compile(r"10\s*(?:\^|\*\*)\s*([+-]?[0-9]+)")
_UNIT_WITH_FACTOR = re.compile(r"(?:[x*\u00d7]\s*)?([0-9]+(?:[.,][0-9]+)?)\s*\*?\s*([^\d\s.,].*)")


@dataclass(frozen=True, slots=True)
class Imported:
    """One signal: its keys, and where it stood under which name."""

    keys: dict[str, Any]
    row: int
    title: str


@dataclass(slots=True)
class Outcome:
    """What a list gave. `unused` and `notes` go by rows."""

    signals: dict[str, Imported] = field(default_factory=dict)
    unused: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    skipped: int = 0  # headings, and registers that are called reserved

    @property
    def keys(self) -> dict[str, dict[str, Any]]:
        """The signals without their rows."""
        return {name: signal.keys for name, signal in self.signals.items()}


def addresses(columns: Columns, counting: Counting) -> Iterator[tuple[Row, Written, Area | None]]:
    """Give the rows whose address can be read, and what it says by itself."""
    for row in columns.rows:
        try:
            found = places.written(_address(columns, row), counting)
            yield row, found, _area(columns, row)
        except ValueError:
            continue


def signals(columns: Columns, counting: Counting, separator: str) -> Outcome:
    """Make signals of all rows."""
    numeric = [columns.cell(row, key) for key in ("scale", "offset", "divisor") for row in columns.rows]
    reading = _Reading(columns, counting, comma=decimal_comma(numeric, separator))
    found = Outcome()
    for row in columns.rows:
        title = columns.cell(row, "name")
        if sum(map(bool, row.cells)) < 2 or _RESERVED.fullmatch(title):
            found.skipped += 1
            continue
        try:
            signal = Imported(reading.keys(row), row.line, title)
            found.signals[_free(_name(title), row, found)] = signal
        except ValueError as error:
            found.unused.append((row.line, str(error)))
    _leave_out_what_is_wrong(found)
    found.unused.sort()
    return found


class _Reading:
    """How the rows of one list are read."""

    def __init__(self, columns: Columns, counting: Counting, *, comma: bool) -> None:
        self._columns = columns
        self._counting = counting
        self._comma = comma

    def keys(self, row: Row) -> dict[str, Any]:
        """Give the keys of one signal; ValueError where something in the row cannot be used."""
        address = places.written(_address(self._columns, row), self._counting)
        at = places.place(address, self._counting, _area(self._columns, row))
        keys: dict[str, Any] = {"at": at}
        bit = self._bit(row, address)
        if not places.is_bit(at) and bit is None:
            keys |= self._type(row)
        elif bit is not None and not places.is_bit(at):
            keys["bit"] = bit
        unit, factor = self._unit(row)
        if (scale := self._scale(row, factor)) != 1:
            keys["scale"] = scale
        if (offset := self._number(row, "offset", 0)) != 0:
            keys["offset"] = offset
        if unit:
            keys["unit"] = unit
        if limited := self._cell(row, "range"):
            keys["range"] = limits(limited, comma=self._comma)
        if named := self._cell(row, "names"):
            keys["names"] = states(named)
        return keys

    def _cell(self, row: Row, key: str) -> str:
        cell = self._columns.cell(row, key)
        return "" if cell.lower() in _NOTHING else cell

    def _bit(self, row: Row, address: Written) -> int | None:
        cell = self._cell(row, "bit")
        if not cell:
            return address.bit
        if not cell.isdecimal() or int(cell) > 15:
            raise ValueError(f'"{cell}" is not a bit: a register has the bits 0 to 15')
        return int(cell)

    def _type(self, row: Row) -> dict[str, Any]:
        count = self._cell(row, "registers")
        if count and not count.isdecimal():
            raise ValueError(f'"{count}" is not a number of registers')
        registers = int(count) if count else None
        if cell := self._cell(row, "type"):
            return type_keys(cell, registers)
        if "type" in self._columns.index or (registers or 1) > 1:
            raise ValueError("the list does not say how it is stored")
        return {"type": "uint16"}

    def _unit(self, row: Row) -> tuple[str, float]:
        """Give the unit, and the factor that some lists write in front of it: 0.1 kW."""
        cell = self._cell(row, "unit")
        match = _UNIT_WITH_FACTOR.fullmatch(cell)
        if match:
            return spoken(match[2]), float(match[1].replace(",", "."))
        return spoken(cell), 1

    def _scale(self, row: Row, factor: float) -> float:
        cell = self._cell(row, "scale")
        if match := _FRACTION.fullmatch(cell):
            scale = 1 / _not_zero(float(match[1]))
        elif match := _POWER.fullmatch(cell):
            scale = 10.0 ** int(match[1])
        else:
            match = _FACTOR.fullmatch(cell)
            scale = self._number(row, "scale", 1, match[1] if match else cell)
        scale /= _not_zero(self._number(row, "divisor", 1))
        if factor != 1 and scale not in (1, factor):
            raise ValueError(f"the unit says {factor:g}, and the scale says {scale:g}")
        scale = factor if factor != 1 else scale
        return int(scale) if scale == int(scale) else float(f"{scale:.12g}")

    def _number(self, row: Row, key: str, default: float, cell: str | None = None) -> float:
        cell = self._cell(row, key) if cell is None else cell
        if not cell:
            return default
        value = number(cell, comma=self._comma)
        if isinstance(value, int | float):
            return value
        raise ValueError(f'{key} is "{cell}", which is not a number')


def _not_zero(divisor: float) -> float:
    if divisor == 0:
        raise ValueError("it would be divided by zero")
    return divisor


def _address(columns: Columns, row: Row) -> str:
    cell = columns.cell(row, "at")
    if not cell:
        raise ValueError("the row has no address")
    return cell


def _area(columns: Columns, row: Row) -> Area | None:
    cell = columns.cell(row, "function")
    return places.area_of(cell) if cell else None


def _name(title: str) -> str:
    """Make a name of a title: it becomes part of a topic."""
    name = name_of(title)
    if not name:
        raise ValueError(f'"{title}" has no letter or digit for a name' if title else "the row has no name")
    return name


def _free(name: str, row: Row, found: Outcome) -> str:
    """Give a name that no other signal has."""
    free, copy = name, 1
    while free in found.signals:
        copy += 1
        free = f"{name}_{copy}"
    if free != name:
        found.notes.append((row.line, f"{name} is in row {found.signals[name].row} already: called {free}"))
    return free


def _leave_out_what_is_wrong(found: Outcome) -> None:
    """Judge the signals as a configuration would, and take out what it would refuse."""
    device = {"connect": "modbus-tcp://list"}
    for name, message in refused(device, found.keys, lambda name: found.signals[name].row):
        signal = found.signals[name]
        found.unused.append((signal.row, f"{signal.title}: {message}"))
    wrong = {row for row, _ in found.unused}
    found.signals = {name: signal for name, signal in found.signals.items() if signal.row not in wrong}
