"""Times as they stand in files: text in, nanoseconds since 1970 in UTC out. Exact to the nanosecond, never a guess.

A time without a zone is UTC. Which of two readings a column has (day or month first, seconds or milliseconds) is
settled once, on the first rows, and then holds for the file; where those rows allow both, the file is refused.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import pairwise
from typing import Literal

from edgetwin.field.table.problems import UnusableFile

DateOrder = Literal["dmy", "mdy"]

SECOND = 1_000_000_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LIMIT = 2**62  # ns: the years 1824 to 2116
_LEAP = 5  # times as far is the wrong way
_ENOUGH = 0.6  # of the cells must be times of one format; the others are then rows without a time

_CLOCK = (
    r"(?P<h>\d{1,2})(?P<mark>:|\.(?=\d\d\.))(?P<min>\d\d)(?:(?P=mark)(?P<s>\d\d)(?:[.,:](?P<f>\d+))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = r"\s*(?P<zone>[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"


def _dated(day: str) -> re.Pattern[str]:
    """Match a day, with or without a time of day."""
    return re.compile(rf"{day}(?:,?[T\s]+{_CLOCK}{_ZONE})?")


_CLOCK_ONLY = re.compile(_CLOCK)
_YEAR_FIRST = _dated(r"(?P<y>\d{4})[-/.](?P<mon>\d{1,2})[-/.](?P<d>\d{1,2})")
_DAY_FIRST = _dated(r"(?P<d>\d{1,2})[-/.\s](?P<mon>\d{1,2})[-/.\s](?P<y>\d{4}|\d\d)")
_MONTH_FIRST = _dated(r"(?P<mon>\d{1,2})[-/\s](?P<d>\d{1,2})[-/\s](?P<y>\d{4}|\d\d)")
_NAMED_MONTH = _dated(r"(?P<d>\d{1,2})[- ](?P<mon>[A-Za-z]{3})[- ](?P<y>\d{4})")
_COMPACT = re.compile(
    r"(?P<y>(?:19|20)\d\d)(?P<mon>\d\d)(?P<d>\d\d)[T ]?(?P<h>\d\d)(?P<min>\d\d)(?P<s>\d\d)(?:[.,](?P<f>\d+))?"
    rf"(?P<half>)?{_ZONE}"
)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}

# By magnitude: a number below the limit counts in this unit. Each limit is far from any date of our time.
_EPOCHS = ((10**11, "s"), (10**14, "ms"), (10**17, "us"), (10**20, "ns"))
_NANOS = {
    "s": SECOND,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
    "min": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
}
_UNIT_IN_NAME = re.compile(
    r"[\W_](?P<unit>seconds|sec|minutes|hours|days|ms|us|µs|ns|min|hr|s|h|d)[\])]?$", re.IGNORECASE
)
_UNIT_SPELLINGS = {
    "sec": "s",
    "seconds": "s",
    "µs": "us",
    "minutes": "min",
    "hours": "h",
    "hr": "h",
    "days": "d",
}


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How to read one column of times. `parse` raises ValueError for a cell that is none."""

    name: str
    parse: Callable[[str], int]
    calendar: bool  # a date, not a bare number, which might as well be a measurement


def is_clock(cell: str) -> bool:
    """Tell whether a cell is a time of day without a date."""
    return _CLOCK_ONLY.fullmatch(cell.strip()) is not None


def is_date(cell: str) -> bool:
    """Tell whether a cell is a calendar date, with or without a time of day."""
    return any(
        _fits(pattern, cell) for pattern in (_YEAR_FIRST, _COMPACT, _DAY_FIRST, _MONTH_FIRST, _NAMED_MONTH)
    )


def iso_time(cell: str) -> int:
    """Read a time as this house writes it: 2026-11-20T09:42:38.123456Z. ValueError when it is none."""
    return _calendar(_YEAR_FIRST, cell)


def recognise(cells: Sequence[str], name: str = "", order: DateOrder | None = None) -> TimeFormat | None:
    """Find the format of a column from its first cells; None when they are no times. UnusableFile when in doubt."""
    formats = [
        TimeFormat("year-month-day", partial(_calendar, _YEAR_FIRST), calendar=True),
        TimeFormat("yyyymmddhhmmss", partial(_calendar, _COMPACT), calendar=True),
        TimeFormat("day-month name-year", partial(_calendar, _NAMED_MONTH), calendar=True),
    ]
    for known in formats:
        if _share(known.parse, cells) >= _ENOUGH:
            return known
    if (
        _share(partial(_calendar, _DAY_FIRST), cells) >= _ENOUGH
        or _share(partial(_calendar, _MONTH_FIRST), cells) >= _ENOUGH
    ):
        return _day_or_month_first(cells, name, order)
    return _epoch(cells, name)


def _day_or_month_first(cells: Sequence[str], name: str, order: DateOrder | None) -> TimeFormat:
    day = TimeFormat("day.month.year", partial(_calendar, _DAY_FIRST), calendar=True)
    month = TimeFormat("month/day/year", partial(_calendar, _MONTH_FIRST), calendar=True)
    dotted = sum("." in cell.split(" ")[0] for cell in cells) > len(cells) / 2
    if order:
        return day if order == "dmy" else month
    if dotted:  # only day.month.year is written with dots
        return day
    day_share, month_share = _share(day.parse, cells), _share(month.parse, cells)
    if day_share != month_share:
        return day if day_share > month_share else month
    # Read the wrong way round, each midnight is a leap of a month.
    day_way, month_way = _way(day.parse, cells), _way(month.parse, cells)
    if day_way == month_way or max(day_way, month_way) < _LEAP * min(day_way, month_way):
        raise UnusableFile(
            f'column "{name}": {cells[0]!r} may be day/month or month/day, and the first rows allow both',
            "say which with --dates dmy or --dates mdy",
        )
    return day if day_way < month_way else month


def _way(parse: Callable[[str], int], cells: Sequence[str]) -> int:
    """Give the whole way that a clock would go, back and forth, from the first cell to the last."""
    return sum(abs(later - earlier) for earlier, later in pairwise(_parsed(parse, cells)))


def _epoch(cells: Sequence[str], name: str) -> TimeFormat | None:
    numbers = [abs(value) for cell in cells if (value := _number(cell)) is not None]
    if not numbers or len(numbers) < _ENOUGH * len(cells):
        return None
    hint = _UNIT_IN_NAME.search(name)
    largest = max(numbers)
    if hint and largest < _EPOCHS[0][0]:  # a big number speaks for itself, whatever the name says
        unit = hint["unit"].lower()
        unit = _UNIT_SPELLINGS.get(unit, unit)
    else:
        unit = next((unit for limit, unit in _EPOCHS if largest < limit), "")
    if not unit or largest * _NANOS[unit] >= _LIMIT:
        return None
    return TimeFormat(f"{unit} since 1970", partial(_scaled, _NANOS[unit]), calendar=False)


def runs_forward(format_: TimeFormat, cells: Sequence[str]) -> bool:
    """Tell whether numbers grow from row to row, as a clock does and a measurement does not."""
    times = [format_.parse(cell) for cell in cells if _number(cell) is not None]
    back = sum(later < earlier for earlier, later in pairwise(times))
    return len(times) == 1 or (times[0] < times[-1] and back <= len(times) // 10)


def of_our_time(format_: TimeFormat, cells: Sequence[str]) -> bool:
    """Tell whether numbers under a name that does not say so are times: from 1990 to 2100, and running forward."""
    times = [format_.parse(cell) for cell in cells if _number(cell) is not None]
    first, last = _calendar(_YEAR_FIRST, "1990-01-01"), _calendar(_YEAR_FIRST, "2100-01-01")
    return all(first <= time < last for time in times) and runs_forward(format_, cells)


def _share(parse: Callable[[str], int], cells: Sequence[str]) -> float:
    return len(_parsed(parse, cells)) / len(cells) if cells else 0.0


def _parsed(parse: Callable[[str], int], cells: Sequence[str]) -> list[int]:
    times = []
    for cell in cells:
        with suppress(ValueError):
            times.append(parse(cell))
    return times


def _fits(pattern: re.Pattern[str], cell: str) -> bool:
    try:
        _calendar(pattern, cell)
    except ValueError:
        return False
    return True


def _number(cell: str) -> Decimal | None:
    try:
        value = Decimal(cell.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _scaled(nanos: int, cell: str) -> int:
    cell = cell.strip()
    if cell.isdecimal():  # the common case, at a third of the cost
        return _in_range(int(cell) * nanos)
    value = _number(cell)
    if value is None:
        raise ValueError("is no time")
    return _in_range(round(value * nanos))


def _in_range(time: int) -> int:
    if not -_LIMIT < time < _LIMIT:
        raise ValueError("is no time of our age")
    return time


def _calendar(pattern: re.Pattern[str], cell: str) -> int:
    match = pattern.fullmatch(cell.strip())
    if match is None:
        raise ValueError("is no time")
    year, month, day, hour, minute, second, fraction, half, zone = match.group(
        "y", "mon", "d", "h", "min", "s", "f", "half", "zone"
    )
    month_number = int(month) if month.isdecimal() else _MONTHS.get(month.lower(), 0)
    century = 2000 if len(year) == 2 else 0
    days = date(century + int(year), month_number, int(day)).toordinal() - _EPOCH_DAY
    seconds = days * 86400
    if hour:
        seconds += _hours(int(hour), half) * 3600 + int(minute) * 60 + int(second or 0)
        if int(minute) > 59 or int(second or 0) > 59:
            raise ValueError("is no time of day")
    if zone and zone[0] in "+-":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:] if len(zone) > 3 else 0) * 60
        seconds += offset if zone[0] == "-" else -offset
    return _in_range(seconds * SECOND + int((fraction or "")[:9].ljust(9, "0")))


def _hours(hour: int, half: str | None) -> int:
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("is no time of day")
        return hour % 12 + (12 if half in "Pp" else 0)
    if hour > 23:
        raise ValueError("is no time of day")
    return hour
