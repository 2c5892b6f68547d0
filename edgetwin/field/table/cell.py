"""What one cell of a CSV file means: a number, nothing, or text. Pure; knows no file and no row.

A number is never guessed. A mark that is not the decimal mark of the file counts as a thousands mark only where it
stands between groups of three digits; anything else is text, and the caller says so.
"""

import math
import re
from collections.abc import Sequence
from typing import Literal

Decimal = Literal[".", ",", ""]  # "": the file has shown none so far

# Spellings of "there is no value here", in lower case.
MISSING = frozenset(
    ("", "-", "--", "na", "n/a", "#n/a", "#na", "nan", "-nan", "null", "none", "nil", "<na>", "?", "missing")
)
FLAGS = {"true": 1.0, "false": 0.0}

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_POINT_FRACTION = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_COMMA_FRACTION = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = {
    ".": re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"),
    ",": re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?"),
}
# 1 234,5 and 1'234.5
_GROUPED = re.compile("[+-]?[1-9]\\d{0,2}(?:[ '\u2019\u00a0\u202f]\\d{3})+(?:[.,]\\d+)?")
_GROUP_MARKS = str.maketrans("", "", " '\u2019\u00a0\u202f")
_COMMA_GROUP = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_INFINITE = frozenset(("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"))


def is_missing(cell: str) -> bool:
    """Tell whether a cell says that there is no value."""
    return cell.strip().lower() in MISSING


def number(cell: str, decimal: Decimal) -> float:
    """Give the number in a cell, NaN for a missing one, an infinity where it says so; ValueError for text."""
    cell = cell.strip()
    if _GROUPED.fullmatch(cell):
        cell = cell.translate(_GROUP_MARKS)
    plain = cell
    if "," in cell:
        if decimal == "." or _COMMA_FRACTION.fullmatch(cell) is None:
            plain = _without_thousands(cell, decimal)
        elif decimal == "" and _COMMA_GROUP.fullmatch(cell):
            raise ValueError("may be a decimal comma or a thousands mark")
        else:
            plain = cell.replace(",", ".")
    elif decimal == "," and "." in cell:
        plain = _without_thousands(cell, decimal)
    if _NUMBER.fullmatch(plain):
        return float(plain)
    word = cell.lower()
    if word in MISSING:
        return math.nan
    if word in _INFINITE:
        return float(word)
    raise ValueError("is no number")


def _without_thousands(cell: str, decimal: Decimal) -> str:
    mark = decimal or ("," if cell.rfind(",") > cell.rfind(".") else ".")
    if _THOUSANDS[mark].fullmatch(cell) is None:
        raise ValueError("is no number")
    return cell.replace(".", "").replace(",", ".") if mark == "," else cell.replace(",", "")


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number with either decimal mark; a missing one is none."""
    cell = cell.strip()
    return any(
        pattern.fullmatch(cell) is not None
        for pattern in (_NUMBER, _COMMA_FRACTION, _GROUPED, *_THOUSANDS.values())
    )


def decimal_of(cells: Sequence[str]) -> Decimal:
    """Give the decimal mark that most fractions among the cells have; "" where there is no fraction."""
    commas = sum(_COMMA_FRACTION.fullmatch(cell) is not None for cell in cells if "," in cell)
    if not commas:  # nothing to weigh, so the first point settles it
        return "." if any("." in cell and _POINT_FRACTION.fullmatch(cell) for cell in cells) else ""
    points = sum(_POINT_FRACTION.fullmatch(cell) is not None for cell in cells if "." in cell)
    return "." if points >= commas else ","
