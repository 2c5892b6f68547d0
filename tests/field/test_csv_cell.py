"""One cell: a number, nothing, or text; never a guess."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.field.table.cell import Decimal, decimal_of, is_number, number

DECIMALS: tuple[Decimal, ...] = (".", ",", "")


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1.5", ".", 1.5),
        (" -1.5e-3 ", ".", -0.0015),
        ("+.5", ".", 0.5),
        ("5.", ".", 5.0),
        ("1,5", ",", 1.5),
        ("1,234", ",", 1.234),
        ("1.234,5", ",", 1234.5),
        ("1.234.567", ",", 1234567.0),
        ("1,234.5", ".", 1234.5),
        ("1,234", ".", 1234.0),
        ("1.234", "", 1.234),
        ("1,5", "", 1.5),
        ("1.234,5", "", 1234.5),
        ("1,234.5", "", 1234.5),
        ("1 234,5", ",", 1234.5),
        ("1\u202f234\u202f567", ".", 1234567.0),
        ("1'234.5", ".", 1234.5),
    ],
)
def test_a_number_is_read_with_the_decimal_mark_of_its_file(
    cell: str, decimal: Decimal, value: float
) -> None:
    assert number(cell, decimal) == value


@pytest.mark.parametrize(
    ("cell", "decimal"),
    [
        ("1,5", "."),
        ("1.5", ","),
        ("12,34.5", "."),
        ("1,234", ""),
        ("1_000", "."),
        ("5 bar", "."),
        ("1 2", "."),
        ("0 123", "."),
        ("1e", "."),
        ("0x10", "."),
    ],
)
def test_what_could_be_two_numbers_or_none_is_text(cell: str, decimal: Decimal) -> None:
    with pytest.raises(ValueError, match=r"is no number|may be"):
        number(cell, decimal)


@pytest.mark.parametrize("cell", ["", "  ", "NaN", "nan", "NA", "n/a", "null", "NULL", "-", "#N/A", "None"])
def test_many_words_say_that_a_value_is_missing(cell: str) -> None:
    assert all(math.isnan(number(cell, decimal)) for decimal in DECIMALS)


def test_zero_is_not_missing() -> None:
    assert number("0", ".") == number("0,0", ",") == number("-0", "") == 0.0


@given(st.floats(allow_nan=False), st.sampled_from(DECIMALS))
def test_every_float_comes_back_bit_for_bit(value: float, decimal: Decimal) -> None:
    cell = repr(value).replace(".", decimal or ".")
    assert number(cell, decimal) == value
    assert is_number(cell) == math.isfinite(value)


def test_the_decimal_mark_is_the_one_that_most_fractions_have() -> None:
    assert decimal_of(["1", "2"]) == ""
    assert decimal_of(["1", "2.5", "text."]) == "."
    assert decimal_of(["1,5", "2,5", "2.5"]) == ","
    assert decimal_of(["1.5", "2.5", "2,5"]) == "."
