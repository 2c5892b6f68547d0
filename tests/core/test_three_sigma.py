"""The plain rule, run as a plant runs it: mean and deviation of everything before, judged before it learns."""

import numpy as np
import pytest
from by_hand import noise, table

from edgetwin.core.memory import Memory
from edgetwin.core.proof.three_sigma import ThreeSigma
from edgetwin.core.signals import Floats

ALL = slice(None)


def firings(readings: Floats) -> list[bool]:
    rule, fired = ThreeSigma(Memory(table("x"))), []
    for reading in readings:
        rule.look(ALL, np.array([reading]), np.array([np.isfinite(reading)]))
        fired.append(bool(rule.firing[0]))
    return fired


@pytest.mark.parametrize("offset", [0.0, 50.0, -1e6])
def test_it_fires_where_numpy_says_that_a_reading_is_three_deviations_away(offset: float) -> None:
    readings = offset + np.random.default_rng(1).standard_t(3.0, 600)
    expected = [
        k >= 30 and bool(abs(reading - readings[:k].mean()) > 3.0 * readings[:k].std(ddof=1))
        for k, reading in enumerate(readings)
    ]
    assert firings(readings) == expected
    assert any(expected)


def test_mean_and_deviation_are_those_of_numpy() -> None:
    rule, readings = ThreeSigma(Memory(table("x"))), noise(500, mean=1e4)
    for reading in readings:
        rule.look(ALL, np.array([reading]), np.array([True]))
    assert rule._mean[0] == pytest.approx(readings.mean(), rel=1e-12)
    assert rule._square[0] / 499 == pytest.approx(readings.var(ddof=1), rel=1e-9)


def test_it_predicts_before_it_learns() -> None:
    # Had it learned the outlier first, the outlier would be well within three deviations of ten times the noise.
    readings = np.r_[noise(40), 60.0]
    assert firings(readings)[-1]
    assert abs(60.0 - readings.mean()) / readings.std() < 6.0


def test_it_learns_everything_also_what_is_wrong() -> None:
    fired = firings(np.r_[noise(40), np.full(100, 60.0)])
    assert fired[40]
    assert not fired[-1]


def test_it_says_nothing_before_thirty_readings() -> None:
    assert not any(firings(np.r_[noise(29), 1e6]))
    assert firings(np.r_[noise(30), 1e6])[-1]


def test_a_missing_reading_changes_nothing() -> None:
    readings = noise(100)
    holes = np.insert(readings, [20, 50, 50], np.nan)
    whole = [fires for fires, reading in zip(firings(holes), holes, strict=True) if np.isfinite(reading)]
    assert whole == firings(readings)


def test_a_constant_does_not_fire_and_its_first_move_does() -> None:
    fired = firings(np.r_[np.full(50, 7.0), 7.001])
    assert fired == [False] * 50 + [True]
