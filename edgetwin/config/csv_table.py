"""A CSV table as people save it: bytes -> header and rows of text. For tables that fit into memory many times over.

Excel writes semicolons where the comma is the decimal mark, UTF-16 or the code page of Windows where it was not told
otherwise, and a mark in front of UTF-8. All of that is recognised; nothing is guessed that could change a value.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SEPARATORS = ";\t|,"  # where two part the header into as many cells, the earlier one is taken
_EXCEL_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?\s*')  # Excel's own first line
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_LOOK = 30  # lines of a foreign table that tell its separator
_MOST_BYTES = 50_000_000


class UnusableTable(Exception):  # noqa: N818 - a state of the file, not a programming error
    """There is no table to be had from this file: what is wrong, what to do, and on which line."""

    def __init__(self, message: str, hint: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, and its cells without the blanks around them."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it. Empty rows, and those that begin with #, are not there."""

    header: Row
    rows: tuple[Row, ...]
    separator: str


def read(path: Path, *, foreign: bool = False) -> Table:
    """Read a table; UnusableTable where there is none. See `parse`."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise UnusableTable("there is no such file", "check the path") from None
    except IsADirectoryError:
        raise UnusableTable("this is a directory", "name the file in it") from None
    except (OSError, ValueError) as error:  # a path with a NUL in it
        reason = error.strerror if isinstance(error, OSError) else "this is not a path"
        raise UnusableTable(f"it cannot be read: {reason}", "check its rights") from None
    if len(data) > _MOST_BYTES:
        raise UnusableTable("it is too large", "a list of signals has a row for each")
    return parse(data, foreign=foreign)


def parse(data: bytes, *, foreign: bool = False) -> Table:
    """Read a table from the bytes of a file.

    In a `foreign` one, that was not made for us, # begins no remark, and titles may stand above the header.
    """
    if data.startswith(_WORKBOOKS):
        raise UnusableTable("this is a workbook, no CSV file", "save it as CSV")
    text = _text(data)
    if "\0" in text:
        raise UnusableTable("this is no text file", "save it as CSV")
    lines = list(io.StringIO(text, newline=""))  # the CSV reader wants line ends as they are
    named = _EXCEL_SEPARATOR.fullmatch(lines[0]) if lines else None
    start = 1 if named else 0
    said = [line for line in lines if line.strip() and (foreign or not line.lstrip(' "').startswith("#"))]
    separator = named[1] if named else _separator(said[: _LOOK if foreign else 1])
    rows = tuple(
        row
        for row in _rows(lines[start:], separator, start)
        if any(row.cells) and (foreign or not row.cells[0].startswith("#"))
    )
    if not rows:
        raise UnusableTable("the file is empty", "its first row names the columns")
    return Table(rows[0], rows[1:], separator)


def _text(data: bytes) -> str:
    if data.startswith(_UTF_16):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what Windows of western Europe calls "ANSI"


def _separator(lines: Sequence[str]) -> str:
    """Take the separator that parts lines into the most cells."""
    try:
        return max(_SEPARATORS, key=lambda separator: sum(map(len, csv.reader(lines, delimiter=separator))))
    except csv.Error:  # reading the rows will say where
        return _SEPARATORS[0]


def _rows(lines: Sequence[str], separator: str, above: int) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + above + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            hint = "look for a quote that is not closed, here or above"
            raise UnusableTable(f"this row cannot be read: {error}", hint, line) from None
        if cells is None:
            return
        yield Row(line, tuple(cell.strip() for cell in cells))
