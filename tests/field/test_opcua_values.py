"""OPC UA values keep what the server says of them; what is no number is never passed off as one."""

import math
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from asyncua import ua
from asyncua.ua.status_codes import code_to_name_doc

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Stamp
from edgetwin.core.status_names import NAMES
from edgetwin.field.opcua.values import Item, Take, frames, number, overflowed, text

NUMBER, TEXT = Take(), Take(text=True)

UNCERTAIN_LAST_USABLE = 0x40900000
BAD_SENSOR = 0x808C0000


def data(value: Any, code: int = 0, source: datetime | None = None) -> ua.DataValue:  # noqa: ANN401 - any value
    return ua.DataValue(ua.Variant(value), ua.StatusCode(ua.UInt32(code)), cast("ua.DateTime | None", source))


def source_ns(value: ua.DataValue) -> int:
    (made,) = frames(Stamp(1, 2), [Item(0, value)], [NUMBER])
    return int(made.t_source[0])


@pytest.mark.parametrize(
    ("value", "expected"), [(1.5, 1.5), (7, 7.0), (True, 1.0), (False, 0.0), (0, 0.0), (2**53, 2.0**53)]
)
def test_numbers_and_booleans_are_numbers(value: float, expected: float) -> None:
    assert number(data(value)) == (expected, status.GOOD)


def test_an_uncertain_value_keeps_its_number_and_its_status() -> None:
    assert number(data(1.5, UNCERTAIN_LAST_USABLE)) == (1.5, UNCERTAIN_LAST_USABLE)


def test_a_bad_value_has_no_number_and_keeps_its_status() -> None:
    value, code = number(data(1.5, BAD_SENSOR))
    assert math.isnan(value)
    assert code == BAD_SENSOR


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, status.BAD_SENSOR_FAILURE),
        (math.inf, status.BAD_SENSOR_FAILURE),
        ("12.5", status.BAD_TYPE_MISMATCH),
        ([1.0, 2.0], status.BAD_TYPE_MISMATCH),
        (None, status.BAD_TYPE_MISMATCH),
        (b"\x01", status.BAD_TYPE_MISMATCH),
    ],
)
def test_what_is_no_number_is_bad(value: object, expected: int) -> None:
    found, code = number(data(value))
    assert math.isnan(found)
    assert code == expected


def test_an_integer_that_a_float_cannot_hold_is_uncertain() -> None:
    value, code = number(data(2**53 + 1))
    assert value == 2.0**53
    assert code == status.UNCERTAIN


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("lime", "lime"),
        (ua.LocalizedText("Kalk", "de"), "Kalk"),
        (ua.QualifiedName("Kalk", ua.UInt16(2)), "Kalk"),
        (ua.EnumValueType(2, ua.LocalizedText("running"), ua.LocalizedText("")), "running"),
        (7, "7"),
        (True, "True"),
        (b"\x01\xff", "01ff"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00+00:00"),
    ],
)
def test_text_is_text(value: object, expected: str) -> None:
    assert text(data(value)) == (expected, status.GOOD)


def test_text_in_the_code_page_of_an_old_server_can_be_told() -> None:
    sent = b"Stra\xdfe 7".decode("utf-8", errors="surrogateescape")  # as asyncua hands it over
    assert text(data(sent)) == ("Stra\u00dfe 7", status.GOOD)
    assert text(data(ua.LocalizedText(sent, "de"))) == ("Stra\u00dfe 7", status.GOOD)


def test_a_text_without_end_is_no_text() -> None:
    assert text(data("x" * 4096))[1] == status.GOOD
    assert text(data("x" * 4097)) == (None, status.BAD_TYPE_MISMATCH)


def test_bad_text_is_none() -> None:
    assert text(data("lime", BAD_SENSOR)) == (None, BAD_SENSOR)
    assert text(data([1, 2])) == (None, status.BAD_TYPE_MISMATCH)


def test_the_sources_own_time_is_kept_to_the_microsecond() -> None:
    stamp = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert source_ns(data(1.0, source=stamp)) == 1772366400_123456_000


@pytest.mark.parametrize(
    "stamp", [None, datetime(1601, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
def test_no_time_is_no_time(stamp: datetime | None) -> None:
    assert source_ns(data(1.0, source=stamp)) == UNSTAMPED


def test_where_the_source_has_no_time_the_servers_is_taken() -> None:
    value = data(1.0)
    value.ServerTimestamp = cast("ua.DateTime", datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC))
    assert source_ns(value) == 1772366400_123456_000


def test_the_number_of_an_enumeration_is_a_number() -> None:
    value = data(ua.EnumValueType(2, ua.LocalizedText("running"), ua.LocalizedText("")))
    assert number(value) == (2.0, status.GOOD)


def test_codes_are_named_as_in_the_standard() -> None:
    assert {code: code_to_name_doc[code][0] for code in NAMES} == NAMES


def test_a_server_whose_queue_ran_over_says_so() -> None:
    assert overflowed(data(1.0, 0x00000480))
    assert not overflowed(data(1.0))


def test_several_values_of_one_signal_become_several_frames_in_their_order() -> None:
    items = [Item(0, data(1.0)), Item(1, data(9.0)), Item(0, data(2.0)), Item(0, data(3.0))]
    made = frames(Stamp(5, 6), items, [NUMBER, NUMBER])
    assert [frame.ids.tolist() for frame in made] == [[0, 1], [0], [0]]
    assert [frame.values.tolist() for frame in made] == [[1.0, 9.0], [2.0], [3.0]]
    assert all((frame.t_read == 5).all() and (frame.mono == 6).all() for frame in made)


def test_texts_stand_beside_numbers() -> None:
    items = [Item(0, data("lime")), Item(1, data(9.0))]
    (frame,) = frames(Stamp(5, 6), items, [TEXT, NUMBER])
    assert frame.texts == ("lime", None)
    assert frame.values[1] == 9.0
    assert frame.status.tolist() == [status.GOOD, status.GOOD]


def test_a_notification_without_items_is_no_frame() -> None:
    assert frames(Stamp(5, 6), [], [NUMBER]) == []
