"""A new configuration takes over what was learned of every signal that is declared as before, and of no other."""

import numpy as np
from by_hand import feed, frame, mono, noise, step, table

from edgetwin.core import status as codes
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Kind, Quality, Reason, Signal

A, B, C = (
    Signal(name="plc1.a", period_s=1.0),
    Signal(name="plc1.b"),
    Signal(name="plc2.c", low=0.0, high=100.0),
)
RECIPE = Signal(name="plc2.recipe", kind=Kind.TEXT)


def warmed(*signals: Signal) -> Pipeline:
    pipeline = Pipeline(table(*signals))
    feed(pipeline, np.column_stack([noise(300, seed=number + 1) for number in range(len(signals))]))
    return pipeline


def successor(old: Pipeline, *signals: Signal) -> Pipeline:
    new = Pipeline(table(*signals))
    new.adopt(old)
    return new


def test_what_was_learned_goes_along_also_when_signals_change_their_places() -> None:
    old = warmed(A, B, C)
    new = successor(old, C, Signal(name="plc3.new"), A)
    before, after = old.snapshot(mono(310)), new.snapshot(mono(310))
    for name in ("raw", "value", "sigma", "quality", "reasons", "status", "mono"):
        assert getattr(after, name)[[0, 2]].tolist() == getattr(before, name)[[2, 0]].tolist(), name
    assert after.reasons[1] == Reason.STARTUP
    assert new.counters == old.counters


def test_nothing_changes_for_a_signal_that_goes_along() -> None:
    old = warmed(A, B, C)
    new = successor(old, A, B, C)
    for second in range(300, 360):
        reading = frame(second, [50.0 + second % 5, 50.0, 51.0 + second % 3])
        here, there = step(old, reading), step(new, reading)
        assert here.value.tobytes() == there.value.tobytes()
        assert here.reasons.tolist() == there.reasons.tolist()
        assert here.alerts == there.alerts


def test_a_signal_that_is_declared_anew_starts_anew() -> None:
    old = warmed(A, B, C)
    new = successor(old, A, B, Signal(name="plc2.c", low=0.0, high=60.0))
    assert new.snapshot(mono(300)).reasons[2] == Reason.STARTUP
    outcome = step(new, frame(300, [50.0, 50.0, 20.0]))
    assert outcome.value[2] == 20.0
    assert outcome.reasons[0] == 0


def test_a_stuck_sensor_stays_stuck_across_a_reload() -> None:
    old = warmed(A, B)
    lively = noise(40, seed=9)
    feed(old, np.column_stack([np.full(40, 50.123), lively]), start_s=300.0)
    assert [event.id for event in old.active_alerts] == ["plc1.a.stuck"]
    new = successor(old, A, B)
    assert new.active_alerts == old.active_alerts
    still = step(new, frame(340, [50.123, 50.0]))
    assert still.reasons[0] & Reason.STUCK
    assert still.alerts == ()


def test_a_sensor_that_has_just_recovered_raises_no_alarm_because_a_reload_forgot() -> None:
    old = warmed(A, B)
    new = successor(old, A, B)
    run = feed(new, np.column_stack([noise(200, seed=5), noise(200, seed=6)]), start_s=300.0)
    assert run.alerts == ()
    assert not run.has(Reason.STARTUP).any()


def test_a_silence_that_was_named_before_a_reload_goes_on_and_is_not_named_again() -> None:
    old = warmed(A, B)
    assert [event.id for event in old.step([], mono(330)).alerts] == ["plc1.gap"]
    new = successor(old, A, B)
    assert new.step([], mono(360)).alerts == ()
    assert [event.id for event in new.active_alerts] == ["plc1.gap"]
    assert [event.active for event in step(new, frame(361, [50.0, 50.0])).alerts] == [False]


def test_an_alert_of_a_signal_declared_anew_ends_with_good_readings() -> None:
    old = warmed(A, Signal(name="plc2.c", high=60.0))
    for second in (300, 301):
        step(old, frame(second, [50.0, 70.0]))
    assert [event.id for event in old.active_alerts] == ["plc2.c.range"]
    new = successor(old, A, Signal(name="plc2.c", high=90.0))
    assert [event.id for event in new.active_alerts] == ["plc2.c.range"]
    run = feed(new, np.column_stack([noise(20, seed=3), noise(20, seed=4, mean=70.0)]), start_s=302.0)
    assert [(event.id, event.active, event.occurrence) for _, event in run.alerts] == [
        ("plc2.c.range", False, 1)
    ]
    assert new.active_alerts == ()


def test_occurrences_are_counted_on() -> None:
    old = warmed(A, C)
    for second in (300, 301):
        step(old, frame(second, [50.0, 200.0]))
    feed(old, np.column_stack([noise(10, seed=3), noise(10, seed=4)]), start_s=302.0)
    new = successor(old, A, C)
    events = [event for second in (320, 321) for event in step(new, frame(second, [50.0, 200.0])).alerts]
    assert [event.occurrence for event in events if event.kind == "range"] == [2]


def test_a_device_that_is_away_is_not_named_again() -> None:
    old = warmed(A, B)
    step(old, frame(300, [np.nan, np.nan], status=codes.BAD_TIMEOUT))
    new = successor(old, A, B, C)
    assert step(new, frame(301, [np.nan, np.nan], status=codes.BAD_TIMEOUT)).alerts == ()
    back = step(new, frame(302, [50.0, 50.0])).alerts
    assert [(event.id, event.active) for event in back] == [("plc1.comm", False)]


def test_a_device_that_answers_right_after_a_reload_is_back() -> None:
    old = warmed(A, B)
    step(old, frame(300, [np.nan, np.nan], status=codes.BAD_TIMEOUT))
    back = step(successor(old, A, B), frame(301, [50.0, 50.0])).alerts
    assert [(event.id, event.active) for event in back] == [("plc1.comm", False)]


def test_alerts_of_what_is_no_longer_there_go_with_it() -> None:
    old = warmed(A, C)
    for second in (300, 301):
        step(old, frame(second, [50.0, 200.0]))
    assert successor(old, A).active_alerts == ()


def test_texts_go_along() -> None:
    old = Pipeline(table(A, RECIPE))
    step(old, frame(0, [50.0, np.nan], texts=(None, "rye bread")))
    new = successor(old, RECIPE, A)
    assert new.snapshot(0).texts == ("rye bread", None)
    assert new.snapshot(0).quality[0] == Quality.GOOD


def test_a_table_without_anything_in_common_starts_anew() -> None:
    assert np.isnan(successor(warmed(A), B).snapshot(0).value).all()


def test_the_silence_of_a_reload_is_not_that_of_a_device() -> None:
    new = successor(warmed(A, Signal(name="plc1.d")), A, Signal(name="plc1.d"))
    assert not new.step([], mono(320)).alerts
    assert not step(new, frame(320, [50.0, 50.0])).alerts
    assert [event.id for event in new.step([], mono(340)).alerts] == ["plc1.gap"]
