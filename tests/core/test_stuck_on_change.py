"""Stuck, where the device speaks only when a value moves: there are no equal readings, only silence."""

import numpy as np
import pytest
from by_hand import SECOND, frame, mono, step, table, wall

from edgetwin.core import status as codes
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats, Quality, Reason, Signal

ON_CHANGE = Signal(name="x", on_change=True, period_s=1.0)


def spoken(pipeline: Pipeline, moments: Floats) -> None:
    """Let a device speak at these moments, each time with a value that it has not said before."""
    for number, moment in enumerate(moments):
        step(pipeline, frame(float(moment), [20.0 + 0.1 * (number % 7)]))


def test_a_signal_that_speaks_on_change_is_stuck_when_it_says_nothing_for_too_long() -> None:
    pipeline = Pipeline(table(ON_CHANGE))
    spoken(pipeline, np.cumsum(np.random.default_rng(1).integers(1, 5, 200)).astype(float))
    last_s = pipeline.snapshot(0).mono[0] / SECOND
    assert pipeline.step([], mono(last_s + 5)).alerts == ()
    (event,) = pipeline.step([], mono(last_s + 300)).alerts
    assert (event.id, event.active, event.onset_ns) == ("x.stuck", True, wall(last_s))
    assert wall(last_s + 6) <= event.detected_ns <= wall(last_s + 60)
    assert event.detected_ns == wall(last_s + float(event.evidence["allowed"]))
    assert "nothing but 20.3" in event.message
    assert pipeline.step([], mono(last_s + 600)).alerts == ()
    snapshot = pipeline.snapshot(mono(last_s + 600))
    assert snapshot.quality[0] == Quality.BAD
    assert snapshot.reasons[0] & Reason.STUCK


def test_when_the_silence_was_noticed_does_not_depend_on_when_it_was_looked_for() -> None:
    noticed = set()
    for looks in ([300], range(1, 301), [7, 40, 41]):
        pipeline = Pipeline(table(ON_CHANGE))
        spoken(pipeline, np.cumsum(np.random.default_rng(1).integers(1, 5, 200)).astype(float))
        last_s = pipeline.snapshot(0).mono[0] / SECOND
        events = [e for look in looks for e in pipeline.step([], mono(last_s + look)).alerts]
        noticed |= {(event.detected_ns, event.onset_ns, event.message) for event in events}
    assert len(noticed) == 1


def test_a_signal_that_spoke_on_change_and_speaks_again_is_no_longer_stuck() -> None:
    pipeline = Pipeline(table(ON_CHANGE))
    spoken(pipeline, np.arange(100.0))
    assert len(pipeline.step([], mono(200)).alerts) == 1
    spoken(pipeline, np.array([201.0, 202.0, 203.0]))
    assert pipeline.active_alerts == ()


def test_a_calm_signal_that_speaks_on_change_may_be_silent_as_long_as_is_its_habit() -> None:
    pipeline = Pipeline(table(ON_CHANGE))
    moments = np.cumsum(np.random.default_rng(2).exponential(60.0, 300).round() + 1)
    spoken(pipeline, moments)
    assert pipeline.step([], mono(moments[-1] + 200)).alerts == ()
    assert pipeline.active_alerts == ()


@pytest.mark.parametrize("status", [codes.BAD_NO_COMMUNICATION, codes.BAD_SENSOR_FAILURE])
def test_the_silence_of_a_device_that_is_away_is_not_held_against_its_signals(status: int) -> None:
    pipeline = Pipeline(table(ON_CHANGE))
    spoken(pipeline, np.arange(100.0))
    step(pipeline, frame(100, [np.nan], status=status))  # a device that is away says so once
    assert pipeline.step([], mono(90_000)).alerts == ()
    spoken(pipeline, np.arange(90_000.0, 90_010.0))
    assert pipeline.active_alerts == ()


def test_how_long_a_device_was_away_is_not_learned() -> None:
    pipeline = Pipeline(table(ON_CHANGE))
    spoken(pipeline, np.arange(100.0))
    step(pipeline, frame(100, [np.nan], status=codes.BAD_NO_COMMUNICATION))
    spoken(pipeline, np.arange(90_000.0, 90_010.0))
    (event,) = pipeline.step([], mono(90_009 + 60)).alerts
    assert (event.kind, event.onset_ns) == ("stuck", wall(90_009))


def test_a_signal_that_rests_outside_its_range_is_not_stuck_where_it_was_before() -> None:
    pipeline = Pipeline(table(Signal(name="x", high=100.0, on_change=True, period_s=1.0)))
    spoken(pipeline, np.arange(100.0))
    events = step(pipeline, frame(100, [130.0])).alerts + pipeline.step([], mono(5000)).alerts
    assert [event.kind for event in events] == ["range"]
