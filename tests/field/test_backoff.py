"""Attempts come more seldom, within bounds, and not all at once."""

import random

from hypothesis import given
from hypothesis import strategies as st

from edgetwin.field.backoff import Backoff


def backoff_of(seed: int) -> Backoff:
    return Backoff(random.Random(seed))  # noqa: S311 - chance to spread attempts, no secret


@given(seed=st.integers(), attempts=st.integers(1, 100))
def test_waits_stay_between_a_quarter_second_and_half_a_minute(seed: int, attempts: int) -> None:
    backoff = backoff_of(seed)
    assert all(0.25 <= backoff.wait_s() <= 30 for _ in range(attempts))


def test_waits_double_until_the_longest() -> None:
    backoff = backoff_of(1)
    full_s = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert all(full / 2 <= backoff.wait_s() <= full for full in full_s)


def test_two_gateways_do_not_knock_together() -> None:
    one, other = backoff_of(1), backoff_of(2)
    assert [one.wait_s() for _ in range(5)] != [other.wait_s() for _ in range(5)]


def test_the_same_seed_gives_the_same_waits() -> None:
    one, other = backoff_of(1), backoff_of(1)
    assert [one.wait_s() for _ in range(5)] == [other.wait_s() for _ in range(5)]


def test_after_a_reset_the_first_wait_is_short_again() -> None:
    backoff = backoff_of(1)
    for _ in range(10):
        backoff.wait_s()
    backoff.reset()
    assert backoff.wait_s() <= 0.5
