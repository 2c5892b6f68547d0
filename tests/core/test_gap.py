"""Gap: a signal is silent for longer than is its habit, and each silence is said once."""

import numpy as np
import pytest
from by_hand import feed, frame, mono, noise, step, table, wall

from edgetwin.core import status as codes
from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats, Quality, Reason, Signal


def warmed(*signals: Signal | str, period_s: float = 1.0, rows: int = 60) -> Pipeline:
    pipeline = Pipeline(table(*(signals or ("x",))))
    readings = np.column_stack([noise(rows, seed=number) for number in range(len(pipeline.table))])
    feed(pipeline, readings, period_s=period_s)
    return pipeline


def gaps(events: tuple[AlertEvent, ...]) -> list[tuple[str, bool]]:
    return [(event.subject, event.active) for event in events if event.kind == "gap"]


@pytest.mark.parametrize("period_s", [0.1, 1.0, 60.0, 3600.0])
def test_the_habit_is_learned_from_the_readings(period_s: float) -> None:
    pipeline = warmed(period_s=period_s)
    last_s = 59 * period_s
    assert pipeline.step([], mono(last_s + 3.9 * period_s)).alerts == ()
    (event,) = pipeline.step([], mono(last_s + 4.2 * period_s)).alerts
    assert (event.id, event.onset_ns) == ("x.gap", wall(last_s))
    assert event.detected_ns == pytest.approx(wall(last_s + 4.0 * period_s), abs=1e-3 * period_s * 1e9)
    assert event.evidence["habit_s"] == pytest.approx(period_s)


def test_an_irregular_signal_is_given_more_time() -> None:
    pipeline = Pipeline(table("x"))
    moments = np.cumsum(np.random.default_rng(1).choice([1.0, 1.0, 1.0, 20.0], 200))
    for moment, value in zip(moments, noise(200), strict=True):
        assert step(pipeline, frame(float(moment), [value])).alerts == () or moment < moments[60]
    assert pipeline.step([], mono(moments[-1] + 25.0)).alerts == ()
    assert gaps(pipeline.step([], mono(moments[-1] + 60.0)).alerts) == [("x", True)]


def test_a_declared_period_counts_from_the_first_reading() -> None:
    pipeline = Pipeline(table(Signal(name="x", period_s=1.0), "y"))
    step(pipeline, frame(0, [50.0, 50.0]))
    step(pipeline, frame(0.5, [50.0], ids=[1]))  # so it is the signal that is silent, not the whole device
    assert gaps(pipeline.step([], mono(60)).alerts) == [("x", True)]


def test_without_a_declared_period_nothing_is_due_until_the_habit_is_known() -> None:
    pipeline = warmed(rows=8)
    assert pipeline.step([], mono(10_000)).alerts == ()


def test_a_signal_that_was_never_heard_of_is_not_silent() -> None:
    assert Pipeline(table(Signal(name="x", period_s=1.0))).step([], mono(10_000)).alerts == ()


def test_each_silence_is_said_once_and_ends_with_the_next_reading() -> None:
    pipeline = warmed()
    events = [event for second in range(60, 200) for event in pipeline.step([], mono(second)).alerts]
    assert gaps(tuple(events)) == [("x", True)]
    back = step(pipeline, frame(200, [50.0]))
    assert gaps(back.alerts) == [("x", False)]
    assert back.alerts[0].ended_ns == wall(200)
    assert back.reasons[0] & Reason.GAP


def test_the_deadline_does_not_depend_on_when_anyone_looks() -> None:
    seen = set()
    for looks in ([5000.0], np.arange(59.1, 100.0, 0.7), [62.99, 63.01]):
        pipeline = warmed()
        events = [event for look in looks for event in pipeline.step([], mono(float(look))).alerts]
        seen |= {(event.onset_ns, event.detected_ns, event.message) for event in events}
    assert len(seen) == 1


def test_a_frame_of_another_signal_lets_time_pass_too() -> None:
    pipeline = warmed("a", "b")
    for second in range(60, 70):
        outcome = step(pipeline, frame(second, [50.0 + second % 3], ids=[1]))
        if outcome.alerts:
            break
    assert gaps(outcome.alerts) == [("a", True)]
    assert second == 63


def test_a_hole_in_a_file_is_a_silence_that_ends_where_the_file_goes_on() -> None:
    pipeline = warmed()
    outcome = step(pipeline, frame(600, [50.0]))
    assert gaps(outcome.alerts) == [("x", True), ("x", False)]
    assert outcome.quality[0] == Quality.UNCERTAIN


def test_a_hole_is_no_habit() -> None:
    pipeline = warmed()
    feed(pipeline, noise(60, seed=9), start_s=7200.0)
    # Two hours were missing; the next silence is still noticed within half a minute.
    assert gaps(pipeline.step([], mono(7259 + 30)).alerts) == [("x", True)]


def test_empty_cells_are_silence() -> None:
    readings = np.r_[noise(60), np.full(30, np.nan), noise(30, seed=4)]
    run = feed(Pipeline(table("x")), readings)
    ((row, begun), (end, ended)) = run.alerts
    assert (begun.kind, begun.active, row) == ("gap", True, 63)
    assert (ended.active, end) == (False, 90)
    assert run.has(Reason.GAP)[60:90].all()
    assert run.has(Reason.STALE)[63:90].all()
    assert not run.has(Reason.STALE)[:63].any()


def test_a_signal_that_speaks_on_change_is_not_silent() -> None:
    pipeline = warmed(Signal(name="x", period_s=1.0, on_change=True))
    assert gaps(pipeline.step([], mono(100_000)).alerts) == []


def test_nothing_is_due_while_the_way_to_the_device_is_down() -> None:
    pipeline = warmed("plc.a", "plc.b")
    away: Floats = np.full(2, np.nan)
    events = list(step(pipeline, frame(60, away, status=codes.BAD_TIMEOUT)).alerts)
    events += pipeline.step([], mono(7000)).alerts
    assert [event.kind for event in events] == ["comm"]
    back = step(pipeline, frame(7200, [50.0, 50.0]))
    assert [(event.kind, event.active) for event in back.alerts] == [("comm", False)]
    assert not (back.reasons & np.uint32(Reason.GAP | Reason.STALE)).any()


def test_how_long_a_device_was_away_is_no_habit() -> None:
    pipeline = warmed("plc.a")
    step(pipeline, frame(60, [np.nan], status=codes.BAD_TIMEOUT))
    feed(pipeline, noise(5, seed=2), start_s=7200.0)
    assert gaps(pipeline.step([], mono(7204 + 5)).alerts) == [("plc.a", True)]


def test_a_device_that_goes_away_ends_the_talk_of_silence() -> None:
    pipeline = warmed("plc.a")
    assert gaps(pipeline.step([], mono(70)).alerts) == [("plc.a", True)]
    outcome = step(pipeline, frame(71, [np.nan], status=codes.BAD_TIMEOUT))
    assert not outcome.reasons[0] & Reason.STALE


def test_a_snapshot_says_what_is_silent() -> None:
    pipeline = warmed()
    pipeline.step([], mono(100))
    snapshot = pipeline.snapshot(mono(100))
    assert snapshot.quality[0] == Quality.BAD
    assert snapshot.reasons[0] & Reason.STALE
    assert snapshot.reasons[0] & Reason.SUBSTITUTED
