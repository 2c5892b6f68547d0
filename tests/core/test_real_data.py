"""The stuck check on recorded plant data: quiet where nothing is stuck, quick where something is.

The data sets are those of others and are not part of this project; where they are not at hand, nothing is tested here.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from by_hand import feed, table

from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded data sets are not beside the project")

FREEZES = 10  # of each signal
LEARN = 600  # rows before the first freeze


def water_rig() -> Floats:
    """Read eight sensors of a water circulation rig in normal operation, one reading a second."""
    rows = np.genfromtxt(DATA / "skab/anomaly-free/anomaly-free.csv", delimiter=";", skip_header=1)
    sensors: Floats = rows[:, 1:9]
    return sensors


def chemical_plant() -> Floats:
    """Read 52 signals of a simulated chemical plant in normal operation, one reading in three minutes."""
    rows: Floats = np.loadtxt(DATA / "tep/d00_te.dat")
    return rows


def fed(readings: Floats, period_s: float) -> list[tuple[int, int]]:
    """Give (row, signal) of each stuck alarm."""
    names = [f"s{number}" for number in range(readings.shape[1])]
    run = feed(Pipeline(table(*names)), readings, period_s=period_s)
    return [
        (row, names.index(event.subject))
        for row, event in run.alerts
        if event.active and event.kind == "stuck"
    ]


@pytest.mark.parametrize(("source", "period_s"), [(water_rig, 1.0), (chemical_plant, 180.0)])
def test_no_sensor_is_called_stuck_that_is_not(source: Callable[[], Floats], period_s: float) -> None:
    readings = source()
    assert len(readings) > 900
    assert fed(readings, period_s) == []


@pytest.mark.parametrize(
    ("source", "signals", "period_s"), [(water_rig, range(8), 1.0), (chemical_plant, range(0, 52, 7), 180.0)]
)
def test_a_sensor_that_freezes_is_named_within_fifteen_readings_as_a_rule(
    source: Callable[[], Floats], signals: range, period_s: float
) -> None:
    rng = np.random.default_rng(2026)
    recorded = source()[: LEARN + 360]
    frozen = np.repeat(recorded[:, signals], FREEZES, axis=1)  # a column for each freeze
    starts = rng.integers(LEARN, LEARN + 200, size=(frozen.shape[1],))
    for column, start in enumerate(starts):
        frozen[start:, column] = frozen[start, column]
    # A few stick among many that do not: a plant that stands still as a whole is another story.
    lively = np.tile(recorded[:, signals], (1, 2 * FREEZES))
    alarms = [
        (row, column)
        for row, column in fed(np.column_stack([frozen, lively]), period_s)
        if column < len(starts)
    ]
    delays = np.array([row - starts[column] for row, column in alarms])
    assert (delays >= 0).all()
    assert len({column for _, column in alarms}) >= 0.95 * frozen.shape[1]
    assert np.median(delays) <= 15
