"""Where a value is in a Modbus unit: `at = 40101` as the datasheet says, or `at = "hr:100"` counted from zero.

The two count differently (40101 is "hr:100"), so a bare number that could mean either is refused, never guessed. The
coils of a datasheet begin with a zero, which no number in TOML may do: they stand in quotes, with all their digits.
Text like "00017" can mean nothing else; text without the zero ("17", "40101") is refused.
"""

import re
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema

from edgetwin.config.branch import mistake

Area = Literal["co", "di", "hr", "ir"]  # coils, discrete inputs, holding registers, input registers

AREA_NAMES: dict[Area, str] = {
    "co": "coil",
    "di": "discrete input",
    "hr": "holding register",
    "ir": "input register",
}
BITS: tuple[Area, ...] = ("co", "di")  # areas of single bits; the others are of registers
# The leading digit of a datasheet's number. Coils have a 0, and no number in TOML may begin with that.
_DATASHEET: dict[str, Area] = {"1": "di", "3": "ir", "4": "hr"}
_COIL = re.compile(r"0[0-9]{4,5}")
_ZERO_BASED = re.compile(r"(co|di|hr|ir):([0-9]{1,5})")
_LAST = 65_535
HINT = 'write the datasheet\'s number (40101) or count from zero ("hr:100"; also "ir:", "di:" and "co:")'


class Register(NamedTuple):
    """A place in a unit, counted from zero."""

    area: Area
    address: int

    def __str__(self) -> str:
        return f"{self.area}:{self.address}"


def register(at: object) -> Register:
    """Read a place."""
    if isinstance(at, bool) or not isinstance(at, int | str):
        raise mistake(f"{at} is not a place in the unit", HINT)
    if isinstance(at, int):
        return _as_in_datasheet(at)
    return _coil_of_datasheet(at) if _COIL.fullmatch(at) else _counted_from_zero(at)


def _counted_from_zero(text: str) -> Register:
    match = _ZERO_BASED.fullmatch(text)
    if match is None:
        if text.isascii() and text.isdecimal():
            raise mistake(
                f'"{text}" is text', f"without quotes it is the datasheet's number: at = {int(text)}"
            )
        raise mistake(f'"{text}" is not a place in the unit', HINT)
    address = int(match[2])
    if address > _LAST:
        raise mistake(f'"{text}" is past the end: the last one is {match[1]}:{_LAST}', HINT)
    return Register(_area(match[1]), address)


def _as_in_datasheet(number: int) -> Register:
    digits = str(number)
    area = _DATASHEET.get(digits[0])
    if len(digits) in (5, 6) and area:
        return _item(area, digits)
    if 0 <= number <= _LAST + 1:
        if not number:
            raise mistake(
                "0 does not say what kind of register is meant",
                'counted from zero the first ones are "hr:0" (holding), "ir:0" (input), "di:0" and "co:0"',
            )
        raise mistake(
            f'{number} could be two registers: {_full(number)} in a datasheet, or "hr:{number}" counted from zero',
            f"write the one you mean; {_coil_hint(number)}",
        )
    raise mistake(f"{number} is not a register", HINT)


def _coil_of_datasheet(digits: str) -> Register:
    return _item("co", digits)


def _item(area: Area, digits: str) -> Register:
    """Read a number with all its digits: the first is the area, the others are counted from 1."""
    item = int(digits[1:])
    if 1 <= item <= _LAST + 1:
        return Register(area, item - 1)
    first = digits[0] + "1".zfill(len(digits) - 1)
    raise mistake(
        f"{digits} is not a {AREA_NAMES[area]}: they go from {first} to {digits[0]}{_LAST + 1}",
        f'counted from zero the first one is "{area}:0"',
    )


def _full(item: int) -> str:
    return f"4{item:04d}" if item <= 9_999 else f"4{item:05d}"


def _coil_hint(item: int) -> str:
    """Say how a coil is written, since its datasheet number (00001) is not a number in TOML."""
    return f'the coil {item:05d} of a datasheet is "co:{max(item - 1, 0)}"'


def _area(text: str) -> Area:
    for area in AREA_NAMES:
        if area == text:
            return area
    raise AssertionError(text)


def _checked(at: object) -> object:
    register(at)
    return at


At = Annotated[
    int | str,
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 10_001, "maximum": 465_536},
                {"type": "string", "pattern": "^((co|di|hr|ir):[0-9]{1,5}|0[0-9]{4,5})$"},
            ],
            "examples": [40101, "hr:100", "00017"],
        }
    ),
]
