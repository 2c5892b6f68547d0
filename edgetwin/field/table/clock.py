"""Which column of a CSV file is its clock: the one asked for, one called time, or the first that holds dates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from edgetwin.field.table.cell import is_missing
from edgetwin.field.table.problems import UnusableFile
from edgetwin.field.table.times import (
    DateOrder,
    TimeFormat,
    is_clock,
    is_date,
    of_our_time,
    recognise,
    runs_forward,
)

_NAME = re.compile(
    r"[_#\s]*(?:"
    r"(?:date[\s_/-]?time|time[\s_-]?stamp|time|date|datum|datum[\s_/-]zeit|zeit(?:stempel|punkt)?|uhrzeit|ts|epoch|utc)"
    r"(?![a-z])|t(?=$|\s*[\[(]|_(?:s|ms|us|ns)$)|unix)",
    re.IGNORECASE,
)
_TEMPERATURE = "T"  # a lone capital is a temperature far more often than a time
_HINT = 'name it with --time COLUMN, or give the rhythm of a file without times with --every "1 s"'


@dataclass(frozen=True, slots=True)
class TimeWish:
    """What the user said about time; nothing at all is the usual case."""

    column: str | None = None
    every_ns: int | None = None
    dates: DateOrder | None = None


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """Where the time of a row stands (a date and a time of day may be two columns) and how to read it."""

    places: tuple[int, ...]
    format: TimeFormat
    title: str  # its header, for messages

    def of(self, row: Sequence[str]) -> int:
        """Give the time of a row in ns; ValueError when it has none."""
        return self.format.parse(" ".join([row[place] for place in self.places]))


def find_time(header: Sequence[str], cells: Sequence[Sequence[str]], wish: TimeWish) -> TimeColumn | None:
    """Find the clock of a file from its header and the first cells of each column."""
    if wish.every_ns is not None:
        return None
    if wish.column is not None:
        return _asked_for(wish.column, header, cells, wish.dates)
    named = [place for place, name in enumerate(header) if name != _TEMPERATURE and _NAME.match(name)]
    for place in named:
        found = _column(place, header, cells, wish.dates)
        if found and (found.format.calendar or runs_forward(found.format, _filled(cells[place]))):
            return found
    for place in range(len(header)):
        if any(is_date(cell) for cell in cells[place][:10]):
            found = _column(place, header, cells, wish.dates)
            if found and found.format.calendar:
                return found
    first = _column(0, header, cells, wish.dates)
    if first and of_our_time(first.format, _filled(cells[0])):
        return first
    seen = ", ".join(f'"{name}"' for name in header[:8]) + (", ..." if len(header) > 8 else "")
    if any(is_clock(cell) for place in named for cell in cells[place][:10]):
        raise UnusableFile("the file has times of day and no dates", _HINT)
    raise UnusableFile(f"no column of the file is a time (columns: {seen})", _HINT)


def _asked_for(
    column: str, header: Sequence[str], cells: Sequence[Sequence[str]], dates: DateOrder | None
) -> TimeColumn:
    if column not in header:
        raise UnusableFile(f'the file has no column "{column}"', f"it has: {', '.join(header)}")
    place = header.index(column)
    found = _column(place, header, cells, dates)
    if found is None:
        sample = next(iter(_filled(cells[place])), "")
        raise UnusableFile(f'column "{column}" holds no times: it begins with {sample!r}', _HINT)
    return found


def _column(
    place: int, header: Sequence[str], cells: Sequence[Sequence[str]], dates: DateOrder | None
) -> TimeColumn | None:
    filled = _filled(cells[place])
    found = recognise(filled, header[place], dates)
    if found is None or not found.calendar or any(":" in cell for cell in filled):
        return TimeColumn((place,), found, f'"{header[place]}"') if found else None
    for other in range(len(header)):  # dates alone: is there a column with the time of day?
        clocks = _filled(cells[other])
        if clocks and sum(is_clock(cell) for cell in clocks) > len(clocks) / 2:
            return TimeColumn((place, other), found, f'"{header[place]}" with "{header[other]}"')
    return TimeColumn((place,), found, f'"{header[place]}"')


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if not is_missing(cell)]
