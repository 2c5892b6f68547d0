"""Each folder in csv_cases is a file as it was met in a plant, and what must be seen in it: named after its trap."""

from pathlib import Path

import numpy as np
import pytest

from edgetwin.config.units import seconds
from edgetwin.core.signals import Kind
from edgetwin.field.table.clock import TimeWish
from edgetwin.field.table.file import CsvFile
from edgetwin.field.table.problems import Problems

CASES = sorted(path for path in (Path(__file__).parent / "csv_cases").iterdir() if path.is_dir())


def seen(case: Path) -> str:
    """Write down all that the reader makes of a file: what it tells, its columns, its rows, its totals."""
    told: list[str] = []
    problems = Problems(told.append)
    rhythm = case / "every.txt"
    every_ns = round(seconds(rhythm.read_text().strip()) * 1e9) if rhythm.exists() else None
    rows: list[str] = []
    with CsvFile(str(case / "in.csv"), problems, TimeWish(every_ns=every_ns)) as file:
        columns = [
            f"{c.name} ({c.kind})" if c.kind is not Kind.NUMERIC else c.name for c in file.layout.columns
        ]
        for block in file.blocks():
            for n, time in enumerate(block.times.tolist()):
                texts = block.texts[n] if block.texts else (None,) * len(columns)
                cells = [
                    text if text is not None else "missing" if np.isnan(value) else repr(value)
                    for value, text in zip(block.values[n].tolist(), texts, strict=True)
                ]
                rows.append(f"{np.datetime64(time, 'ns')}: {'; '.join(cells)}")
    parts = (
        told,
        [f"columns: {'; '.join(columns)}"],
        rows,
        [f"total: {total}" for total in problems.totals()],
    )
    return "\n".join(line for part in parts for line in part) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_file_is_read_as_its_case_says(case: Path) -> None:
    assert seen(case) == (case / "seen.txt").read_text(encoding="utf-8")


def test_there_are_cases() -> None:
    assert len(CASES) > 20
