"""How far a held value may be off: learned from the signal, and compared with what really happened."""

from collections.abc import Callable

import numpy as np
import pytest
from by_hand import feed, frame, mono, step, table

from edgetwin.core import status as codes
from edgetwin.core.estimate.wander import Wander
from edgetwin.core.memory import Memory
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats

SIGNALS = 200
ALL = slice(None)
IDS = np.arange(SIGNALS, dtype=np.int32)


def learned(series: Floats) -> Wander:
    """Let a wander learn a matrix [tick, signal]."""
    wander = Wander(Memory(table(*(f"s{number}" for number in range(series.shape[1])))))
    for row in series:
        wander.learn(ALL, row, np.ones(len(row), np.bool_))
    return wander


def typical(wander: Wander, age_ticks: float) -> float:
    return float(np.mean(wander.variance(IDS, np.full(SIGNALS, age_ticks))))


def random_walk(ticks: int, rng: np.random.Generator) -> Floats:
    return np.cumsum(rng.normal(size=(ticks, SIGNALS)), axis=0)


def autoregressive(ticks: int, rng: np.random.Generator, *, keeps: float = 0.95) -> Floats:
    series = np.zeros((ticks, SIGNALS))
    for k in range(1, ticks):
        series[k] = keeps * series[k - 1] + rng.normal(size=SIGNALS)
    return series


def ramp(ticks: int, rng: np.random.Generator) -> Floats:
    return np.arange(ticks)[:, None] * rng.normal(size=SIGNALS) * 0.1


def test_a_random_walk_gains_variance_in_proportion_to_time() -> None:
    wander = learned(random_walk(4096, np.random.default_rng(1)))
    for age in (2.0, 3.0, 4.0, 16.0, 50.0, 256.0):
        assert 0.85 * age <= typical(wander, age) <= 1.5 * age, age


def test_beyond_what_was_seen_it_goes_on_rising_as_it_did() -> None:
    wander = learned(random_walk(300, np.random.default_rng(2)))
    # From 300 readings to 10,000 is a long way: it may say far too much, and hardly ever too little.
    said = wander.variance(IDS, np.full(SIGNALS, 10_000.0))
    assert np.quantile(said, 0.1) > 2_500.0
    assert np.median(said) < 100_000.0


def test_a_ramp_is_taken_on_as_a_ramp() -> None:
    wander = learned(np.arange(300.0)[:, None] * np.ones(SIGNALS))
    assert typical(wander, 10_000.0) == pytest.approx(10_000.0**2, rel=5.0)
    assert typical(wander, 10_000.0) >= 10_000.0**2


def test_stationary_noise_gains_no_more_than_it_is_wide() -> None:
    wander = learned(np.random.default_rng(3).normal(size=(4096, SIGNALS)))
    for age in (2.0, 16.0, 256.0):
        assert 1.8 <= typical(wander, age) <= 3.5, age  # of a difference: twice the variance


def test_a_ramp_gains_the_square_of_the_time() -> None:
    wander = learned(np.arange(2048.0)[:, None] * np.ones(SIGNALS))
    for lag in (2.0, 16.0, 128.0):
        assert lag**2 <= typical(wander, lag) <= 1.6 * lag**2


def test_what_was_seen_once_is_doubted_more_than_what_was_seen_often() -> None:
    series = np.repeat([0.0, 1.0] * 128, 4)[:, None] * np.ones(SIGNALS)
    assert typical(learned(series[:8]), 4.0) > 2.0 * typical(learned(series), 4.0)


def test_a_constant_goes_nowhere() -> None:
    wander = learned(np.full((512, SIGNALS), 7.0))
    assert typical(wander, 1e6) == 0.0


@pytest.mark.parametrize("kind", [random_walk, autoregressive, ramp])
def test_variance_never_falls_with_age_and_has_no_leaps(
    kind: Callable[[int, np.random.Generator], Floats],
) -> None:
    series = kind(1000, np.random.default_rng(4))
    wander = learned(series)
    ages = np.r_[0.0, np.linspace(0.01, 3000.0, 6000)]
    grown = np.array([wander.variance(IDS[:20], np.full(20, age)) for age in ages])
    assert (grown[0] == 0.0).all()
    assert (np.diff(grown, axis=0) >= -1e-9).all()
    assert (np.diff(grown, axis=0) <= 0.05 * grown[-1]).all()


def test_nothing_is_learned_across_readings_that_were_rejected() -> None:
    wander = Wander(Memory(table("s")))
    for tick in range(400):
        away = tick % 7 == 3
        wander.learn(ALL, np.array([np.nan if away else 5.0]), np.array([not away]))
    assert wander.variance(IDS[:1], np.array([100.0]))[0] == 0.0


@pytest.mark.parametrize(
    ("kind", "lowest", "highest"), [(random_walk, 0.85, 0.995), (autoregressive, 0.9, 1.0), (ramp, 0.85, 1.0)]
)
@pytest.mark.parametrize("held_s", [5, 30, 120])
def test_a_held_value_is_within_its_interval_about_as_often_as_it_says(
    kind: Callable[[int, np.random.Generator], Floats], lowest: float, highest: float, held_s: int
) -> None:
    rng = np.random.default_rng(5)
    truth = 100.0 + kind(800 + held_s, rng)
    readings = truth + 0.3 * rng.normal(size=truth.shape)
    pipeline = Pipeline(table(*(f"s{number}" for number in range(SIGNALS))))
    feed(pipeline, readings[:800])
    held = step(pipeline, frame(799 + held_s, np.full(SIGNALS, np.nan), status=codes.BAD_TIMEOUT))
    within = np.abs(held.value - truth[799 + held_s]) < 1.96 * held.sigma
    assert lowest <= within.mean() <= highest
    # A signal that stays within +-3.2 is not said to be anywhere after two minutes.
    if kind is autoregressive:
        assert np.median(held.sigma) < 3.0 * 3.2


def test_what_is_shown_at_a_moment_is_aged_to_that_moment() -> None:
    rng = np.random.default_rng(6)
    pipeline = Pipeline(table("s"))
    feed(pipeline, 100.0 + np.cumsum(rng.normal(size=500)))
    sigmas = [float(pipeline.snapshot(mono(499 + age)).sigma[0]) for age in (0, 4, 16, 64)]
    assert sigmas == sorted(sigmas)
    assert sigmas[2] ** 2 - sigmas[0] ** 2 == pytest.approx(16.0, rel=0.7)
