"""A CSV file as a device: each row is one Frame with all columns, stamped with the time in the file.

The file is streamed, never loaded. Rows keep the order of the file: one whose time goes back is the pipeline's to
judge. A row that cannot be placed in time is left out, and named in the problems.
"""

import csv
from collections.abc import Iterator
from itertools import chain, islice
from typing import Self

from edgetwin.field.table import layout
from edgetwin.field.table.block import Block, Row, RowDecoder
from edgetwin.field.table.clock import TimeWish
from edgetwin.field.table.lines import TextFile
from edgetwin.field.table.problems import Problems, Trouble, UnusableFile

_SAMPLE_LINES = 1000  # the layout is settled on these; of a very wide file on fewer
_SAMPLE_LETTERS = 4_000_000


class CsvFile:
    """One CSV file, from its first row to its last. Used once, in a `with`."""

    def __init__(self, path: str, problems: Problems, wish: TimeWish | None = None) -> None:
        self.problems = problems
        self._every_ns = (wish.every_ns if wish else None) or 0
        self._file = TextFile(path)
        try:
            lines = self._file.lines()
            sample = _sample(lines)
            self.layout = layout.recognise(sample, wish or TimeWish())
            for note in self.layout.notes:
                problems.note(note)
            self._reader = self.layout.rows(chain(sample, lines))
            self._decoder = RowDecoder(self.layout, problems)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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
        batch: list[Row] = []
        try:
            for row in timed:
                batch.append(row)
                if len(batch) == rows:
                    yield self._decoder.decode(batch)
                    batch = []
        except (UnusableFile, OSError):  # what was read before it broke off is as good as any
            if batch:
                yield self._decoder.decode(batch)
            raise
        if batch:
            yield self._decoder.decode(batch)

    def _timed_rows(self) -> Iterator[Row]:
        """Give each row that can be placed in time."""
        clock, width, beat = self.layout.time, self.layout.width, 0
        for line, row in self._rows():
            cells = row if len(row) == width else self._fitted(row, line)
            if clock is None:
                yield Row(line, beat * self._every_ns, cells)
                beat += 1
                continue
            try:
                time = clock.of(cells)
            except ValueError:
                if any(map(str.strip, row)):  # a row of separators alone says nothing, as an empty line
                    text = " ".join(cells[place] for place in clock.places)
                    self.problems.add(Trouble.TIME, line, f"{text!r} is no time, so the row is left out")
                continue
            yield Row(line, time, cells)

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


def _sample(lines: Iterator[str]) -> list[str]:
    sample: list[str] = []
    letters = 0
    for line in islice(lines, _SAMPLE_LINES):
        sample.append(line)
        letters += len(line)
        if letters > _SAMPLE_LETTERS:
            break
    return sample
