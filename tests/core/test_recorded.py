"""A recording says the same however fast it is played: its intervals are those of the stamps in it."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from by_hand import frame, mono, noise, table, wall

from edgetwin.core import status as codes
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats, Frame, Outcome, Quality, Reason, Signal

START_S = 1000.0  # of our monotonic clock, when the recording begins
YEARS_S = -3e7  # the recording was made a year ago
COLUMNS = ("value", "sigma", "quality", "reasons", "surprise", "raw", "t_source")


def recorded(name: str) -> Signal:
    return Signal(name=name, recorded=True, patience_s=3.0)


def rows() -> list[tuple[float, list[float]]]:
    """Give second and values of a recording: a hole of ten minutes, a cell that is empty for long, spikes, a repeat."""
    seconds = [*range(400), *range(1000, 1400)]
    x, y = noise(len(seconds)), noise(len(seconds), seed=2, mean=7.0)
    x[300] += 40.0
    y[500:560] = np.nan
    x[600:700] = x[600]
    return [(second, [a, b]) for second, a, b in zip(seconds, x.tolist(), y.tolist(), strict=True)]


def played(second: float, values: list[float], arrival_s: float, source_s: float | None = None) -> Frame:
    missing = [codes.BAD_NO_DATA if np.isnan(value) else codes.GOOD for value in values]
    one = frame(arrival_s, values, status=missing)
    stamps = np.full(len(values), wall(YEARS_S + (second if source_s is None else source_s)), np.int64)
    stamped: Frame = replace(one, t_source=stamps)
    return stamped


def play(arrival: Callable[[float, int], float]) -> tuple[Pipeline, list[Outcome]]:
    """Play the recording; `arrival` gives our clock from the second of a row and its number."""
    pipeline, outcomes, now = Pipeline(table(recorded("rig.x"), recorded("rig.y"), "live.z")), [], START_S
    for number, (second, values) in enumerate(rows()):
        then = arrival(second, number)
        while now + 1.0 < then:
            now += 1.0  # the gateway makes a step every second, also when nothing comes
            outcomes.append(pipeline.step([], mono(now)))
        now = then
        outcomes.append(pipeline.step([played(second, values, now)], mono(now)))
    return pipeline, outcomes


def as_recorded(second: float, _: int) -> float:
    return START_S + second


def ten_times(second: float, _: int) -> float:
    return START_S + second / 10.0


def at_once(_: float, number: int) -> float:
    return START_S + number * 1e-4 + (0.7 if number > 50 else 0.0)  # the machine was busy for a while


@cache
def outcomes_at(speed: Callable[[float, int], float]) -> list[Outcome]:
    """Play it once at each speed."""
    return play(speed)[1]


def column(outcomes: list[Outcome], name: str) -> bytes:
    return b"".join(np.asarray(getattr(outcome, name)).tobytes() for outcome in outcomes)


@pytest.mark.parametrize("faster", [ten_times, at_once])
def test_a_recording_says_the_same_at_every_speed(faster: Callable[[float, int], float]) -> None:
    slow, fast = outcomes_at(as_recorded), outcomes_at(faster)
    for name in COLUMNS:
        assert column(slow, name) == column(fast, name), name


def test_it_has_something_to_say() -> None:
    outcomes = outcomes_at(at_once)
    reasons = np.array([outcome.reasons for outcome in outcomes if len(outcome)])
    seen = {reason for reason in Reason if (reasons & reason).any()}
    assert {Reason.GAP, Reason.SPIKE, Reason.STALE, Reason.STUCK, Reason.SUBSTITUTED} <= seen
    assert reasons[400, 0] & Reason.GAP  # the first row after the hole


@pytest.mark.parametrize("speed", [as_recorded, ten_times, at_once])
def test_a_silence_in_it_is_the_same_alert_at_every_speed(speed: Callable[[float, int], float]) -> None:
    outcomes = outcomes_at(speed)
    told = [(event.id, event.active) for outcome in outcomes for event in outcome.alerts]
    assert told == [
        ("rig.gap", True),
        ("rig.gap", False),
        ("rig.y.gap", True),
        ("rig.y.gap", False),
        ("rig.x.stuck", True),
        ("rig.x.stuck", False),
    ]


def test_without_its_own_time_the_speed_would_decide() -> None:
    """Take the guard away: the same frames of a device that is not known to play a recording."""
    live = Pipeline(table("rig.x", "rig.y", "live.z"))
    outcomes = [
        live.step([played(second, values, at_once(second, number))], mono(at_once(second, number)))
        for number, (second, values) in enumerate(rows())
    ]
    assert column(outcomes, "reasons") != column(outcomes_at(at_once), "reasons")


def test_its_time_is_no_time_for_others() -> None:
    """A live signal beside a recording that is played in no time is not called silent."""
    pipeline = Pipeline(table(recorded("rig.x"), Signal(name="live.z", period_s=1.0)))
    pipeline.step([frame(START_S, [1.0], ids=[1])], mono(START_S))
    for number in range(500):
        arrival = START_S + number * 1e-4
        outcome = pipeline.step([played(number * 60.0, [50.0 + number % 7], arrival)], mono(arrival))
        assert not [event for event in outcome.alerts if event.subject.startswith("live")]


def test_what_a_recording_held_last_grows_old_with_our_clock() -> None:
    pipeline, _ = play(ten_times)
    end_s = ten_times(rows()[-1][0], 0)
    assert pipeline.snapshot(mono(end_s)).quality[0] == Quality.GOOD
    pipeline.step([], mono(end_s + 60.0))
    later = pipeline.snapshot(mono(end_s + 60.0))
    assert later.quality[0] == Quality.BAD
    assert later.reasons[0] & Reason.STALE
    assert later.sigma[0] > pipeline.snapshot(mono(end_s)).sigma[0]


@pytest.mark.parametrize("back_s", [-300.0, -3000.0])
def test_a_recording_that_begins_again_goes_on(back_s: float) -> None:
    """Its stamps go back: the readings are used, and say that its clock was set."""
    pipeline, _ = play(at_once)
    end_s, values = rows()[-1][0], noise(60, seed=3)
    reasons = []
    for number, value in enumerate(values.tolist()):
        arrival = START_S + 10.0 + number * 1e-4
        again = played(0.0, [value, value], arrival, source_s=end_s + back_s + number)
        reasons.append(int(pipeline.step([again], mono(arrival)).reasons[0]))
    assert reasons[0] & Reason.CLOCK
    assert not any(bits & (Reason.LATE | Reason.GAP) for bits in reasons)


def to_floats(outcomes: list[Outcome], name: str) -> Floats:
    return np.concatenate([getattr(outcome, name) for outcome in outcomes])


def test_how_the_frames_are_batched_makes_no_difference() -> None:
    frames = [played(second, values, at_once(0.0, number)) for number, (second, values) in enumerate(rows())]
    now = mono(at_once(0.0, len(frames)))
    one = Pipeline(table(recorded("rig.x"), recorded("rig.y"))).step(frames, now)
    other = Pipeline(table(recorded("rig.x"), recorded("rig.y")))
    parts = [other.step([each], int(each.mono[0])) for each in frames]
    assert one.sigma.tobytes() == to_floats(parts, "sigma").tobytes()
    assert one.reasons.tobytes() == to_floats(parts, "reasons").tobytes()
