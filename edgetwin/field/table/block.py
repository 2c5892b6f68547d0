"""Rows of cells -> a block of numbers, and the Frames in it. One array for all rows, since that is what is fast.

A row of plain numbers takes the fast path; only a row with something else in it is looked at cell by cell. A cell
that is no number counts as missing and is named in the problems; the rest of its row is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from edgetwin.core.signals import UNSTAMPED, Codes, Floats, Frame, Ids, Kind, Nanos
from edgetwin.core.status import BAD_NO_DATA, GOOD
from edgetwin.field.table.cell import FLAGS, is_missing, number
from edgetwin.field.table.layout import Layout
from edgetwin.field.table.problems import Problems, Trouble
from edgetwin.field.table.ticks import Ticks


class Row(NamedTuple):
    """One row of the file that can be placed in time, as wide as the header."""

    line: int
    time: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of the file, in their order: a time per row, a value per row and column (NaN: missing)."""

    times: Nanos
    mono: Nanos  # the same, for intervals: see `ticks`
    values: Floats
    texts: tuple[tuple[str | None, ...], ...]  # per row, where the file has text columns; else empty

    def __len__(self) -> int:
        return len(self.times)

    def frames(self, ids: Ids) -> list[Frame]:
        """Make one Frame of each row; `ids` are the signals of the columns, in their order."""
        rows, columns = self.values.shape
        status = self.status()
        times = np.repeat(self.times, columns).reshape(rows, columns)
        mono = np.repeat(self.mono, columns).reshape(rows, columns)
        unstamped = np.full(columns, UNSTAMPED, np.int64)
        texts = self.texts or ((),) * rows
        return [
            Frame(ids, self.values[row], status[row], unstamped, times[row], mono[row], texts[row])
            for row in range(rows)
        ]

    def status(self) -> Codes:
        """Give the status of each cell: good, or missing."""
        missing = np.isnan(self.values)
        for row, texts in enumerate(self.texts):
            missing[row] &= [text is None for text in texts]
        return np.where(missing, np.uint32(BAD_NO_DATA), np.uint32(GOOD))


class RowDecoder:
    """Makes blocks of the rows of one file, in their order."""

    def __init__(self, layout: Layout, problems: Problems) -> None:
        self._layout = layout
        self._problems = problems
        self._ticks = Ticks(layout.first_times)
        if self._ticks.rows > 1:
            problems.note(
                f"about {self._ticks.rows} rows share each time; for intervals they are spread over it"
            )
        self._places = [column.place for column in layout.columns]
        self._numeric, self._states, self._texts = (
            [i for i, column in enumerate(layout.columns) if column.kind is kind]
            for kind in (Kind.NUMERIC, Kind.STATE, Kind.TEXT)
        )

    def decode(self, rows: Sequence[Row]) -> Block:
        """Make a block of some rows."""
        values = np.full((len(rows), len(self._places)), np.nan)
        self._fill_numbers(values, rows)
        for i in self._states:
            for n, row in enumerate(rows):
                values[n, i] = self._flag(row.cells[self._places[i]], row.line, i)
        for n, i in np.argwhere(np.isinf(values)).tolist():
            name = self._layout.columns[i].name
            self._problems.add(Trouble.INFINITE, rows[n].line, "is infinite, and counts as missing", name)
            values[n, i] = np.nan
        return Block(
            times=np.array([row.time for row in rows], np.int64),
            mono=np.array([self._ticks.monotonic(row.time) for row in rows], np.int64),
            values=values,
            texts=tuple(self._row_texts(row.cells) for row in rows) if self._texts else (),
        )

    def _fill_numbers(self, values: Floats, rows: Sequence[Row]) -> None:
        if not self._numeric:
            return
        pick = itemgetter(*(self._places[i] for i in self._numeric))
        one = len(self._numeric) == 1  # itemgetter then gives the cell itself
        where = slice(None) if len(self._numeric) == values.shape[1] else np.array(self._numeric)
        comma = self._layout.decimal == ","
        for n, row in enumerate(rows):
            cells = (pick(row.cells),) if one else pick(row.cells)
            try:
                values[n, where] = _plain_numbers(cells, comma=comma)
            except ValueError:
                values[n, where] = [
                    self._number(cell, row.line, i) for cell, i in zip(cells, self._numeric, strict=True)
                ]

    def _number(self, cell: str, line: int, column: int) -> float:
        try:
            return number(cell, self._layout.decimal)
        except ValueError as error:
            shown = cell if len(cell) <= 40 else cell[:40] + "..."
            name = self._layout.columns[column].name
            self._problems.add(Trouble.TEXT, line, f"{shown!r} {error}; the cell counts as missing", name)
            return float("nan")

    def _flag(self, cell: str, line: int, column: int) -> float:
        flag = FLAGS.get(cell.strip().lower())
        return self._number(cell, line, column) if flag is None else flag

    def _row_texts(self, row: Sequence[str]) -> tuple[str | None, ...]:
        texts: list[str | None] = [None] * len(self._places)
        for i in self._texts:
            cell = row[self._places[i]].strip()
            texts[i] = None if is_missing(cell) else cell
        return tuple(texts)


def _plain_numbers(cells: Sequence[str], *, comma: bool) -> list[float]:
    """Read a row that is all plain numbers, at a tenth of the cost of looking at each; ValueError for any other."""
    text = "\n".join(cells)
    if "_" in text or (comma and "." in text):  # float() takes 1_000 for a number, and we do not
        raise ValueError
    if comma:
        cells = text.replace(",", ".").split("\n")
    return list(map(float, cells))
