"""Durations, sizes and false-alarm intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from edgetwin.config.units import duration_text, false_alarm, seconds, size


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200 ms", 0.2),
        ("200ms", 0.2),
        (" 1.5 s ", 1.5),
        ("5 min", 300.0),
        ("1 hour", 3600.0),
        ("2 d", 172_800.0),
        ("50 us", 50e-6),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"), [("2 MiB", 2**21), ("500 kB", 500_000), ("1 GiB", 2**30), ("12 B", 12)]
)
def test_a_size_is_a_number_and_a_unit(text: str, value: int) -> None:
    assert size(text) == value


def test_false_alarms_are_counted_per_signal() -> None:
    month = 365.25 / 12 * 86_400
    assert false_alarm("once per signal and month") == pytest.approx(month)
    assert false_alarm("once in 3 months") == pytest.approx(3 * month)
    assert false_alarm("once in 1 year") == pytest.approx(12 * month)
    assert false_alarm("once per signal and week") == 7 * 86_400


@pytest.mark.parametrize(
    "text", ["200", "", "ms", "-1 s", "1,5 s", "1e3 s", "0 s", "5 parsecs", "٣ s", "1001 d", 5, True, None]
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        seconds(text)


@pytest.mark.parametrize("text", ["once", "never", "once in 0 days", "once in months", 5, "once per month"])
def test_what_is_no_interval_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        false_alarm(text)


def test_a_wrong_unit_is_told_with_the_right_one() -> None:
    with pytest.raises(PydanticCustomError) as wrong:
        size("2 MIB")
    assert wrong.value.context == {
        "message": '"MIB" is not a unit of a size',
        "hint": 'did you mean "MiB"?',
    }


@given(st.floats(min_value=1e-6, max_value=8e7))
def test_a_duration_that_was_written_reads_the_same(value: float) -> None:
    assert seconds(duration_text(value)) == pytest.approx(value, rel=1e-5)


def test_a_number_beyond_all_bounds_is_refused() -> None:
    for read in (seconds, size):
        with pytest.raises(PydanticCustomError):
            read("9" * 400 + (" s" if read is seconds else " GiB"))


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_a_mistake(text: str) -> None:
    hint = ""
    try:
        value = seconds(text)
    except PydanticCustomError as wrong:
        hint = str((wrong.context or {})["hint"])
        value = 0.0
    assert bool(hint) != (value > 0)
