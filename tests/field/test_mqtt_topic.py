"""What a message under a plain topic says of the signals in it."""

import math

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgetwin.config.mqtt_in import MqttSignal
from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Stamp
from edgetwin.field.mqtt import topic as mqtt_topic
from edgetwin.field.mqtt import values as mqtt_values
from edgetwin.field.mqtt.rows import Row, frames
from edgetwin.field.mqtt.topic import PlainTopic

NOW = Stamp(1_780_000_000_000_000_000, 5_000_000_000)
NOON = 1_795_176_000_000_000_000  # 2026-11-20T12:00:00Z


def topic(**signals: dict[str, object]) -> PlainTopic:
    """Make a topic with these signals, numbered as they stand here."""
    made = [MqttSignal.model_validate({"topic": "press1", **signal}) for signal in signals.values()]
    return PlainTopic("press1", dict(enumerate(made)))


def rows(of: PlainTopic, payload: bytes, *, retained: bool = False) -> list[Row]:
    return list(of.rows(payload, NOW, retained=retained))


def one(signal: dict[str, object], payload: bytes, *, retained: bool = False) -> Row:
    (row,) = rows(topic(only=signal), payload, retained=retained)
    return row


@pytest.mark.parametrize(
    ("payload", "value", "code"),
    [
        (b"12.5", 12.5, status.GOOD),
        (b" -3 \r\n", -3.0, status.GOOD),
        (b"0", 0.0, status.GOOD),
        (b"+07.50", 7.5, status.GOOD),
        (b'"12.5"', 12.5, status.GOOD),
        (b".5", 0.5, status.GOOD),
        (b"true", 1.0, status.GOOD),
        (b"false", 0.0, status.GOOD),
        (b"9007199254740993", 9007199254740992.0, status.UNCERTAIN),  # a float64 cannot hold it
        (b'"9007199254740993"', 9007199254740992.0, status.UNCERTAIN),
        (b"+9007199254740993", 9007199254740992.0, status.UNCERTAIN),
        (b"null", math.nan, status.BAD_NO_DATA),
        (b"", math.nan, status.BAD_NO_DATA),
        (b"NaN", math.nan, status.BAD_TYPE_MISMATCH),
        (b"inf", math.nan, status.BAD_TYPE_MISMATCH),
        (b"1e999", math.nan, status.BAD_SENSOR_FAILURE),
        (b"12,5", math.nan, status.BAD_TYPE_MISMATCH),
        (b"1_000", math.nan, status.BAD_TYPE_MISMATCH),
        (b"0x10", math.nan, status.BAD_TYPE_MISMATCH),
        ("\u0661\u0662".encode(), math.nan, status.BAD_TYPE_MISMATCH),  # Arabic digits
        (b"12.5 degC", math.nan, status.BAD_TYPE_MISMATCH),
        (b"ON", math.nan, status.BAD_TYPE_MISMATCH),
        (b"{}", math.nan, status.BAD_TYPE_MISMATCH),
        (b"[1]", math.nan, status.BAD_TYPE_MISMATCH),
        (b"\xff\xfe", math.nan, status.BAD_TYPE_MISMATCH),
    ],
)
def test_a_message_is_plainly_a_number_or_it_is_none(payload: bytes, value: float, code: int) -> None:
    row = one({}, payload)
    assert row.status == code
    assert row.value == value or (math.isnan(row.value) and math.isnan(value))


@pytest.mark.parametrize(
    ("payload", "text", "code"),
    [
        (b"lime 42", "lime 42", status.GOOD),
        (b'"lime"', "lime", status.GOOD),
        (b"42", "42", status.GOOD),
        (b"true", "true", status.GOOD),
        (b"x" * 4097, None, status.BAD_TYPE_MISMATCH),
        (b'{"a": 1}', None, status.BAD_TYPE_MISMATCH),
        (b"\xff", None, status.BAD_TYPE_MISMATCH),
        (b"", None, status.BAD_NO_DATA),
    ],
)
def test_a_text_is_taken_as_it_stands(payload: bytes, text: str | None, code: int) -> None:
    row = one({"text": True}, payload)
    assert (row.text, row.status) == (text, code)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", 1.0),
        ("b.c", 2.0),
        ("list[1]", 4.0),
        ("list[2].x", 5.0),
        ('["dotted.name"]', 6.0),
        ('b["c"]', 2.0),
        ("DS18B20-1.Temperature", 7.0),
    ],
)
def test_a_path_leads_into_the_message(path: str, value: float) -> None:
    message = {
        "a": 1,
        "b": {"c": 2},
        "list": [3, 4, {"x": 5}],
        "dotted.name": 6,
        "DS18B20-1": {"Temperature": 7},
    }
    row = one({"path": path}, orjson.dumps(message))
    assert (row.value, row.status) == (value, status.GOOD)


def test_a_path_that_never_led_anywhere_is_refused_and_one_that_once_did_is_silent() -> None:
    both = topic(temp={"path": "temp"}, wet={"path": "wet"})
    first = rows(both, b'{"temp": 20}')
    assert [(row.place, row.status) for row in first] == [(0, status.GOOD), (1, status.BAD_NODE_UNKNOWN)]
    assert "is `path` right" in first[1].hint
    assert [row.place for row in rows(both, b'{"wet": 50}')] == [1]  # it does not speak of temp


def test_a_message_is_parsed_once_for_all_its_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    parses: list[bytes] = []
    parsed = mqtt_values.parsed

    def counted(payload: bytes) -> object:
        parses.append(payload)
        return parsed(payload)

    monkeypatch.setattr(mqtt_values, "parsed", counted)
    many = topic(**{f"s{n}": dict[str, object](path=f"v[{n}]") for n in range(20)})
    assert [row.value for row in rows(many, orjson.dumps({"v": list(range(20))}))] == list(range(20))
    assert len(parses) == 1


@pytest.mark.parametrize(
    ("written", "unit", "ns"),
    [
        ("2026-11-20T12:00:00Z", "iso", NOON),
        ("2026-11-20T13:00:00+01:00", "iso", NOON),
        ("2026-11-20T12:00:00", "iso", NOON),
        ("2026-11-20T12:00:00.000001Z", "iso", NOON + 1000),
        (1_795_176_000, "s", NOON),
        (1_795_176_000.5, "s", NOON + 500_000_000),
        ("1795176000", "s", NOON),
        (1_795_176_000_000, "ms", NOON),
        (1_795_176_000_000_000, "us", NOON),
        (NOON + 1, "ns", NOON + 1),  # not by way of a float64
    ],
)
def test_a_time_is_what_its_unit_says(written: object, unit: str, ns: int) -> None:
    signal: dict[str, object] = {"path": "v", "time": "ts", "time_unit": unit}
    row = one(signal, orjson.dumps({"v": 1, "ts": written}))
    assert (row.t_source, row.status) == (ns, status.GOOD)


@pytest.mark.parametrize(
    "written", ["noon", "", None, True, [], -5, 0, 1e300, "9" * 5000, "9999-01-01T00:00:00Z"]
)
@pytest.mark.parametrize("unit", ["iso", "s", "ns"])
def test_a_time_that_is_none_makes_the_value_uncertain_and_guesses_nothing(
    written: object, unit: str
) -> None:
    signal: dict[str, object] = {"path": "v", "time": "ts", "time_unit": unit}
    row = one(signal, orjson.dumps({"v": 1, "ts": written}))
    assert (row.value, row.t_source, row.status) == (1.0, UNSTAMPED, status.UNCERTAIN)
    assert "time_unit" in row.hint


def test_what_the_broker_had_kept_does_not_pass_as_fresh() -> None:
    assert one({}, b"20", retained=True).status == status.UNCERTAIN_LAST_USABLE
    assert one({}, b"20").status == status.GOOD
    assert one({}, b"", retained=True).status == status.BAD_NO_DATA  # it does not become better
    stamped: dict[str, object] = {"path": "v", "time": "ts"}
    row = one(stamped, b'{"v": 20, "ts": "2026-11-20T12:00:00Z"}', retained=True)
    assert (row.status, row.t_source) == (status.GOOD, NOON)  # it says itself how old it is


def test_a_message_that_is_no_json_fails_all_its_signals() -> None:
    failed = rows(topic(a={"path": "a"}, b={"path": "b"}), b"{")
    assert [row.status for row in failed] == [status.BAD_TYPE_MISMATCH] * 2
    assert "no JSON" in failed[0].hint


@pytest.mark.parametrize("payload", [b"[" * 200_000, b'{"a":' * 2000 + b"1" + b"}" * 2000, b"1" * 200_000])
def test_what_is_nested_or_long_without_end_is_refused(payload: bytes) -> None:
    assert one({"path": "a"}, payload).status >= status.BAD
    assert one({}, payload).status >= status.BAD


def test_a_message_that_is_too_large_is_not_looked_at() -> None:
    row = one({"text": True}, b"x" * (mqtt_topic.LARGEST + 1))
    assert row.status == status.BAD_TYPE_MISMATCH
    assert "256001 bytes" in row.hint


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "v"]), inner),
)


@given(st.binary(max_size=100) | JSON.map(orjson.dumps))
@example(b'{"v": 1e400}')
def test_whatever_is_published_gives_a_row_for_each_signal_and_no_number_that_is_none(payload: bytes) -> None:
    signals: dict[str, dict[str, object]] = {
        "plain": {},
        "path": {"path": "v.a"},
        "text": {"text": True},
        "timed": {"path": "v", "time": "a"},
    }
    found = rows(topic(**signals), payload)
    assert {row.place for row in found} == set(range(4))
    for row in found:
        assert row.status >= status.BAD or row.text is not None or math.isfinite(row.value)


def test_rows_make_as_few_frames_as_can_be_and_keep_their_order() -> None:
    made = [Row(place, Stamp(n, n), float(n)) for n, place in enumerate([0, 1, 2, 1, 0, 0])]
    out = list(frames(made, with_texts=False))
    assert [frame.ids.tolist() for frame in out] == [[0, 1, 2], [1, 0], [0]]
    assert [value for frame in out for value in frame.values] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert all(frame.mono.tolist() == frame.t_read.tolist() == frame.values.tolist() for frame in out)
    assert list(frames([], with_texts=True)) == []
