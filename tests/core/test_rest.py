"""Where a signal may stand still and be healthy: off, full, or only a status."""

import numpy as np
from by_hand import feed, table

from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats

ON, OFF = 100, 60


def lively(count: int, *, seed: int = 1, mean: float = 4.5) -> Floats:
    return np.random.default_rng(seed).normal(mean, 0.2, count).round(3)


def rests(readings: Floats) -> list[int]:
    return feed(Pipeline(table("flow")), readings).began("stuck")


def test_a_flow_is_zero_while_its_pump_is_off() -> None:
    cycle = np.r_[lively(ON), np.zeros(OFF)]
    assert rests(np.tile(cycle, 20)) == []


def test_a_valve_may_stay_fully_open_where_it_has_been_before() -> None:
    opening = np.r_[lively(ON, mean=80.0), [100.0] * 6, [99.0]]
    assert rests(np.r_[opening, opening, np.full(OFF, 100.0), lively(ON, mean=80.0)]) == []


def test_the_same_length_anywhere_else_is_stuck() -> None:
    (row,) = rests(np.r_[lively(ON), np.full(OFF, 4.5), lively(ON)])
    assert ON + 5 < row < ON + 30


def test_an_end_that_a_coarse_signal_only_touches_is_no_resting_place() -> None:
    coarse = np.clip(np.random.default_rng(7).normal(4.5, 0.2, 400).round(1), 4.2, 4.8)
    (row,) = rests(np.r_[coarse, np.full(100, 4.8)])
    assert row < 460


def test_a_new_extreme_is_no_resting_place_yet() -> None:
    assert len(rests(np.r_[lively(ON), np.full(OFF, 9.0)])) == 1


def test_zero_for_far_too_long_is_stuck_after_all() -> None:
    (row,) = rests(np.r_[lively(ON), np.zeros(2000)])
    assert ON + 200 < row < ON + 1500


def test_a_rest_once_found_long_is_allowed_three_times_as_long() -> None:
    shift = np.r_[lively(ON), np.zeros(1500)]
    assert len(rests(np.tile(shift, 4))) == 1


def test_rests_do_not_make_the_check_deaf_elsewhere() -> None:
    cycle = np.r_[lively(ON), np.zeros(OFF)]
    readings = np.r_[np.tile(cycle, 10), lively(ON), np.full(OFF, 4.5)]
    (row,) = rests(readings)
    assert row < len(readings) - OFF + 30


def test_a_status_is_never_stuck_however_often_it_has_changed() -> None:
    changes = np.random.default_rng(2).integers(0, 4, 400).astype(float)
    assert rests(np.r_[changes, np.full(3000, 2.0)]) == []
    # With a fifth value it is a measurement.
    assert len(rests(np.r_[changes, [4.0], changes, np.full(3000, 2.0)])) == 1


def test_a_stray_reading_beyond_the_end_does_not_take_the_resting_place_away() -> None:
    cycle = np.r_[lively(ON), np.zeros(OFF)]
    stray = np.r_[lively(ON), -999.0, lively(ON)]
    assert rests(np.r_[np.tile(cycle, 4), stray, np.tile(cycle, 10)]) == []


def test_readings_that_go_on_beyond_the_end_do() -> None:
    cycle = np.r_[lively(ON), np.zeros(OFF)]
    below = lively(ON, mean=-4.5)
    assert len(rests(np.r_[np.tile(cycle, 4), below, lively(ON), np.zeros(OFF), lively(ON)])) == 1


def test_the_same_standstill_is_called_stuck_once() -> None:
    idle = np.r_[lively(ON), np.full(OFF, 0.2), lively(ON, mean=-4.5)]
    assert len(rests(np.tile(idle, 6))) == 1


def counter(hours_on: int) -> Floats:
    return np.repeat(np.arange(hours_on * 10.0), 6)


def test_a_counter_pauses_every_night_and_is_asked_about_once() -> None:
    day = counter(15)
    step = day[-1] + 1
    nights = [np.r_[day + k * step, np.full(540, k * step + day[-1])] for k in range(6)]
    assert len(rests(np.concatenate(nights))) == 1


def test_a_counter_that_was_stuck_has_a_lot_to_make_up_for_and_is_found_again() -> None:
    going = counter(60)
    for start in (1000, 2000, 3000):
        going[start : start + 200] = going[start]
    assert len(rests(going)) == 3
