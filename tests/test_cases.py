"""Golden cases: each folder of tests/cases pins one statement about one check, and its name says which.

`input.csv` is what was recorded, with an empty cell where nothing was. `expected.toml` tells the story, declares what
is declared, and lists every alert and some rows. Rows are counted from 0, the header aside.
"""

import csv
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_hand import SECOND

from edgetwin.core import status as codes
from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats, Frame, Outcome, Quality, Signal, SignalTable, Stamp, reason_names

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/expected.toml"))


def read_csv(path: Path) -> tuple[list[str], list[int], Floats]:
    """Read a wide file of ISO times: names, times in ns, readings."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    times = [
        round(datetime.fromisoformat(row[0]).replace(tzinfo=UTC).timestamp() * 1000) * (SECOND // 1000)
        for row in rows
    ]
    return header[1:], times, np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])


def replayed(names: list[str], times: list[int], readings: Floats, declared: dict[str, Any]) -> list[Outcome]:
    """Put the rows through a pipeline, one frame each."""
    pipeline = Pipeline(SignalTable([Signal(name=name, **declared.get(name, {})) for name in names]))
    ids = np.arange(len(names), dtype=np.int32)
    outcomes = []
    for time, values in zip(times, readings, strict=True):
        status = np.where(np.isnan(values), codes.BAD_NO_DATA, codes.GOOD).astype(np.uint32)
        stamp = Stamp(wall=time, mono=time - times[0])
        outcomes.append(pipeline.step([Frame.at(stamp, ids, values, status)], stamp.mono))
    return outcomes


def agrees(wish: dict[str, Any], row: int, event: AlertEvent, end: int | None, times: list[int]) -> bool:
    """Tell whether an alert, and the row in which it ended, are what a case wants."""
    return (
        (event.kind, event.subject) == (wish["kind"], wish.get("signal") or wish["device"])
        and event.onset_ns == times[wish["onset_row"]]
        and wish["onset_row"] <= row <= wish["detected_by_row"]
        and end == wish.get("ended_row")
    )


def test_there_are_cases_of_every_check() -> None:
    assert {folder.parent.name for folder in FOLDERS} >= {"stuck", "range", "gap"}
    assert all((folder / "input.csv").is_file() for folder in FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_case(folder: Path) -> None:
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    names, times, readings = read_csv(folder / "input.csv")
    outcomes = replayed(names, times, readings, expected.get("signals", {}))

    events = [(row, event) for row, outcome in enumerate(outcomes) for event in outcome.alerts]
    ends = {(event.id, event.occurrence): row for row, event in events if not event.active}
    alerts = [(row, event, ends.get((event.id, event.occurrence))) for row, event in events if event.active]
    seen = [(row, event.id, event.message, end) for row, event, end in alerts]
    wishes = expected.get("alert", [])
    assert len(seen) == len(wishes), seen
    for wish, (row, event, end) in zip(wishes, alerts, strict=True):
        assert agrees(wish, row, event, end, times), (wish, seen)

    for wish in expected["row"]:
        outcome, number = outcomes[wish["row"]], names.index(wish["signal"])
        assert Quality(int(outcome.quality[number])).name.lower() == wish["quality"], wish
        assert reason_names(int(outcome.reasons[number])) == wish["reasons"], wish
        if "value" in wish:
            assert outcome.value[number] == pytest.approx(wish["value"], abs=wish["within"]), wish
