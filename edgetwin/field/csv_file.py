"""A CSV file as a device: each row is one Frame with all columns, stamped with the time in the file.

The file is streamed, never loaded. A row of plain numbers takes the fast path; only a row with something else in it
is looked at cell by cell. A cell that is no number counts as missing and is named in the problems; the rest of its
row is used. Rows keep the order of the file: one whose time goes back is the pipeline's to judge.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from types import TracebackType
from typing import Self

import numpy as np

from edgetwin.core.signals import UNSTAMPED, Codes, Floats, Frame, Ids, Kind, Nanos
from edgetwin.core.status import BAD_NO_DATA, GOOD
from edgetwin.field import csv_layout
from edgetwin.field.csv_cell import FLAGS, is_missing, number
from edgetwin.field.csv_clock import TimeWish
from edgetwin.field.csv_open import TextFile
from edgetwin.field.csv_problems import Kind as Trouble
from edgetwin.field.csv_problems import Problems, UnusableFile
from edgetwin.field.csv_ticks import Ticks

_SAMPLE_LINES = 1000  # the layout is settled on these; of a very wide file on fewer
_SAMPLE_LETTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of the file, in their order: a time per row, a value per row and column (NaN: missing)."""

    times: Nanos
    mono: Nanos  # the same, for intervals: see csv_ticks
    values: Floats
    texts: tuple[tuple[str | None, ...], ...]  # per row, where the file has text columns; else empty

    def __len__(self) -> int:
        return len(self.times)

    def frames(self, ids: Ids) -> list[Frame]:
        """Make one Frame of each row; `ids` are the signals of the columns, in their order."""
        rows, columns = self.values.shape
        status = self._status()
        times = np.repeat(self.times, columns).reshape(rows, columns)
        mono = np.repeat(self.mono, columns).reshape(rows, columns)
        unstamped = np.full(columns, UNSTAMPED, np.int64)
        texts = self.texts or ((),) * rows
        return [
            Frame(ids, self.values[row], status[row], unstamped, times[row], mono[row], texts[row])
            for row in range(rows)
        ]

    def _status(self) -> Codes:
        missing = np.isnan(self.values)
        for row, texts in enumerate(self.texts):
            missing[row] &= [text is None for text in texts]
        return np.where(missing, np.uint32(BAD_NO_DATA), np.uint32(GOOD))


class CsvFile:
    """One CSV file, from its first row to its last. Used once, in a `with`."""

    def __init__(self, path: str, problems: Problems, wish: TimeWish | None = None) -> None:
        self.problems = problems
        self._every_ns = (wish.every_ns if wish else None) or 0
        self._file = TextFile(path)
        try:
            lines = self._file.lines()
            sample = _sample(lines)
            self.layout = csv_layout.recognise(sample, wish or TimeWish())
            self._ticks = Ticks(self.layout.first_times)
        except BaseException:
            self.close()
            raise
        self._reader = self.layout.rows(chain(sample, lines))
        for note in self.layout.notes:
            problems.note(note)
        if self._ticks.rows > 1:
            problems.note(
                f"about {self._ticks.rows} rows share each time; for intervals they are spread over it"
            )
        by_kind = {kind: [i for i, c in enumerate(self.layout.columns) if c.kind is kind] for kind in Kind}
        self._numeric = by_kind[Kind.NUMERIC]
        self._states = by_kind[Kind.STATE]
        self._texts = by_kind[Kind.TEXT]
        self._places = [column.place for column in self.layout.columns]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def size(self) -> int | None:
        """Its bytes on disk; None where nobody knows, as in a pipe."""
        return self._file.size

    @property
    def position(self) -> int:
        """How many of its bytes have been read."""
        return self._file.position

    def blocks(self, rows: int = 64) -> Iterator[Block]:
        """Give the file in blocks of at most so many rows. How many makes no difference to any value."""
        timed = self._timed_rows()
        batch: list[tuple[int, int, list[str]]] = []
        try:
            for row in timed:
                batch.append(row)
                if len(batch) == rows:
                    yield self._block(batch)
                    batch = []
        except (UnusableFile, OSError):  # what was read before it broke off is as good as any
            if batch:
                yield self._block(batch)
            raise
        if batch:
            yield self._block(batch)

    def _timed_rows(self) -> Iterator[tuple[int, int, list[str]]]:
        """Give (line, time, cells) of each row that can be placed in time."""
        clock, width, beat = self.layout.time, self.layout.width, 0
        for line, row in self._rows():
            cells = row if len(row) == width else self._fitted(row, line)
            if clock is None:
                yield line, beat * self._every_ns, cells
                beat += 1
                continue
            try:
                time = clock.of(cells)
            except ValueError:
                if any(map(str.strip, row)):  # a row of separators alone says nothing, as an empty line
                    text = " ".join(cells[place] for place in clock.places)
                    self.problems.add(Trouble.TIME, line, f"{text!r} is no time, so the row is left out")
                continue
            yield line, time, cells

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give (line, cells) of each row that can be read and is not empty."""
        reader = self._reader
        for _ in range(self.layout.skip):
            next(reader)
        last = reader.line_num
        while True:
            first = last + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                row = []
                gone = reader.line_num - last
                self.problems.add(
                    Trouble.BROKEN, first, f"the {gone} lines from here cannot be read: {error}"
                )
            if row is None:
                return
            last = reader.line_num
            if row and last > first:
                what = f"it goes on for {last - first + 1} lines; a quote may not be closed"
                self.problems.add(Trouble.QUOTE, first, what)
            if row:
                yield first, row

    def _fitted(self, row: list[str], line: int) -> list[str]:
        """Make a row as wide as the header; say so where that hides or invents a cell."""
        width = self.layout.width
        if len(row) < width:
            missing = width - len(row)
            self.problems.add(
                Trouble.SHORT, line, f"{len(row)} cells instead of {width}: the last {missing} are missing"
            )
        elif any(map(str.strip, row[width:])):
            self.problems.add(
                Trouble.LONG,
                line,
                f"{len(row)} cells instead of {width}: {', '.join(row[width:])!r} is ignored",
            )
        return row[:width] + [""] * (width - len(row))

    def _block(self, batch: Sequence[tuple[int, int, list[str]]]) -> Block:
        values = np.full((len(batch), len(self._places)), np.nan)
        self._fill_numbers(values, batch)
        for i in self._states:
            place = self._places[i]
            for n, (line, _, row) in enumerate(batch):
                values[n, i] = self._flag(row[place], line, i)
        for n, i in np.argwhere(np.isinf(values)).tolist():
            self.problems.add(
                Trouble.INFINITE,
                batch[n][0],
                "is infinite, and counts as missing",
                self.layout.columns[i].name,
            )
            values[n, i] = np.nan
        texts = tuple(self._row_texts(row) for _, _, row in batch) if self._texts else ()
        times = [time for _, time, _ in batch]
        mono = [self._ticks.monotonic(time) for time in times]
        return Block(np.array(times, np.int64), np.array(mono, np.int64), values, texts)

    def _fill_numbers(self, values: Floats, batch: Sequence[tuple[int, int, list[str]]]) -> None:
        if not self._numeric:
            return
        pick = itemgetter(*(self._places[i] for i in self._numeric))
        one = len(self._numeric) == 1  # itemgetter then gives the cell itself
        where = slice(None) if len(self._numeric) == values.shape[1] else np.array(self._numeric)
        comma = self.layout.decimal == ","
        for n, (line, _, row) in enumerate(batch):
            cells = (pick(row),) if one else pick(row)
            try:
                values[n, where] = _plain_numbers(cells, comma=comma)
            except ValueError:
                values[n, where] = [
                    self._number(cell, line, i) for cell, i in zip(cells, self._numeric, strict=True)
                ]

    def _number(self, cell: str, line: int, column: int) -> float:
        try:
            return number(cell, self.layout.decimal)
        except ValueError as error:
            return self._not_a_number(cell, line, column, str(error))

    def _flag(self, cell: str, line: int, column: int) -> float:
        flag = FLAGS.get(cell.strip().lower())
        return self._number(cell, line, column) if flag is None else flag

    def _not_a_number(self, cell: str, line: int, column: int, why: str) -> float:
        shown = cell if len(cell) <= 40 else cell[:40] + "..."
        name = self.layout.columns[column].name
        self.problems.add(Trouble.TEXT, line, f"{shown!r} {why}; the cell counts as missing", name)
        return float("nan")

    def _row_texts(self, row: Sequence[str]) -> tuple[str | None, ...]:
        texts: list[str | None] = [None] * len(self._places)
        for i in self._texts:
            cell = row[self._places[i]].strip()
            texts[i] = None if is_missing(cell) else cell
        return tuple(texts)


def _sample(lines: Iterator[str]) -> list[str]:
    sample: list[str] = []
    letters = 0
    for line in islice(lines, _SAMPLE_LINES):
        sample.append(line)
        letters += len(line)
        if letters > _SAMPLE_LETTERS:
            break
    return sample


def _plain_numbers(cells: Sequence[str], *, comma: bool) -> list[float]:
    """Read a row that is all plain numbers, at a tenth of the cost of looking at each; ValueError for any other."""
    text = "\n".join(cells)
    if "_" in text or (comma and "." in text):  # float() takes 1_000 for a number, and we do not
        raise ValueError
    if comma:
        cells = text.replace(",", ".").split("\n")
    return list(map(float, cells))
