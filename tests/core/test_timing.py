"""Order and intervals: from the monotonic clock or the device's own stamps, never from a wall clock that can step."""

from dataclasses import replace

import numpy as np
import pytest
from by_hand import feed, frame, mono, noise, step, table, wall

from edgetwin.core.memory import Memory
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Frame, Reason, Signal
from edgetwin.core.timing import Timing

ALL = slice(None)
YES = np.array([True])


def timing(period_s: float = np.nan) -> Timing:
    signals = table(Signal(name="x", period_s=period_s))
    return Timing(signals, Memory(signals))


def take(times: Timing, one: Frame) -> tuple[float, int]:
    """Take a reading; give the periods since the last one and the reasons."""
    timed = times.place(ALL, one, YES)
    tau = float(times.since_used(ALL, one)[0])
    times.used(ALL, ~timed.late, one)
    return tau, int(timed.reasons[0])


def at(second: float, source_s: float | None = None) -> Frame:
    return frame(second, [50.0], source_s=source_s)


def test_intervals_are_in_periods_of_the_signal() -> None:
    times = timing(period_s=2.0)
    assert [take(times, at(second))[0] for second in (0, 2, 4, 5, 11)] == [1.0, 1.0, 1.0, 0.5, 3.0]


def test_where_no_period_is_declared_the_first_interval_is_the_scale() -> None:
    times = timing()
    assert [take(times, at(second))[0] for second in (0, 60, 120, 150)] == [1.0, 1.0, 1.0, 0.5]


def test_two_readings_at_one_moment_do_not_set_the_scale() -> None:
    times = timing()
    assert [take(times, at(second))[0] for second in (0, 0, 10, 30)] == [1.0, 0.0, 1.0, 2.0]


def test_the_devices_own_stamps_go_before_the_time_of_arrival() -> None:
    times = timing(period_s=1.0)
    # They come in bursts of three, but were made one second apart.
    arrivals = [
        take(times, at(arrival, source)) for arrival, source in ((3, 0), (3, 1), (3, 2), (6, 3), (6, 4))
    ]
    assert [tau for tau, _ in arrivals] == [1.0] * 5
    assert not any(reasons for _, reasons in arrivals)


def test_a_wall_clock_that_steps_changes_no_interval() -> None:
    stepped = [
        replace(at(second), t_read=np.array([wall(second + 3600 * (second > 5))])) for second in range(10)
    ]
    times = timing(period_s=1.0)
    assert {take(times, one) for one in stepped} == {(1.0, 0)}
    plain, jumping = Pipeline(table("x")), Pipeline(table("x"))
    for second, value in enumerate(noise(50)):
        one = frame(second, [value])
        moved = replace(one, t_read=one.t_read - mono(3600) * (second > 25))
        assert step(plain, one).value.tobytes() == step(jumping, moved).value.tobytes()


@pytest.mark.parametrize("back_s", [0.001, 1.0, 9.9])
def test_stamps_that_go_back_a_little_are_late_readings(back_s: float) -> None:
    times = timing(period_s=1.0)
    take(times, at(0, 100.0))
    _, reasons = take(times, at(1, 100.0 - back_s))
    assert reasons == Reason.LATE


@pytest.mark.parametrize("back_s", [10.0, 3600.0, 1e8])
def test_stamps_that_go_back_far_are_a_clock_that_was_set(back_s: float) -> None:
    times = timing(period_s=1.0)
    take(times, at(0, 1000.0))
    assert take(times, at(1, 1000.0 - back_s)) == (1.0, Reason.CLOCK)  # the interval is that of arrival then
    assert take(times, at(2, 1001.0 - back_s)) == (1.0, 0)  # the new clock is believed


def test_a_reading_that_arrives_before_its_predecessor_is_late() -> None:
    times = timing(period_s=1.0)
    take(times, at(5))
    assert take(times, at(4))[1] == Reason.LATE
    assert take(times, at(5))[1] == 0


def test_a_late_reading_does_not_become_the_measure_of_the_next() -> None:
    times = timing(period_s=1.0)
    take(times, at(0, 100.0))
    take(times, at(1, 95.0))
    assert take(times, at(2, 97.0))[1] == Reason.LATE
    assert take(times, at(3, 101.0)) == (1.0, 0)


def test_a_device_that_begins_to_stamp_is_taken_as_it_comes() -> None:
    times = timing(period_s=1.0)
    rows = [take(times, at(k, source)) for k, source in enumerate((None, 50.0, 51.0, None, None, 55.0))]
    assert {reasons for _, reasons in rows} == {0}
    assert [tau for tau, _ in rows] == [1.0] * 6


def test_a_reading_that_cannot_be_used_is_never_late() -> None:
    times = timing(period_s=1.0)
    take(times, at(5))
    assert int(times.place(ALL, at(3), np.array([False])).reasons[0]) == 0
    assert times.mono[0] == mono(5)


def test_a_clock_that_was_set_back_costs_a_remark_and_no_more() -> None:
    pipeline = Pipeline(table("x"))
    values = noise(60)
    for second in range(60):
        outcome = step(pipeline, frame(second, [values[second]], source_s=second - 3600.0 * (second >= 40)))
        assert bool(outcome.reasons[0] & Reason.CLOCK) == (second == 40)
    assert abs(float(outcome.value[0]) - 50.0) < 2.0
    assert pipeline.counters["late"] == 0


def test_a_reading_used_after_rejected_ones_counts_the_whole_interval() -> None:
    whole, spiked = Pipeline(table("x")), Pipeline(table("x"))
    for pipeline in (whole, spiked):
        feed(pipeline, noise(60))
    step(spiked, frame(60, [90.0]))
    here, there = step(whole, frame(61, [50.2])), step(spiked, frame(61, [50.2]))
    assert here.value[0] == there.value[0]
