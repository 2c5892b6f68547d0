"""Alerts: only transitions, counted, dated, in words, and with what a plain rule would have said."""

import numpy as np
import pytest
from by_hand import Run, feed, frame, mono, noise, step, table, wall

from edgetwin.core import status as codes
from edgetwin.core.alerts.event import Severity
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Signal

BOUNDED = Signal(name="plc1.x", unit="degC", low=0.0, high=100.0)


def warmed(*signals: Signal, rows: int = 60) -> Pipeline:
    pipeline = Pipeline(table(*(signals or (BOUNDED,))))
    feed(pipeline, np.column_stack([noise(rows, seed=number) for number in range(len(pipeline.table))]))
    return pipeline


def transitions(run: Run) -> list[tuple[int, str, bool]]:
    return [(row, event.kind, event.active) for row, event in run.alerts]


def test_what_lasts_is_said_once() -> None:
    run = feed(warmed(), np.full(500, 130.0) + np.arange(500) % 3, start_s=60.0)
    assert transitions(run) == [(1, "range", True)]


def test_an_alert_that_is_on_is_among_the_active_until_it_ends() -> None:
    pipeline = warmed()
    feed(pipeline, np.array([130.0, 131.0]), start_s=60.0)
    ((begun,)) = pipeline.active_alerts
    run = feed(pipeline, noise(10, seed=5), start_s=62.0)
    ((_, ended),) = run.alerts
    assert (begun.active, ended.active) == (True, False)
    assert (ended.id, ended.occurrence, ended.onset_ns) == (begun.id, begun.occurrence, begun.onset_ns)
    assert ended.ended_ns == wall(66)
    assert begun.ended_ns is None
    assert pipeline.active_alerts == ()


def test_each_beginning_is_counted() -> None:
    pipeline, counts, start = warmed(), [], 60.0
    for _ in range(3):
        run = feed(pipeline, np.r_[130.0, 131.0, noise(10, seed=6)], start_s=start)
        counts += [(event.active, event.occurrence) for _, event in run.alerts]
        start += 12.0
    assert counts == [(True, 1), (False, 1), (True, 2), (False, 2), (True, 3), (False, 3)]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([130.0, 50.1, 131.0, 50.2, 132.0, 50.3], []),
        ([130.0, 131.0, 50.1, 50.2, 50.3, 50.4, 50.6], [(1, "range", True), (6, "range", False)]),
        ([130.0, 131.0, 50.1, 50.2, 50.3, 50.4, 132.0, 50.1], [(1, "range", True)]),
        ([130.0, np.nan, 131.0], [(2, "range", True)]),
        ([130.0, 131.0, np.nan, np.nan, 50.1, 50.2, 50.3, 50.4], [(1, "range", True)]),
    ],
    ids=[
        "one by one",
        "five inside end it",
        "four do not",
        "no news in between",
        "what is missing ends nothing",
    ],
)
def test_an_alert_waits_until_it_is_sure(
    readings: list[float], expected: list[tuple[int, str, bool]]
) -> None:
    assert transitions(feed(warmed(), np.array(readings), start_s=60.0)) == expected


def test_a_device_that_gives_no_number_three_times_is_an_alert_and_three_numbers_end_it() -> None:
    pipeline = warmed()
    events = []
    for k, status in enumerate([codes.BAD_SENSOR_FAILURE] * 4 + [codes.GOOD] * 4):
        outcome = step(pipeline, frame(60 + k, [np.nan if status else 50.0 + 0.1 * k], status=status))
        events += [(k, event) for event in outcome.alerts]
    ((raised, begun), (ended, _)) = events
    assert (raised, ended) == (2, 6)
    assert (begun.id, begun.onset_ns) == ("plc1.x.device", wall(60))
    assert begun.message == "plc1.x: its device gives no usable value (BadSensorFailure)"


def test_values_that_the_device_calls_uncertain_are_an_alert_with_an_onset() -> None:
    pipeline = warmed()
    events = [
        event
        for k in range(5)
        for event in step(pipeline, frame(60 + k, [50.0 + 0.1 * k], status=codes.UNCERTAIN)).alerts
    ]
    ((event),) = events
    assert (event.kind, event.onset_ns, event.detected_ns) == ("device", wall(60), wall(62))


ON_CHANGE = Signal(name="plc1.x", low=0.0, high=100.0, on_change=True, period_s=1.0)


def test_what_a_device_says_only_once_need_not_be_said_twice() -> None:
    pipeline = warmed(ON_CHANGE)
    outside, inside = step(pipeline, frame(60, [130.0])), step(pipeline, frame(90, [50.0]))
    assert [(event.kind, event.active) for event in outside.alerts + inside.alerts] == [
        ("range", True),
        ("range", False),
    ]
    broken = step(pipeline, frame(91, [np.nan], status=codes.BAD_SENSOR_FAILURE))
    mended = step(pipeline, frame(500, [50.0]))
    assert [(event.kind, event.active) for event in broken.alerts + mended.alerts] == [
        ("device", True),
        ("device", False),
    ]


def test_a_device_that_answers_without_a_value_is_not_silent() -> None:
    pipeline = warmed()
    events = [
        event.kind
        for k in range(60)
        for event in step(pipeline, frame(60 + k, [np.nan], status=codes.BAD_SENSOR_FAILURE)).alerts
    ]
    assert events == ["device"]


def test_a_modbus_exception_is_named_in_the_message() -> None:
    pipeline = warmed()
    for k in range(3):
        outcome = step(pipeline, frame(60 + k, [np.nan], status=codes.modbus_exception(2)))
    assert "Modbus exception 2: illegal data address" in outcome.alerts[0].message


def test_onset_is_never_after_detection_whatever_happens() -> None:
    rng = np.random.default_rng(1)
    pipeline = Pipeline(table(Signal(name="a", low=46.0), Signal(name="b", period_s=1.0), "c"))
    second, seen = 0.0, set()
    for _ in range(600):
        second += float(rng.choice([1.0, 30.0], p=[0.97, 0.03]))
        stay = second % 200 > 100
        values = np.full(3, 48.123) if stay else rng.normal(47.0, 2.0, 3).round(3)
        status = rng.choice([0, codes.BAD_SENSOR_FAILURE, codes.UNCERTAIN], 3, p=[0.9, 0.05, 0.05])
        for event in step(pipeline, frame(second, values, status=status.tolist())).alerts:
            seen.add(event.kind)
            assert 0 < event.onset_ns <= event.detected_ns
            assert event.ended_ns is None or event.ended_ns >= event.onset_ns
            assert event.active == (event.ended_ns is None)
    assert seen >= {"stuck", "range", "gap", "device"}


def test_an_alert_says_whether_the_plain_rule_fires_too() -> None:
    far = feed(warmed(), np.array([130.0, 131.0]), start_s=60.0)  # 80 sigma away
    near_signal = Signal(name="plc1.x", high=52.5)
    near = feed(warmed(near_signal), np.array([52.6, 52.61]), start_s=60.0)  # 2.6 sigma away
    assert [event.three_sigma for _, event in far.alerts] == [True]
    assert [event.three_sigma for _, event in near.alerts if event.onset_ns >= wall(60)] == [False]


def test_a_stuck_sensor_is_what_the_plain_rule_does_not_see() -> None:
    run = feed(Pipeline(table("x")), np.r_[noise(200), np.full(40, 50.5)])
    ((_, event),) = run.alerts
    assert (event.kind, event.three_sigma) == ("stuck", False)


def test_messages_are_sentences_with_the_figures_in_them() -> None:
    stuck = feed(Pipeline(table(Signal(name="plc1.x", unit="degC"))), np.r_[noise(200), np.full(40, 50.5)])
    ((row, event),) = stuck.alerts
    assert event.message == (
        f"plc1.x has read 50.5 degC {row - 199} times in a row;"
        f" before, it never repeated itself more than {event.evidence['longest_before']} times"
    )
    assert event.severity is Severity.WARNING
    (gap,) = warmed().step([], mono(100)).alerts
    assert gap.message == "plc1.x is silent; it speaks every 1 s as a rule"


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (Signal(name="x", high=100.0), "x reads 130, outside its declared range"),
        (
            Signal(name="x", low=0.0, high=100.0, unit="bar"),
            "x reads 130 bar, outside its declared range 0 to 100",
        ),
    ],
)
def test_a_range_is_told_by_the_ends_it_has(signal: Signal, words: str) -> None:
    run = feed(warmed(signal), np.array([130.0, 130.0]), start_s=60.0)
    assert run.alerts[0][1].message.startswith(words)


def test_troubles_of_one_signal_are_separate_alerts() -> None:
    pipeline = Pipeline(table(BOUNDED))
    frozen = feed(pipeline, np.r_[noise(200), np.full(60, 50.5)])
    outside = feed(pipeline, np.array([130.0, 131.0]), start_s=260.0)
    assert [event.kind for _, event in frozen.alerts] == ["stuck"]
    assert [event.kind for _, event in outside.alerts] == ["range"]
    assert {event.id for event in pipeline.active_alerts} == {"plc1.x.stuck", "plc1.x.range"}
