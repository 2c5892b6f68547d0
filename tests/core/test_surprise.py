"""The surprise against exact tails: erfc from the standard library, Student's t by numeric integration."""

import math

import numpy as np
import pytest

from edgetwin.core.estimate.surprise import normal_surprise, student_surprise

NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def exact_normal(z: float) -> float:
    return -math.log10(math.erfc(abs(z) / math.sqrt(2.0)))


def exact_student(z: float, dof: float) -> float:
    """Integrate both tails beyond z: with t = z / u the infinite interval becomes 0 < u < 1."""
    u = 0.5 * (NODES + 1.0)
    t = z / u
    log_density = (
        math.lgamma((dof + 1.0) / 2.0)
        - math.lgamma(dof / 2.0)
        - 0.5 * math.log(dof * math.pi)
        - 0.5 * (dof + 1.0) * np.log1p(t * t / dof)
    )
    tail = float(np.sum(WEIGHTS * np.exp(log_density) * t / u))  # 0.5 for the interval, 2 for two tails
    return -math.log10(tail)


@pytest.mark.parametrize("z", [0.0, 1e-9, 0.01, 0.5, 1.0, 1.96, 3.0, 5.0, 8.0, 20.0, 37.0])
def test_the_normal_tail_is_exact_to_six_figures(z: float) -> None:
    for signed in (z, -z):
        assert normal_surprise(np.array([signed]))[0] == pytest.approx(exact_normal(z), rel=1e-6, abs=1e-6)


def test_the_integral_of_this_test_knows_the_tails_of_cauchy() -> None:
    for z in (0.5, 1.0, 10.0, 1e4):
        assert exact_student(z, 1.0) == pytest.approx(
            -math.log10(1.0 - 2.0 / math.pi * math.atan(z)), rel=1e-6
        )


@pytest.mark.parametrize("dof", [3.0, 5.0, 8.0, 11.0, 20.0, 50.0])
@pytest.mark.parametrize("z", [0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0])
def test_the_student_tail_is_right_to_a_twentieth_of_a_decade_or_five_percent(z: float, dof: float) -> None:
    assert student_surprise(np.array([z]), np.array([dof]))[0] == pytest.approx(
        exact_student(z, dof), rel=0.05, abs=0.05
    )


@pytest.mark.parametrize("z", [0.5, 1.0, 3.0, 10.0])
def test_with_the_few_degrees_of_freedom_of_a_start_it_is_never_overstated_by_much(z: float) -> None:
    for dof in (1.0, 1.5, 2.0):
        ours = student_surprise(np.array([z]), np.array([dof]))[0]
        assert 0.0 <= ours < exact_student(z, dof) + 0.1


def test_one_in_twenty_is_called_one_in_twenty() -> None:
    draws = np.random.default_rng(1).standard_t(20.0, 100_000)
    surprise = student_surprise(draws, np.full(100_000, 20.0))
    assert np.mean(surprise > -math.log10(0.05)) == pytest.approx(0.05, abs=0.003)
    assert np.mean(surprise > 2.0) == pytest.approx(0.01, abs=0.002)


def test_it_grows_with_the_distance_and_is_finite_however_far() -> None:
    z = np.r_[0.0, np.logspace(-3, 150, 2000)]
    for surprise in (normal_surprise(z), student_surprise(z, np.full(len(z), 30.0))):
        assert np.isfinite(surprise).all()
        assert (np.diff(surprise) >= -1e-6).all()
        assert surprise[0] == pytest.approx(0.0, abs=1e-6)


def test_nothing_is_less_than_no_surprise() -> None:
    assert (student_surprise(np.linspace(-1e-3, 1e-3, 101), np.full(101, 9.0)) >= 0.0).all()


def test_no_reading_gives_no_surprise() -> None:
    assert np.isnan(student_surprise(np.array([np.nan]), np.array([5.0]))[0])
