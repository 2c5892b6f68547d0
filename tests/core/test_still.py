"""Many signals stand still together: the plant has stopped, or the device repeats itself; no single sensor is bad."""

import numpy as np
from by_hand import Run, feed, table

from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats, Quality, Reason

SIGNALS = 10
LEARNED = 200
STOPPED = 100
NAMES = [f"mill.s{number}" for number in range(SIGNALS)]


def lively(count: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(50.0, 1.0, (count, SIGNALS)).round(3)


def stopped(standing: int, *, after: int = LEARNED) -> Run:
    """Let the first signals stand still together for a while, and the others go on."""
    readings = lively(LEARNED + STOPPED + 100, 1)
    readings[after : LEARNED + STOPPED, :standing] = readings[after, :standing]
    return feed(Pipeline(table(*NAMES)), readings)


def test_a_plant_that_stops_is_one_alert_about_the_device() -> None:
    run = stopped(SIGNALS)
    assert run.began("stuck") == []
    (row,) = run.began("still", "mill")
    assert LEARNED + 5 < row < LEARNED + 30
    ended = [row for row, event in run.alerts if event.kind == "still" and not event.active]
    assert ended == [LEARNED + STOPPED]


def test_what_stands_still_is_uncertain_and_not_bad() -> None:
    run = stopped(SIGNALS)
    late = slice(LEARNED + 30, LEARNED + STOPPED)
    assert run.has(Reason.NOISE)[late].all()
    assert (run.quality[late] == Quality.UNCERTAIN).all()
    assert not run.has(Reason.NOISE)[LEARNED + STOPPED :].any()


def test_one_that_stands_still_among_lively_ones_is_stuck() -> None:
    run = stopped(1)
    assert run.began("still") == []
    assert len(run.began("stuck", "mill.s0")) == 1


def test_one_that_stays_behind_when_the_plant_starts_again_is_stuck() -> None:
    readings = lively(LEARNED + STOPPED + 100, 2)
    readings[LEARNED : LEARNED + STOPPED] = readings[LEARNED]
    readings[LEARNED:, 0] = readings[LEARNED, 0]
    run = feed(Pipeline(table(*NAMES)), readings)
    (row,) = run.began("stuck")
    assert LEARNED + STOPPED <= row < LEARNED + STOPPED + 5


def test_sensors_that_freeze_at_different_times_are_each_stuck() -> None:
    readings = lively(LEARNED + 400, 3)
    for number in range(SIGNALS):
        start = LEARNED + 35 * number
        readings[start:, number] = readings[start, number]
    run = feed(Pipeline(table(*NAMES)), readings)
    assert run.began("still") == []
    assert len(run.began("stuck")) == SIGNALS


def test_a_standstill_is_not_learned_as_a_habit() -> None:
    readings = lively(LEARNED + STOPPED + 300, 4)
    readings[LEARNED : LEARNED + STOPPED] = readings[LEARNED]
    readings[LEARNED + STOPPED + 200 :, 3] = 50.0
    run = feed(Pipeline(table(*NAMES)), readings)
    (row,) = run.began("stuck", "mill.s3")
    assert row < LEARNED + STOPPED + 200 + 30


def test_bare_columns_of_a_recording_belong_to_the_file() -> None:
    readings = lively(LEARNED + STOPPED, 5)
    readings[LEARNED:] = readings[LEARNED]
    run = feed(Pipeline(table(*(f"c{number}" for number in range(SIGNALS)))), readings)
    assert len(run.began("still", "file")) == 1
