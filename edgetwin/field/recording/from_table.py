"""A table with a column for each signal -> the moments of a recording. Any file that `edgetwin replay` reads.

Where many rows share a time (a logger that writes whole minutes), their stamps are spread over it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edgetwin.core.signals import Kind
from edgetwin.field.recording.moment import ROWS_AT_ONCE, Moment, Wanted
from edgetwin.field.table.block import Block
from edgetwin.field.table.file import CsvFile
from edgetwin.field.table.layout import Column
from edgetwin.field.table.problems import Problems, UnusableFile


def blocks(path: Path, wanted: Wanted, problems: Problems) -> Iterator[list[Moment]]:
    """Read the columns that are wanted, row by row."""
    with CsvFile(str(path), problems, wanted.time) as file:
        picked = [
            _place(name, file.layout.columns, text=text)
            for name, text in zip(wanted.columns(), wanted.texts, strict=True)
        ]
        for block in file.blocks(ROWS_AT_ONCE):
            yield _moments(block, picked)


def _place(name: str, columns: tuple[Column, ...], *, text: bool) -> int:
    """Find a column, and see whether it holds what it is declared to."""
    for place, column in enumerate(columns):
        if column.name != " ".join(name.split()):
            continue
        if column.kind is Kind.TEXT and not text:
            raise UnusableFile(f'column "{name}" holds text', "write text = true at its signal")
        if column.kind is not Kind.TEXT and text:
            raise UnusableFile(f'column "{name}" holds numbers', "leave out text = true at its signal")
        return place
    there = ", ".join(f'"{column.name}"' for column in columns[:20]) + (", ..." if len(columns) > 20 else "")
    raise UnusableFile(f'the file has no column "{name}"', f"it has: {there}")


def _moments(block: Block, picked: list[int]) -> list[Moment]:
    values, status = block.values[:, picked], block.status()[:, picked]
    ids = np.arange(len(picked), dtype=np.int32)
    # The times as intervals are to see them: see `table.ticks`.
    stamps = np.repeat(block.mono, len(picked)).reshape(values.shape)
    return [
        Moment(
            time,
            ids,
            values[row],
            status[row],
            stamps[row],
            tuple(block.texts[row][place] for place in picked) if block.texts else (),
        )
        for row, time in enumerate(block.mono.tolist())
    ]
