"""Reads a whole CSV file at once, which only a test may do."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from edgetwin.core.signals import Floats, Nanos
from edgetwin.field.table.clock import TimeWish
from edgetwin.field.table.file import CsvFile
from edgetwin.field.table.problems import Problems


class Reading(NamedTuple):
    """All that a file gave: a time and the values of each row, what was counted and what was told."""

    times: Nanos
    values: Floats
    problems: Problems
    told: list[str]


def read(path: Path, wish: TimeWish | None = None, rows: int = 64) -> Reading:
    """Read a file to its end, in blocks of so many rows."""
    told: list[str] = []
    problems = Problems(told.append)
    with CsvFile(str(path), problems, wish) as file:
        blocks = list(file.blocks(rows))
    return Reading(
        np.concatenate([block.times for block in blocks]),
        np.concatenate([block.values for block in blocks]),
        problems,
        told,
    )
