"""The bank against all that a sensor can throw at it: it keeps its numbers, and it finds its way back."""

import numpy as np
import pytest
from by_hand import table

from edgetwin.core.estimate.bank import Bank
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats

ALL = slice(None)
ROWS, SIGNALS = 800, 100


def bank_of(signals: int) -> Bank:
    return Bank(Memory(table(*(f"s{number}" for number in range(signals)))))


def hostile_series() -> dict[str, Floats]:
    rng, k, flat = np.random.default_rng(11), np.arange(float(ROWS))[:, None], np.ones(SIGNALS)
    noise = rng.normal(size=(ROWS, SIGNALS))
    sign = (-1.0) ** k * flat
    return {
        "constant": 3.75 + 0.0 * k * flat,
        "zero": 0.0 * k * flat,
        "alternating": sign,
        "alternating, huge": 9e99 * sign,
        "huge noise": 1e90 * noise,
        "tiny noise": 1e-200 * noise,
        "noise on a huge offset": 1e15 + noise,
        "from tiny to huge": 10.0 ** (k % 300 - 200.0) * flat,
        "calm, then huge, then calm": np.where(k % 50 < 45, noise, 9e99),
        "constant, then one leap": np.where(k < 500, 1e-9, 9e99) * flat,
        "heavy tails": np.clip(rng.standard_cauchy((ROWS, SIGNALS)) ** 5, -9e99, 9e99),
        "rare steps": k // 100 * flat,
        "parabola": 1e6 * k**2 * flat,
    }


def hostile_pauses() -> dict[str, Floats]:
    rng = np.random.default_rng(12)
    return {
        "regular": np.ones((ROWS, SIGNALS)),
        "all at once": np.zeros((ROWS, SIGNALS)),
        "irregular, with days of silence": rng.choice([0.0, 1e-6, 1.0, 3.0, 1e5, 1e9], (ROWS, SIGNALS)),
    }


SERIES, PAUSES = hostile_series(), hostile_pauses()


@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("series", SERIES)
def test_nothing_makes_the_filters_lose_their_numbers(series: str, pause: str) -> None:
    # Floating-point warnings are errors in these tests, so nothing overflows on the way either.
    ours = bank_of(SIGNALS)
    for row, (reading, tau) in enumerate(zip(SERIES[series], PAUSES[pause], strict=True)):
        prediction = ours.update(ALL, reading, tau)
        value, sigma = ours.estimate(ALL)
        assert np.isfinite(value).all()
        if row:
            assert np.isfinite(sigma).all()
            assert (sigma >= 0.0).all()
            assert np.isfinite(prediction.z).all()
            assert (prediction.dof > 0.0).all()
    assert np.isfinite(ours._state).all()
    p00, p01, p11 = ours._state[2:5]
    assert (p00 >= 0.0).all()
    assert (p11 >= 0.0).all()
    assert (p00 * p11 - p01**2 >= -1e-6 * p00 * p11 - 1e-12).all()


@pytest.mark.parametrize("at", [0, 1, 5, 11])
def test_a_garbage_reading_at_the_start_is_forgotten_and_sigma_says_so_meanwhile(at: int) -> None:
    ours, rng = bank_of(50), np.random.default_rng(11)
    for k in range(200):
        ours.update(ALL, np.full(50, 1000.0) if k == at else 50.0 + rng.normal(size=50), np.ones(50))
        value, sigma = ours.estimate(ALL)
        if k > at:
            assert (np.abs(value - 50.0) < 5.0 * sigma).all()
    np.testing.assert_allclose(value, 50.0, atol=2.0)


def test_a_huge_level_that_stays_for_a_while_is_left_again() -> None:
    ours, rng = bank_of(50), np.random.default_rng(11)
    for k in range(200):
        ours.update(ALL, np.full(50, 1e6) if 60 <= k < 80 else 50.0 + rng.normal(size=50), np.ones(50))
    np.testing.assert_allclose(ours.estimate(ALL).value, 50.0, atol=3.0)


@pytest.mark.parametrize("garbage", [50.0, 1e3, -1e6])
@pytest.mark.parametrize("place", [0, 1, 5, 9])
def test_garbage_among_the_first_readings_is_forgotten_within_a_hundred(garbage: float, place: int) -> None:
    readings = np.random.default_rng(1).normal(size=(400, 50))
    readings[place] = garbage
    bank = bank_of(50)
    for row in readings[:110]:
        bank.update(ALL, row, np.ones(50))
    value, sigma = bank.estimate(ALL)
    assert (np.abs(value) < 2.0).all()
    assert np.median(sigma) < 2.0
