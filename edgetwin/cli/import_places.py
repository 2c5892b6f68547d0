"""Where a vendor's list says a value is -> `at`. How a list counts is told or asked, never guessed. Pure.

100 may be the register 100 counted from 0 or from 1, of four kinds; 40101 is what datasheets write for one of them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic_core import PydanticCustomError

from edgetwin.config.registers import AREA_NAMES, BITS, Area, register

Base = Literal["0", "1", "datasheet"]
AREAS: dict[str, Area] = {"holding": "hr", "input": "ir", "coil": "co", "discrete": "di"}
_KINDS: dict[str, Area] = {"0": "co", "1": "di", "3": "ir", "4": "hr"}  # the leading digit in datasheets
_LEADING = {area: digit for digit, area in _KINDS.items()}
# The function code that reads it.
_CODES: dict[int, Area] = {1: "co", 2: "di", 3: "hr", 4: "ir"}

_OURS = re.compile(r"(co|di|hr|ir):\s*([0-9]+)")
_WITH_X = re.compile(r"([0134])x\s*([0-9]{4,5})", re.IGNORECASE)
_HEX = re.compile(r"(?:0x|&h|16#|\$)([0-9a-f]+)|([0-9a-f]+)h", re.IGNORECASE)
# 100, 40101-40102 (a value in two registers), 40101.3 (a bit)
_DECIMAL = re.compile(r"([0-9]+)(?:\.([0-9]{1,2})|\s*(?:-|\.\.+|/|to|\u2013)\s*([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Written:
    """An address as it is written. `area` and `base` are None where it does not say them itself."""

    text: str
    number: int
    area: Area | None = None
    base: Base | None = None
    bit: int | None = None


@dataclass(frozen=True, slots=True)
class Counting:
    """How a list counts its registers; None: not told."""

    base: Base | None = None
    area: Area | None = None
    hexadecimal: bool = False
    with_x: bool = False  # the list writes 4x0001, so 0x0001 is a coil and not a number in hexadecimal


def written(cell: str, counting: Counting) -> Written:
    """Read an address as it stands; ValueError where it is none."""
    if match := _OURS.fullmatch(cell.lower()):
        return Written(cell, int(match[2]), register(f"{match[1]}:0").area, "0")
    if (match := _WITH_X.fullmatch(cell)) and (match[1] != "0" or counting.with_x):
        return Written(cell, int(match[2]), _KINDS[match[1]], "1")
    if match := _HEX.fullmatch(cell):
        return _hexadecimal(match[1] or match[2])
    if counting.hexadecimal and re.fullmatch("[0-9a-fA-F]+", cell):
        return _hexadecimal(cell)
    match = _DECIMAL.fullmatch(cell)
    if match is None or (match[3] and int(match[3]) < int(match[1])):
        hint = ": --hex, if it is hexadecimal" if re.fullmatch("[0-9a-fA-F]+", cell) else ""
        raise ValueError(f'"{cell}" is not an address{hint}')
    if match[2] and int(match[2]) > 15:
        raise ValueError(f'"{cell}": a register has the bits 0 to 15')
    return Written(match[1], int(match[1]), bit=int(match[2]) if match[2] else None)


def _hexadecimal(digits: str) -> Written:
    """Read a number that no datasheet would write with 4 for a holding register, whatever it looks like."""
    return Written(f"0x{int(digits, 16):X}", int(digits, 16))


def place(address: Written, counting: Counting, area: Area | None) -> int | str:
    """Give `at`. `area` is what the row itself says."""
    base = address.base or counting.base
    if base == "datasheet":
        return _of_datasheet(address.text, area)
    kind = address.area or area or counting.area
    if base is None or kind is None:
        raise ValueError("nobody said how the list counts")
    at = f"{kind}:{address.number - int(base)}"
    if address.number < int(base):
        raise ValueError(f"{address.text} is before the first register of a list that counts from {base}")
    return _checked(at)


def _of_datasheet(text: str, area: Area | None) -> int | str:
    at = text if text.startswith("0") else int(text)
    _checked(at)
    found = register(at).area
    if area is not None and area != found:
        raise ValueError(f"{text} is a {AREA_NAMES[found]}, and the list calls it a {AREA_NAMES[area]}")
    return at


def _checked(at: int | str) -> int | str:
    try:
        register(at)
    except PydanticCustomError as error:
        raise ValueError(error.message()) from None
    return at


def is_datasheet(address: Written) -> bool:
    """Tell whether an address looks as in a datasheet: 40101."""
    try:
        _of_datasheet(address.text, None)
    except ValueError:
        return False
    return address.base is None


def area_of(cell: str) -> Area:
    """Read which kind of register a row means: a word, or the function code that reads it."""
    word = re.sub(r"[^a-z0-9]", "", cell.lower())
    named: dict[str, Area] = {"holding": "hr", "discrete": "di", "coil": "co", "input": "ir"}
    for name, area in named.items():
        if name in word:
            return area
    if word in AREA_NAMES or (len(word) == 2 and word[1] == "x" and word[0] in _KINDS):
        return register(f"{word}:0").area if word in AREA_NAMES else _KINDS[word[0]]
    codes = [int(code) for code in re.findall(r"\d+", cell.lower().replace("0x", ""))]
    reads = [_CODES[code] for code in codes if code in _CODES]
    if not reads:
        raise ValueError(f'"{cell}" is not a kind of register')
    return reads[0]


def choices(address: Written, counting: Counting, area: Area | None) -> Iterator[tuple[str, str]]:
    """List what could be meant: the options, and what they would make of one address."""
    known = address.area or area or counting.area
    areas: Iterable[tuple[str, Area]] = AREAS.items() if known is None else [("", known)]
    for base in ("0", "1") if counting.base is None else (counting.base,):
        for name, kind in areas:
            item = address.number - int(base) + 1 if base != "datasheet" else 0
            if item < 1:
                continue
            options = [f"--base {base}"] if counting.base is None else []
            options += [f"--area {name}"] if name else []
            digits = f"{_LEADING[kind]}{item:0{4 if item <= 9_999 else 5}d}"
            what = f"the {AREA_NAMES[kind]} {kind}:{item - 1} ({digits} in a datasheet)"
            yield " ".join(options), what
    if counting.base is None and is_datasheet(address):
        found = register(address.text if address.text.startswith("0") else int(address.text))
        yield "--base datasheet", f"the {AREA_NAMES[found.area]} {found}"


def is_bit(at: int | str) -> bool:
    """Tell whether a place is on or off by itself: a coil or a discrete input."""
    return register(at).area in BITS
