"""Range: what the configuration declares impossible, and nothing that it does not."""

from dataclasses import replace

import numpy as np
import pytest
from by_hand import feed, frame, noise, step, table, wall

from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Quality, Reason, Signal

BOUNDED = Signal(name="x", unit="degC", low=0.0, high=100.0)


def warmed(signal: Signal = BOUNDED) -> Pipeline:
    pipeline = Pipeline(table(signal))
    feed(pipeline, noise(60))
    return pipeline


@pytest.mark.parametrize(
    ("reading", "outside"),
    [(0.0, False), (100.0, False), (-1e-9, True), (100.0001, True), (-500.0, True), (1e50, True)],
)
def test_both_ends_belong_to_the_range(reading: float, *, outside: bool) -> None:
    outcome = step(warmed(), frame(60, [reading]))
    assert bool(outcome.reasons[0] & Reason.RANGE) == outside
    assert (outcome.quality[0] == Quality.BAD) == outside


def test_no_range_is_guessed() -> None:
    outcome = step(warmed(Signal(name="x")), frame(60, [1e9]))
    assert not outcome.reasons[0] & Reason.RANGE


def test_a_range_may_have_one_end() -> None:
    assert not step(warmed(Signal(name="x", low=0.0)), frame(60, [1e9])).reasons[0] & Reason.RANGE
    assert step(warmed(Signal(name="x", low=0.0)), frame(60, [-1.0])).reasons[0] & Reason.RANGE


def test_readings_outside_move_no_estimate() -> None:
    pipeline, untouched = warmed(), warmed()
    for second in range(60, 70):
        step(pipeline, frame(second, [150.0]))
    after, without = step(pipeline, frame(70, [50.2])), step(untouched, frame(70, [50.2]))
    assert after.value[0] == without.value[0]


def test_two_in_a_row_are_an_alert_dated_to_the_first() -> None:
    pipeline = warmed()
    assert step(pipeline, frame(60, [130.5])).alerts == ()
    (event,) = step(pipeline, frame(61, [131.5])).alerts
    assert (event.id, event.onset_ns, event.detected_ns) == ("x.range", wall(60), wall(61))
    assert event.evidence == {"raw": 131.5, "low": 0.0, "high": 100.0}
    assert event.message == "x reads 131.5 degC, outside its declared range 0 to 100"


def test_the_alert_waits_for_five_readings_inside() -> None:
    pipeline = warmed()
    feed(pipeline, np.array([130.0, 131.0]), start_s=60.0)
    inside = feed(
        pipeline, np.array([50.1, 50.2, 50.3, 50.4, 130.0, 50.1, 50.2, 50.3, 50.4, 50.5]), start_s=62.0
    )
    assert [(row, event.active) for row, event in inside.alerts] == [(9, False)]


def test_a_wall_clock_that_steps_back_dates_no_onset_after_its_detection() -> None:
    pipeline = warmed()
    first, second = frame(60, [130.0]), frame(61, [131.0])
    step(pipeline, first)
    (event,) = step(pipeline, replace(second, t_read=np.array([wall(10)]))).alerts
    assert event.onset_ns == event.detected_ns == wall(10)


def test_a_sensor_frozen_outside_its_range_is_out_of_range_and_not_stuck() -> None:
    pipeline = Pipeline(table(BOUNDED))
    run = feed(pipeline, np.r_[noise(200), np.full(200, 300.0)])
    assert [event.kind for _, event in run.alerts] == ["range"]


def test_a_missing_reading_between_two_outside_does_not_date_the_trouble_anew() -> None:
    pipeline = warmed()
    run = feed(pipeline, np.array([130.0, np.nan, 131.0]), start_s=60.0)
    ((_, event),) = run.alerts
    assert event.onset_ns == wall(60)
