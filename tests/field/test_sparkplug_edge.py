"""The lives of a Sparkplug edge node: births, data, deaths, and what is lost in between."""

import pytest
from field_sparkplug import metric, payload

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Stamp
from edgetwin.field.mqtt.edge_node import EdgeNode, Told, Wanted
from edgetwin.wire.sparkplug import DataType, decode

NOW = Stamp(1_780_000_000_000_000_000, 5_000_000_000)
LOAD, TEMP, RECIPE = range(3)
TEXT = DataType.STRING


@pytest.fixture
def edge() -> EdgeNode:
    """Want one metric of the node, and a number and a text of a device behind it."""
    return EdgeNode(
        "shop",
        "gw2",
        [
            Wanted(LOAD, "", "Load", is_text=False),
            Wanted(TEMP, "press", "Temp", is_text=False),
            Wanted(RECIPE, "press", "Recipe", is_text=True),
        ],
    )


def hear(edge: EdgeNode, kind: str, seq: int | None, *metrics: bytes, device: str = "") -> Told:
    where = f"spBv1.0/shop/{kind}/gw2" + (f"/{device}" if device else "")
    return edge.take(where, decode(payload(seq, *metrics)), NOW)


def born(edge: EdgeNode, session: int = 7) -> None:
    """Let the node be born with seq 0, and the device with seq 1."""
    hear(
        edge,
        "NBIRTH",
        0,
        metric("bdSeq", session, DataType.INT64),
        metric("Load", 40, DataType.INT32, alias=1),
    )
    hear(
        edge,
        "DBIRTH",
        1,
        metric("Temp", 20.5, DataType.FLOAT, alias=2),
        metric("Recipe", "lime", TEXT, alias=3),
        device="press",
    )


def codes(told: Told) -> dict[int, int]:
    return {row.place: row.status for row in told.rows}


def test_a_birth_tells_values_and_what_numbers_stand_for(edge: EdgeNode) -> None:
    told = hear(edge, "NBIRTH", 0, metric("Load", -3, DataType.INT16, alias=9))
    assert [(row.place, row.value, row.status) for row in told.rows if row.place == LOAD] == [
        (LOAD, -3.0, status.GOOD)
    ]
    assert told.news == "born"
    (row,) = hear(edge, "NDATA", 1, metric(None, 0xFFFE, None, alias=9)).rows  # -2 as int16
    assert (row.place, row.value) == (LOAD, -2.0)


def test_devices_wait_for_their_own_birth(edge: EdgeNode) -> None:
    told = hear(edge, "NBIRTH", 0, metric("Load", 1, DataType.INT16))
    assert codes(told) == {LOAD: status.GOOD}
    assert told.awaited == [TEMP, RECIPE]
    assert not hear(edge, "DDATA", 1, metric("Temp", 5.0, DataType.DOUBLE), device="press").rows
    told = hear(
        edge, "DBIRTH", 2, metric("Temp", 5.0, DataType.DOUBLE), metric("Recipe", "a", TEXT), device="press"
    )
    assert {row.place: row.text for row in told.rows} == {TEMP: None, RECIPE: "a"}
    assert codes(told) == {TEMP: status.GOOD, RECIPE: status.GOOD}


def test_data_before_a_birth_is_not_believed_and_said_once(edge: EdgeNode) -> None:
    told = hear(edge, "NDATA", 17, metric("Load", 5, DataType.INT16))
    assert not told.rows
    assert told.news == "data before a birth"
    assert edge.needs_birth
    assert not hear(edge, "DDATA", 18, metric(None, 5, None, alias=2), device="press").news
    born(edge)
    assert not edge.needs_birth


def test_a_value_has_the_time_of_its_metric_or_of_its_message(edge: EdgeNode) -> None:
    born(edge)
    own = hear(edge, "NDATA", 2, metric("Load", 5, DataType.INT16, time_ms=1_780_000_000_123)).rows[0]
    assert own.t_source == 1_780_000_000_123_000_000
    of_message = hear(edge, "NDATA", 3, metric("Load", 5, DataType.INT16)).rows[0]
    assert of_message.t_source == 1_780_000_000_000_000_000
    absurd = hear(edge, "NDATA", 4, metric("Load", 5, DataType.INT16, time_ms=2**64 - 1)).rows[0]
    assert absurd.t_source == UNSTAMPED


def test_a_lost_message_makes_what_was_known_uncertain_until_the_next_birth(edge: EdgeNode) -> None:
    born(edge)
    told = hear(edge, "NDATA", 5, metric("Load", 50, DataType.INT32))  # 2, 3 and 4 never came
    assert edge.lost == 3
    assert told.news == "3 messages are missing"
    assert edge.needs_birth
    assert {(row.place, None if row.text else row.value, row.text, row.status) for row in told.rows} == {
        (LOAD, 40.0, None, status.UNCERTAIN_LAST_USABLE),
        (TEMP, 20.5, None, status.UNCERTAIN_LAST_USABLE),
        (RECIPE, None, "lime", status.UNCERTAIN_LAST_USABLE),
        (LOAD, 50.0, None, status.UNCERTAIN),
    }
    assert hear(edge, "NDATA", 6, metric("Load", 51, DataType.INT32)).rows[0].status == status.UNCERTAIN
    assert not hear(edge, "NDATA", 9, metric("Load", 51, DataType.INT32)).news  # it is said once
    assert edge.lost == 5
    born(edge)
    assert hear(edge, "NDATA", 2, metric("Load", 52, DataType.INT32)).rows[0].status == status.GOOD


def test_the_sequence_goes_round(edge: EdgeNode) -> None:
    born(edge)
    for number in range(2, 600):
        assert not hear(edge, "NDATA", number % 256, metric("Load", number, DataType.INT32)).news
    assert edge.lost == 0


def test_a_message_that_comes_twice_is_taken_once(edge: EdgeNode) -> None:
    born(edge)
    assert len(hear(edge, "NDATA", 2, metric("Load", 5, DataType.INT32)).rows) == 1
    assert not hear(edge, "NDATA", 2, metric("Load", 5, DataType.INT32)).rows
    assert edge.lost == 0


def test_messages_of_devices_that_nobody_wants_count_in_the_sequence(edge: EdgeNode) -> None:
    born(edge)
    assert not hear(edge, "DBIRTH", 2, metric("Speed", 5, DataType.INT32), device="other").rows
    assert not hear(edge, "NDATA", 3, metric("Load", 5, DataType.INT32)).news
    assert edge.lost == 0


def test_a_death_ends_all_of_the_node(edge: EdgeNode) -> None:
    born(edge, session=7)
    told = hear(edge, "NDEATH", None, metric("bdSeq", 7, DataType.INT64))
    assert codes(told) == dict.fromkeys((LOAD, TEMP, RECIPE), status.BAD_NO_COMMUNICATION)
    assert told.news == "died"
    assert not hear(edge, "NDEATH", None, metric("bdSeq", 7, DataType.INT64)).rows  # it can die once
    assert hear(edge, "NDATA", 2, metric("Load", 5, DataType.INT32)).news == "data before a birth"


def test_the_will_of_an_old_session_ends_no_new_one(edge: EdgeNode) -> None:
    born(edge, session=8)
    assert not hear(edge, "NDEATH", None, metric("bdSeq", 7, DataType.INT64)).rows
    assert hear(edge, "NDATA", 2, metric("Load", 5, DataType.INT32)).rows[0].status == status.GOOD


def test_the_session_may_be_told_without_a_type(edge: EdgeNode) -> None:
    born(edge, session=8)
    assert not hear(edge, "NDEATH", None, metric("bdSeq", 7, None)).rows
    assert hear(edge, "NDEATH", None, metric("bdSeq", 8, None)).rows


def test_a_device_that_dies_leaves_the_others_alone(edge: EdgeNode) -> None:
    born(edge)
    told = hear(edge, "DDEATH", 2, device="press")
    assert codes(told) == dict.fromkeys((TEMP, RECIPE), status.BAD_NO_COMMUNICATION)
    assert hear(edge, "NDATA", 3, metric("Load", 5, DataType.INT32)).rows[0].status == status.GOOD
    assert not hear(edge, "DDATA", 4, metric("Temp", 1.0, DataType.FLOAT), device="press").rows
    told = hear(
        edge, "DBIRTH", 5, metric("Temp", 1.0, DataType.FLOAT), metric("Recipe", "b", TEXT), device="press"
    )
    assert codes(told) == {TEMP: status.GOOD, RECIPE: status.GOOD}


def test_a_metric_that_is_not_in_the_birth_is_refused(edge: EdgeNode) -> None:
    told = hear(edge, "NBIRTH", 0, metric("load", 1, DataType.INT16))
    (row,) = (row for row in told.rows if row.place == LOAD)
    assert row.status == status.BAD_NODE_UNKNOWN
    assert "shop/gw2 has no metric Load" in row.hint


def test_history_is_counted_and_is_not_now(edge: EdgeNode) -> None:
    born(edge)
    told = hear(
        edge,
        "NDATA",
        2,
        metric("Load", 1, DataType.INT32, historical=True),
        metric("Load", 2, DataType.INT32, historical=True),
        metric("Load", 3, DataType.INT32),
    )
    assert [row.value for row in told.rows] == [3.0]
    assert edge.lost == 2


def test_null_is_no_data_and_a_wrong_type_is_said(edge: EdgeNode) -> None:
    born(edge)
    assert codes(hear(edge, "NDATA", 2, metric("Load", None, DataType.INT32))) == {LOAD: status.BAD_NO_DATA}
    (row,) = hear(edge, "NDATA", 3, metric("Load", "high", TEXT)).rows
    assert (row.status, "no single number" in row.hint) == (status.BAD_TYPE_MISMATCH, True)


def test_what_is_no_sparkplug_is_counted(edge: EdgeNode) -> None:
    assert edge.unreadable().hint
    assert not edge.unreadable().news  # it is said once
    assert edge.lost == 2
    born(edge)
    assert edge.unreadable().news


def test_after_our_own_time_away_nothing_is_believed_until_a_birth(edge: EdgeNode) -> None:
    born(edge)
    edge.forget()
    assert edge.needs_birth
    assert not hear(edge, "NDATA", 2, metric(None, 5, None, alias=1)).rows  # 1 may be another metric by now
    born(edge)
    assert hear(edge, "NDATA", 2, metric(None, 5, None, alias=1)).rows[0].status == status.GOOD


def test_a_number_that_no_birth_told_is_said_once_and_counted(edge: EdgeNode) -> None:
    born(edge)
    told = hear(edge, "NDATA", 2, metric(None, 5, None, alias=99), metric(None, 6, None, alias=1))
    assert [row.value for row in told.rows] == [6.0]
    assert told.news == "a metric that no birth has told"
    assert (edge.needs_birth, edge.lost) == (True, 1)
    assert not hear(edge, "NDATA", 3, metric(None, 5, None, alias=99)).news


def test_equal_messages_without_a_number_are_readings_each(edge: EdgeNode) -> None:
    born(edge)
    heard = [hear(edge, "NDATA", None, metric("Load", 41, DataType.INT32)) for _ in range(2)]
    assert [[row.value for row in told.rows] for told in heard] == [[41.0], [41.0]]


def test_a_whole_round_that_was_lost_is_not_taken_for_a_repetition(edge: EdgeNode) -> None:
    born(edge)
    hear(edge, "NDATA", 2, metric("Load", 5, DataType.INT32))
    assert hear(edge, "NDATA", 2, metric("Load", 6, DataType.INT32)).news == "255 messages are missing"
