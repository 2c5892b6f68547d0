"""A small recording of a plant, and the ways in which the tests of `replay` look at what comes out."""

import csv
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest

from edgetwin.cli.outcome_csv import OutcomeCsv
from edgetwin.cli.progress import Progress
from edgetwin.cli.replay_output import Output
from edgetwin.cli.replay_run import Run
from edgetwin.cli.replay_signals import signals_of
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import SignalTable
from edgetwin.field.table.file import CsvFile
from edgetwin.field.table.problems import Problems

START = 1_763_596_800  # 2025-11-20T00:00:00Z


def plant(rows: int = 400, stuck_from: int | None = None) -> str:
    """Three noisy signals at 1 s, one of which may freeze; every 50th cell of the third is missing."""
    rng = np.random.default_rng(7)
    values = np.round(rng.normal((50, 3, 900), (0.5, 0.02, 4), (rows, 3)), 4)
    if stuck_from is not None:
        values[stuck_from:, 0] = values[stuck_from, 0]
    cells = values.astype(str)
    cells[::50, 2] = ""
    lines = [f"{START + n},{','.join(row)}" for n, row in enumerate(cells.tolist())]
    return "\n".join(["time,temp,flow,level", *lines]) + "\n"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def replayed(path: Path, rows_at_once: int, bar: Progress | None = None) -> tuple[int, bytes, bytes, str]:
    """Replay a file in blocks of a given size; give the exit code, the samples, the alerts and the account."""
    out, alerts = BytesIO(), BytesIO()
    with CsvFile(str(path), Problems(lambda _: None)) as file:
        table = signals_of(file.layout.columns, SignalTable([]), pytest.fail)
        run = Run(file, Pipeline(table), bar or Progress(StringIO()))
        code = run.to_the_end(OutcomeCsv(out, table), Output("alerts", alerts), rows_at_once)
        return code, out.getvalue(), alerts.getvalue(), run.as_text(table=False)
