"""How a CSV file is laid out: separator, decimal mark, header, columns. Settled on the first rows, then fixed.

Pure: lines of text in, a Layout out. Whatever was guessed is written into `notes` or refused, never hidden.
"""

import contextlib
import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from edgetwin.core.signals import Kind
from edgetwin.field.table.cell import FLAGS, Decimal, decimal_of, is_missing, is_number
from edgetwin.field.table.clock import TimeColumn, TimeWish, find_time
from edgetwin.field.table.problems import UnusableFile
from edgetwin.field.table.times import is_clock, is_date

if TYPE_CHECKING:
    from _csv import Reader

_SEPARATORS = (";", "\t", "|", ",", " ")
_TRIAL_ROWS = 100  # enough to tell the separator
_EXCEL_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?\s*')  # Excel's own first line


@dataclass(frozen=True, slots=True)
class Column:
    """One signal of the file: its name, where it stands in a row, and how it is treated."""

    name: str
    place: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything needed to read the rows. `time` is None for a file that is given its rhythm from outside."""

    separator: str
    decimal: Decimal
    skip: int  # rows before the first one with data
    width: int  # cells that a row should have
    columns: tuple[Column, ...]
    time: TimeColumn | None
    first_times: tuple[int, ...]  # of the rows that this was settled on, in ns
    notes: tuple[str, ...]

    def rows(self, lines: Iterable[str]) -> "Reader":
        """Read lines as rows of cells."""
        return _reader(lines, self.separator)


def recognise(lines: Sequence[str], wish: TimeWish) -> Layout:
    """Find the layout of a file from its first lines."""
    if any("\0" in line for line in lines):
        raise UnusableFile("this is no text file")
    separator = _separator(lines)
    table = _table(lines, separator)
    cells = [
        [row[place].strip() for row in table.rows if place < len(row)] for place in range(len(table.header))
    ]
    header = list(table.header)
    while len(header) > 1 and not header[-1] and all(is_missing(cell) for cell in cells[len(header) - 1]):
        header.pop()  # a separator at the end of each row makes no column
    time = find_time(header, cells, wish)
    first_times = _times(table.rows, time)
    if time is not None and not first_times:
        raise UnusableFile(f"no row has a time in {time.title}", "name its column with --time COLUMN")
    places = [place for place in range(len(header)) if time is None or place not in time.places]
    if not places:
        raise UnusableFile("the file has a time column and no signals")
    names, renamed = _names(header, places)
    columns = tuple(Column(names[place], place, _kind(cells[place])) for place in places)
    labels = [
        f'column "{column.name}" holds text: it rides along as a label, and no filter touches it'
        for column in columns
        if column.kind is Kind.TEXT
    ]
    return Layout(
        separator=separator,
        decimal=decimal_of([cell for place in places for cell in cells[place]]),
        skip=table.skip,
        width=len(header),
        columns=columns,
        time=time,
        first_times=first_times,
        notes=(*table.notes, *(renamed if any(header) else ()), *labels),
    )


class _Table(NamedTuple):
    """The first rows with their header, which is without names where the file has none."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    skip: int
    notes: Sequence[str]


def _table(lines: Sequence[str], separator: str) -> _Table:
    rows = _parsed(lines, separator)
    start = 1 if lines and _EXCEL_SEPARATOR.fullmatch(lines[0]) else 0
    filled = [place for place in range(start, len(rows)) if any(cell.strip() for cell in rows[place])]
    if not filled:
        raise UnusableFile("the file is empty")
    notes: list[str] = []
    top = _header_place(rows, filled)
    if top is None:
        notes.append("the file has no header row: its columns are called column1, column2, ...")
        return _Table([""] * _width(rows), [rows[place] for place in filled], filled[0], notes)
    if filled[0] < top:
        notes.append(f"the header is row {top + 1}; what stands above it is skipped")
    header = [cell.strip() for cell in rows[top]]
    data = [rows[place] for place in filled if place > top]
    if not data:
        raise UnusableFile("the file has a header and no rows")
    if sum(len(row) > len(header) for row in data) > len(data) / 2:
        header += [""] * (_width(data) - len(header))  # columns that the header forgot
    return _Table(header, data, top + 1, notes)


def _header_place(rows: Sequence[Sequence[str]], filled: Sequence[int]) -> int | None:
    """Find the header, if there is one: of the rows of words above the data, the one that fits them best.

    What stands above it (the name of a plant) and below it (units) has fewer words, or comes later.
    """
    width = _width([rows[place] for place in filled])
    titles: list[int] = []
    for place in filled:
        worded = all(_is_text(cell) or not cell.strip() for cell in rows[place])
        if not worded and len(rows[place]) == width:
            break
        if worded:
            titles.append(place)
    if titles:
        return min(titles, key=lambda place: abs(sum(bool(cell.strip()) for cell in rows[place]) - width))
    # Signals may be called 1, 2, 3: then at least one word stands above something else.
    first, below = filled[0], [rows[place] for place in filled[1:]]
    for column, cell in enumerate(rows[first]):
        if _is_text(cell) and any(column < len(row) and not _is_text(row[column]) for row in below):
            return first
    return None


def _times(rows: Iterable[Sequence[str]], time: TimeColumn | None) -> tuple[int, ...]:
    if time is None:
        return ()
    times: list[int] = []
    for row in rows:
        with contextlib.suppress(ValueError, IndexError):
            times.append(time.of(row))
    return tuple(times)


def _reader(lines: Iterable[str], separator: str) -> "Reader":
    if separator == " ":
        lines = map(str.lstrip, lines)  # columns aligned with blanks begin with some
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _parsed(lines: Iterable[str], separator: str) -> list[list[str]]:
    """Read lines as rows, up to the first that cannot be read: where that is a fault, reading the file names it."""
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        rows.extend(_reader(lines, separator))
    return rows


def _separator(lines: Sequence[str]) -> str:
    """Take the separator that gives rows of one width whose cells look like numbers and times."""
    if lines and (named := _EXCEL_SEPARATOR.fullmatch(lines[0])):
        return named[1]
    trial = [line for line in lines if line.strip()][:_TRIAL_ROWS]
    best, best_score = ",", 0.0
    for separator in _SEPARATORS:
        rows = _parsed(trial, separator)
        width = _width(rows)
        if width < 2:
            continue
        whole = [row for row in rows if len(row) == width]
        filled = [cell for row in whole[1:] or whole for cell in row if cell.strip()]
        usable = sum(not _is_text(cell) for cell in filled) / len(filled) if filled else 0.0
        score = len(whole) / len(rows) * (0.01 + usable)
        if score > best_score:
            best, best_score = separator, score
    return best


def _width(rows: Iterable[Sequence[str]]) -> int:
    """Give the number of cells that most rows have."""
    counts = Counter(len(row) for row in rows if row)
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _is_text(cell: str) -> bool:
    return not (
        is_missing(cell)
        or is_number(cell)
        or is_clock(cell)
        or is_date(cell)
        or cell.strip().lower() in FLAGS
    )


def _names(header: Sequence[str], places: Sequence[int]) -> tuple[dict[int, str], list[str]]:
    """Give each signal a name of its own, and say which of them are not as the header has it."""
    names: dict[int, str] = {}
    notes: list[str] = []
    for place in places:
        wanted = " ".join(header[place].split()) or f"column{place + 1}"
        name, copy = wanted, 1
        while name in names.values() or (copy > 1 and name in header):
            copy += 1
            name = f"{wanted}_{copy}"
        names[place] = name
        if not header[place]:
            notes.append(f'column {place + 1} has no name: it is called "{name}"')
        elif name != wanted:
            notes.append(f'two columns are called "{wanted}": column {place + 1} is called "{name}"')
    return names, notes


def _kind(cells: Iterable[str]) -> Kind:
    words = False
    flags = True
    for cell in cells:
        if is_number(cell):
            return Kind.NUMERIC
        if not is_missing(cell):
            words = True
            flags = flags and cell.lower() in FLAGS
    if not words:
        return Kind.NUMERIC
    return Kind.STATE if flags else Kind.TEXT
