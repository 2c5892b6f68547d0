"""From reasons to a verdict."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgetwin.core.signals import Quality, Reason, reason_names
from edgetwin.core.verdict import quality_of

BAD = (Reason.COMM, Reason.STALE, Reason.RANGE, Reason.STUCK, Reason.SENTINEL)
REASONS = list(Reason)


def verdict(bits: int, *, readable: bool = True) -> Quality:
    return Quality(int(quality_of(np.array([bits], np.uint32), np.array([readable]))[0]))


def test_no_reason_is_good() -> None:
    assert verdict(0) is Quality.GOOD


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: str(reason.name))
def test_each_reason_alone(reason: Reason) -> None:
    expected = Quality.BAD if reason in BAD else Quality.UNCERTAIN
    assert verdict(reason) is (Quality.GOOD if reason is Reason.SUBSTITUTED else expected)


@pytest.mark.parametrize("reason", [Reason(0), Reason.DEVICE, Reason.GAP, Reason.SUBSTITUTED])
def test_what_is_no_number_is_bad_whatever_the_reason(reason: Reason) -> None:
    assert verdict(reason, readable=False) is Quality.BAD


@settings(derandomize=True, deadline=None)
@given(st.sets(st.sampled_from(REASONS)), st.sampled_from(REASONS))
def test_a_further_reason_never_makes_it_better(reasons: set[Reason], further: Reason) -> None:
    bits = int(sum(reasons))
    assert verdict(bits | further) >= verdict(bits)


@settings(derandomize=True, deadline=None)
@given(st.sets(st.sampled_from(REASONS)))
def test_reasons_are_named_in_their_fixed_order(reasons: set[Reason]) -> None:
    assert reason_names(int(sum(reasons))) == [
        str(reason.name).lower() for reason in REASONS if reason in reasons
    ]


VOCABULARY = """
comm device stale range spike rate stuck step drift noise gap late clock sentinel cross novel
diverged substituted startup
"""


def test_the_names_are_those_of_the_vocabulary() -> None:
    assert reason_names(0xFFFFFFFF) == VOCABULARY.split()
