"""A device that is away is one alert, however many signals it has."""

import numpy as np
from by_hand import feed, frame, mono, step, table, wall

from edgetwin.core import status as codes
from edgetwin.core.alerts.event import Severity
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Reason

SIGNALS = 30


def warmed() -> Pipeline:
    pipeline = Pipeline(table(*(f"plc1.s{n}" for n in range(SIGNALS)), "plc2.a", "plc2.b"))
    feed(pipeline, np.random.default_rng(1).normal(50.0, 1.0, (60, SIGNALS + 2)).round(3))
    return pipeline


def away(
    pipeline: Pipeline, second: float, status: int = codes.BAD_NO_COMMUNICATION
) -> list[tuple[str, bool]]:
    outcome = step(pipeline, frame(second, [np.nan] * SIGNALS, status=status))
    return [(event.id, event.active) for event in outcome.alerts]


def test_a_dead_plc_is_one_alert() -> None:
    pipeline = warmed()
    outcome = step(pipeline, frame(60, [np.nan] * SIGNALS, status=codes.BAD_NO_COMMUNICATION))
    (event,) = outcome.alerts
    assert (event.id, event.subject, event.subject_kind, event.kind) == (
        "plc1.comm",
        "plc1",
        "device",
        "comm",
    )
    assert (event.severity, event.onset_ns) == (Severity.CRITICAL, wall(60))
    assert (
        event.message
        == "plc1 cannot be read (BadNoCommunication); any value of it is an estimate from now on"
    )
    assert event.evidence == {"status": "BadNoCommunication", "signals": SIGNALS}


def test_it_stays_one_alert_for_a_day_and_ends_with_the_first_answer() -> None:
    pipeline = warmed()
    events = [event for hour in range(24) for event in away(pipeline, 60 + 3600.0 * hour)]
    assert [event for event in events if event[0].startswith("plc1.")] == [("plc1.comm", True)]
    back = step(pipeline, frame(90_000, np.random.default_rng(2).normal(50.0, 1.0, SIGNALS).round(3)))
    mine = [(event.id, event.active, event.ended_ns) for event in back.alerts if event.subject == "plc1"]
    assert mine == [("plc1.comm", False, wall(90_000))]


def test_another_reason_for_being_away_is_no_second_alert() -> None:
    pipeline = warmed()
    assert away(pipeline, 60) == [("plc1.comm", True)]
    assert away(pipeline, 61, codes.BAD_TIMEOUT) == []


def test_the_other_device_is_left_alone() -> None:
    pipeline = warmed()
    away(pipeline, 60)
    outcome = step(pipeline, frame(60, [50.1, 50.2], ids=[SIGNALS, SIGNALS + 1]))
    assert outcome.alerts == ()
    assert not (outcome.reasons & np.uint32(Reason.COMM)).any()
    assert [event.id for event in pipeline.active_alerts] == ["plc1.comm"]


def test_a_device_that_answers_in_part_is_not_away() -> None:
    pipeline = warmed()
    status = [codes.BAD_TIMEOUT] * (SIGNALS - 1) + [codes.GOOD]
    outcome = step(pipeline, frame(60, [np.nan] * (SIGNALS - 1) + [50.1], status=status))
    assert outcome.alerts == ()
    assert (outcome.reasons[:-1] & np.uint32(Reason.COMM)).all()


def test_a_frame_with_some_of_its_signals_cannot_tell_that_a_device_is_away() -> None:
    outcome = step(warmed(), frame(60, [np.nan] * 5, ids=range(5), status=codes.BAD_TIMEOUT))
    assert outcome.alerts == ()
    assert (outcome.reasons & np.uint32(Reason.COMM)).all()


def test_a_device_that_was_never_there_is_named() -> None:
    pipeline = Pipeline(table("plc1.a", "plc1.b"))
    outcome = step(pipeline, frame(0, [np.nan, np.nan], status=codes.BAD_NO_COMMUNICATION))
    assert [event.id for event in outcome.alerts] == ["plc1.comm"]
    assert np.isnan(outcome.value).all()


def test_going_away_twice_counts_two() -> None:
    pipeline = warmed()
    counts = []
    for second in (60.0, 62.0):
        outcome = step(pipeline, frame(second, [np.nan] * SIGNALS, status=codes.BAD_TIMEOUT))
        counts += [event.occurrence for event in outcome.alerts if event.id == "plc1.comm"]
        step(pipeline, frame(second + 1, np.random.default_rng(3).normal(50.0, 1.0, SIGNALS)))
    assert counts == [1, 2]


def test_trouble_that_was_on_before_neither_ends_nor_begins_while_the_device_is_away() -> None:
    pipeline = Pipeline(table("plc1.a"))
    feed(pipeline, np.random.default_rng(4).normal(50.0, 1.0, 200).round(3))
    feed(pipeline, np.full(40, 50.5), start_s=200.0)
    assert [event.id for event in pipeline.active_alerts] == ["plc1.a.stuck"]
    step(pipeline, frame(240, [np.nan], status=codes.BAD_TIMEOUT))
    pipeline.step([], mono(5000))
    assert [event.id for event in pipeline.active_alerts] == ["plc1.a.stuck", "plc1.comm"]
