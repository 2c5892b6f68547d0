"""Times in files: exact to the nanosecond, and refused where they could be read in two ways."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.field.table.problems import UnusableFile
from edgetwin.field.table.times import recognise

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000_000

# A gateway meets times of the last decades; the limits of int64 are far away.
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda time: time.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants its limits naive


def exact(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1) * 1000


def parsed(cell: str, name: str = "") -> int:
    found = recognise([cell], name)
    assert found is not None
    return found.parse(cell)


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2020-02-08 13:30:47", "2020-02-08T13:30:47"),
        ("2020-02-08T13:30:47Z", "2020-02-08T13:30:47"),
        ("2020-02-08T13:30:47.25+01:00", "2020-02-08T12:30:47.250000"),
        ("2020-02-08T13:30:47,25-0530", "2020-02-08T19:00:47.250000"),
        ("2020-02-08 13:30:47 UTC", "2020-02-08T13:30:47"),
        ("2020/02/08 13:30", "2020-02-08T13:30:00"),
        ("2020-02-08", "2020-02-08T00:00:00"),
        ("20200208T133047Z", "2020-02-08T13:30:47"),
        ("20200208133047", "2020-02-08T13:30:47"),
        ("08.02.2020 13:30:47", "2020-02-08T13:30:47"),
        ("8.2.20 13:30", "2020-02-08T13:30:00"),
        ("28/02/2020 13:30:47", "2020-02-28T13:30:47"),
        ("02/28/2020 01:30:47 PM", "2020-02-28T13:30:47"),
        ("2/28/2020, 12:00:00 AM", "2020-02-28T00:00:00"),
        ("28 02 2020 13:30", "2020-02-28T13:30:00"),
        ("2020-02-08 13:30:47:250", "2020-02-08T13:30:47.250000"),
        ("20200208 133047", "2020-02-08T13:30:47"),
        ("08-Feb-2020 13:30:47", "2020-02-08T13:30:47"),
        ("1581168647", "2020-02-08T13:30:47"),
        ("1581168647.5", "2020-02-08T13:30:47.500000"),
        ("1581168647,5", "2020-02-08T13:30:47.500000"),
        ("1.5811686475e9", "2020-02-08T13:30:47.500000"),
        ("1581168647500", "2020-02-08T13:30:47.500000"),
        ("1581168647500000", "2020-02-08T13:30:47.500000"),
        ("1581168647500000000", "2020-02-08T13:30:47.500000"),
        ("0", "1970-01-01T00:00:00"),
    ],
)
def test_a_time_is_read_as_it_is_meant(cell: str, time: str) -> None:
    assert parsed(cell) == exact(datetime.fromisoformat(f"{time}+00:00"))


@given(moments, st.sampled_from((" ", "T")), st.integers(0, 999), st.integers(-14 * 60, 14 * 60))
def test_any_iso_time_comes_back_to_the_nanosecond(
    time: datetime, mark: str, nanos: int, offset: int
) -> None:
    local = time + timedelta(minutes=offset)
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    cell = f"{local:%Y-%m-%d}{mark}{local:%H:%M:%S.%f}{nanos:03}{zone}"
    assert parsed(cell) == exact(time) + nanos


@given(moments)
def test_seconds_and_milliseconds_are_told_apart_by_their_size(time: datetime) -> None:
    micros = exact(time) // 1000
    assert parsed(f"{micros // 10**6}.{micros % 10**6:06}") == micros * 1000
    assert parsed(str(micros // 1000)) == micros // 1000 * 10**6
    assert parsed(str(micros)) == micros * 1000


@given(moments)
def test_what_a_german_spreadsheet_writes_comes_back(time: datetime) -> None:
    whole = time.replace(microsecond=0)
    assert parsed(f"{whole:%d.%m.%Y %H:%M:%S}") == exact(whole)


def test_day_and_month_are_never_guessed() -> None:
    with pytest.raises(UnusableFile, match="--dates dmy or --dates mdy"):
        recognise(["03/04/2026 10:00:00"], "time")


def test_one_row_that_settles_day_and_month_is_enough() -> None:
    found = recognise(["03/04/2026", "03/13/2026"])
    assert found is not None
    assert found.parse("03/04/2026") == exact(datetime(2026, 3, 4, tzinfo=UTC))


def test_the_reading_in_which_the_clock_does_not_leap_is_the_right_one() -> None:
    cells = [f"0{day}/01/2018 {hour:02}:00" for day in (1, 2, 3) for hour in range(24)]
    found = recognise(cells)
    assert found is not None
    assert found.parse("02/01/2018 00:00") == exact(datetime(2018, 1, 2, tzinfo=UTC))


def test_the_user_can_say_whether_day_or_month_comes_first() -> None:
    for order, expected in (
        ("dmy", datetime(2026, 4, 3, tzinfo=UTC)),
        ("mdy", datetime(2026, 3, 4, tzinfo=UTC)),
    ):
        found = recognise(["03/04/2026"], order=order)  # type: ignore[arg-type] # a literal in a loop
        assert found is not None
        assert found.parse("03/04/2026") == exact(expected)


def test_a_unit_in_the_name_of_the_column_holds() -> None:
    assert parsed("1500", "time_ms") == 1_500_000_000
    assert parsed("1500", "Time [s]") == 1500 * SECOND
    assert parsed("1500", "t (us)") == 1_500_000
    assert parsed("1.5", "time_h") == 5400 * SECOND


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "soon",
        "2020-13-01",
        "2020-02-30 10:00",
        "2020-02-08 24:01:00",
        "2020-02-08 10:61",
        "nan",
        "inf",
        "1e30",
    ],
)
def test_what_is_no_time_is_no_time(cell: str) -> None:
    found = recognise(["2020-02-08 13:30:47"])
    assert found is not None
    with pytest.raises(ValueError, match=r"time|day|month"):
        found.parse(cell)
    assert recognise([cell]) is None


def test_the_end_of_an_epoch_is_no_time_either() -> None:
    found = recognise(["1581168647"])
    assert found is not None
    for cell in ("nan", "-inf", "1e30", "x"):
        with pytest.raises(ValueError, match="time"):
            found.parse(cell)
