"""Stuck: each signal's own runs of equal readings say what is too long."""

import numpy as np
import pytest
from by_hand import Run, feed, frame, noise, step, table, wall

from edgetwin.core.pipeline import Pipeline, Settings
from edgetwin.core.signals import Floats, Quality, Reason, Signal

SIGNALS = 20


def many() -> Pipeline:
    return Pipeline(table(*(f"s{number}" for number in range(SIGNALS))))


def with_lively_neighbours(readings: Floats) -> Run:
    """Feed columns together with four times as many that never rest: one sensor that sticks, not a plant that stops."""
    others = np.random.default_rng(99).normal(20.0, 1.0, (len(readings), 4 * SIGNALS)).round(3)
    names = [f"s{number}" for number in range(5 * SIGNALS)]
    return feed(Pipeline(table(*names)), np.column_stack([readings, others]), period_s=60.0)


def stuck_rows(readings: Floats, signal: Signal | str = "x", *, period_s: float = 1.0) -> list[int]:
    return feed(Pipeline(table(signal)), readings, period_s=period_s).began("stuck")


def slow(count: int, *, seed: int = 3) -> Floats:
    """Give slow temperatures in coarse steps, one reading a minute: runs of dozens are their habit."""
    drift = np.cumsum(np.random.default_rng(seed).normal(size=(count, SIGNALS)), axis=0) * 0.03
    return (60.0 + drift).round(1)


@pytest.mark.parametrize(("digits", "middle", "last"), [(3, 12, 21), (1, 16, 19)])
def test_a_noisy_sensor_that_freezes_is_named_within_a_dozen_readings_or_so(
    digits: int, middle: int, last: int
) -> None:
    lively = np.random.default_rng(1).normal(50.0, 1.0, (1000, SIGNALS)).round(digits)
    run = with_lively_neighbours(np.r_[lively, np.tile(lively[-1], (40, 1))])
    delays = [row - 999 for row in run.began("stuck")]
    assert len(delays) == SIGNALS
    assert np.median(delays) <= middle
    assert max(delays) <= last
    assert min(delays) >= 5  # six readings at least


def test_the_readings_of_a_stuck_sensor_are_bad_and_its_value_goes_on_from_before() -> None:
    lively = noise(200)
    run = feed(Pipeline(table("x")), np.r_[lively, np.full(100, 57.0)])
    row = run.began("stuck")[0]
    assert (run.quality[row:, 0] == Quality.BAD).all()
    assert run.has(Reason.STUCK)[row:].all()
    assert run.has(Reason.SUBSTITUTED)[row:].all()
    assert (run.value[row:, 0] == run.value[row, 0]).all()
    assert abs(run.value[row, 0] - 50.0) < abs(run.value[row - 1, 0] - 50.0)
    assert (np.diff(run.sigma[row:, 0]) >= 0.0).all()


def test_the_onset_is_the_first_of_the_equal_readings() -> None:
    pipeline = Pipeline(table("x"))
    run = feed(pipeline, np.r_[noise(200), np.full(30, 50.5004)])
    ((row, event),) = run.alerts
    assert event.onset_ns == wall(200)
    assert event.detected_ns == wall(row)
    assert event.evidence["value"] == 50.5004
    assert event.evidence["repeats"] == row - 200 + 1
    assert row - 200 + 1 > int(event.evidence["allowed"]) - 1


def test_repeats_that_are_its_habit_are_no_fault() -> None:
    run = feed(many(), slow(1500), period_s=60.0)
    assert run.began("stuck") == []


def test_nearly_all_slow_signals_that_freeze_are_named_in_the_end() -> None:
    readings = slow(1000)
    run = with_lively_neighbours(np.r_[readings, np.tile(readings[-1], (500, 1))])
    delays = [row - 1000 for row in run.began("stuck")]
    assert len(delays) >= 0.9 * SIGNALS
    assert np.median(delays) < 400
    for _, event in run.alerts:
        assert float(event.evidence["allowed"]) >= 1.5 * float(event.evidence["longest_before"])


def test_a_constant_stays_quiet() -> None:
    run = feed(Pipeline(table("zero", "one", "limit")), np.tile([0.0, 1.0, -40.25], (800, 1)))
    assert run.alerts == ()


def test_a_status_that_changes_now_and_then_stays_quiet() -> None:
    changes = np.random.default_rng(4).random((1500, SIGNALS)) < 1 / 40
    assert feed(many(), (np.cumsum(changes, axis=0) % 2).astype(float)).began("stuck") == []


def test_a_setpoint_that_is_moved_a_few_times_a_shift_stays_quiet() -> None:
    rng = np.random.default_rng(5)
    assert stuck_rows(np.repeat(rng.normal(size=12).round(2), rng.integers(20, 150, 12))) == []


def test_nothing_is_said_before_thirty_runs_are_known() -> None:
    assert stuck_rows(np.r_[noise(25), np.full(400, 50.5)]) == []


def test_one_move_is_not_enough_to_be_trusted_again_two_are() -> None:
    pipeline = Pipeline(table("x"))
    feed(pipeline, np.r_[noise(200), np.full(100, 57.0)])
    rows = [step(pipeline, frame(300 + k, [value])) for k, value in enumerate((51.0, 51.0, 49.7))]
    assert [bool(row.reasons[0] & Reason.STUCK) for row in rows] == [True, True, False]
    ((event,),) = [row.alerts for row in rows if row.alerts]
    assert not event.active
    assert event.ended_ns == wall(302)


def test_a_stuck_run_is_not_learned_so_the_next_is_found_as_fast() -> None:
    pipeline, delays, start = Pipeline(table("x")), [], 0.0
    for seed in range(4):
        readings = np.r_[noise(200, seed=seed), np.full(300, 57.0 + seed)]
        rows = feed(pipeline, readings, start_s=start).began("stuck")
        delays.append(rows[0] - 200)
        start += 500.0
    # A run of 300 would allow 450; what a pair of equal readings in the noise costs is less.
    assert max(delays) <= 25


def test_a_near_miss_is_learned_so_a_signal_that_does_pause_is_not_named_for_ever() -> None:
    rng = np.random.default_rng(8)
    pipeline = Pipeline(table("x"))
    readings = np.round(50.0 + np.cumsum(rng.choice([-0.1, 0.1], 300)), 1).repeat(rng.integers(1, 6, 300))
    pause = np.full(14, readings[-1])
    going_on = readings[-1] + 0.1 * (np.arange(80) % 2 + 1)
    first = feed(pipeline, np.r_[readings, pause, going_on])
    again = feed(pipeline, np.r_[pause, going_on], start_s=2000.0)
    assert len(first.began("stuck")) == 1
    assert again.began("stuck") == []


def test_a_signal_may_be_left_out() -> None:
    readings = np.r_[noise(200), np.full(100, 57.0)]
    assert stuck_rows(readings, Signal(name="x", watch_stuck=False)) == []
    assert len(stuck_rows(readings, Signal(name="x"))) == 1


def test_a_rarer_false_alarm_costs_a_later_alarm() -> None:
    rng = np.random.default_rng(9)
    readings = np.r_[np.cumsum(rng.choice([-1.0, 0.0, 0.0, 1.0], 600)), np.full(150, 0.5)]
    rows = [
        feed(
            Pipeline(table("x"), Settings(stuck_false_alarm_s=false_alarm_s)), readings, period_s=3600.0
        ).began("stuck")[-1]
        for false_alarm_s in (1e6 * 3600.0, 1e12 * 3600.0)
    ]
    assert rows[0] < rows[1]


def test_missing_cells_within_a_run_neither_end_nor_lengthen_it() -> None:
    readings = np.r_[noise(200), np.full(60, 57.0)]
    holes = readings.copy()
    holes[202:207] = np.nan
    whole, holed = (feed(Pipeline(table("x")), r).began("stuck")[0] for r in (readings, holes))
    assert holed == whole + 5
