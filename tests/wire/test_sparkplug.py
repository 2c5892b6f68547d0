"""Sparkplug B payloads: what others write is read as they meant it, and what nobody should write is one error."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgetwin.wire import sparkplug
from edgetwin.wire.protobuf import Malformed, block, fields, whole
from edgetwin.wire.sparkplug import DataType, Metric, decode, rebirth

GOLDEN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "sparkplug_golden.json").read_text(encoding="utf-8")
)["cases"]
REAL = [bytes.fromhex(case["hex"]) for case in GOLDEN]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_what_another_implementation_wrote_is_read_as_it_was_meant(case: dict[str, Any]) -> None:
    payload = decode(bytes.fromhex(case["hex"]))
    assert (payload.time_ms, payload.seq) == (case["time_ms"], case["seq"])
    assert len(payload.metrics) == len(case["metrics"])
    for metric, given_ in zip(payload.metrics, case["metrics"], strict=True):
        told = (metric.name, metric.alias, metric.time_ms, metric.datatype, metric.historical, metric.null)
        assert told == tuple(
            given_[key] for key in ("name", "alias", "time_ms", "datatype", "historical", "null")
        )
        value = metric.value(given_["in_type"])
        assert (value, type(value)) == (given_["value"], type(given_["value"]))


@pytest.mark.parametrize(
    ("datatype", "bits", "value"),
    [
        (DataType.INT8, 0xFF, -1),
        (DataType.INT8, 0xFFFFFFFF, -1),  # filled up to 32 bits
        (DataType.INT8, 0xFFFFFFFFFFFFFFFF, -1),
        (DataType.INT8, 0x1FF, None),  # 511 is no int8, and no -1 either
        (DataType.INT8, 300, None),
        (DataType.INT16, 0x8000, -32768),
        (DataType.INT32, 0x80000000, -(2**31)),
        (DataType.INT64, 1 << 63, -(2**63)),
        (DataType.UINT8, 256, None),
        (DataType.UINT32, 1 << 32, None),
        (DataType.UINT64, (1 << 64) - 1, (1 << 64) - 1),
        (DataType.FLOAT, 5, None),
        (DataType.STRING, 5, None),
        (DataType.INT32, "5", None),
        (DataType.BOOLEAN, 1.0, None),
        (DataType.INT32, True, None),
        (None, 5, None),
        (99, 5, None),
    ],
)
def test_a_value_fits_its_type_or_is_none(datatype: int | None, bits: int, value: int | None) -> None:
    assert Metric(bits=bits).value(datatype) == value


def test_the_type_in_the_message_goes_before_that_of_the_birth() -> None:
    assert Metric(bits=200, datatype=DataType.UINT8).value(DataType.INT8) == 200


def test_the_last_of_several_values_holds() -> None:
    metric = whole(10, 5) + block(15, b"text") + whole(4, DataType.STRING)
    assert decode(block(2, metric)).metrics[0].value() == "text"
    assert decode(block(2, metric + block(16, b"bytes"))).metrics[0].value() is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x80" * 11, "no end"),
        (b"\x12\x7f", "127 bytes, and 0 are left"),
        (b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "are left"),
        (b"\x0b", "kind 3"),
        (b"\x00\x00", "no field 0"),
        (b"\x10\x05", "field 2 has no length"),
        (b"\x0a\x00", "field 1 is no whole number"),
        (whole(3, 256), "256 is above 255"),
        (block(2, block(1, b"\xff")), "no UTF-8"),
        (block(2, whole(12, 1)), "no number of fixed length"),
        (bytes(sparkplug.LARGEST + 1), "more than any payload has"),
        (block(2, b"") * (sparkplug.MOST_METRICS + 1), "metrics"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        decode(data)


@given(st.binary(max_size=200))
@example(b"")
def test_any_bytes_are_a_payload_or_malformed(data: bytes) -> None:
    decode_or_refuse(data)


def decode_or_refuse(data: bytes) -> bool:
    try:
        payload = decode(data)
    except Malformed:
        return False
    for metric in payload.metrics:
        for datatype in (None, *DataType):
            metric.value(datatype)
    return True


def test_20_000_mutations_of_real_payloads_raise_nothing_else_and_take_no_time() -> None:
    chance = random.Random(20261120)  # noqa: S311 - a fixed campaign, guards nothing
    read, began = 0, time.process_time()
    for _ in range(20_000):
        data = bytearray(chance.choice(REAL))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randint(1, 20)]
                case 2:
                    data[at:at] = chance.randbytes(chance.randint(1, 8))
                case _:
                    data[at] = 0xFF
            if not data:
                break
        read += decode_or_refuse(bytes(data))
    assert 0 < read < 20_000  # some are still payloads, some are not
    assert time.process_time() - began < 60


def test_the_fields_of_a_message_can_be_written_and_read() -> None:
    written = whole(1, 0) + whole(2, (1 << 64) - 1) + block(3, b"x" * 300)
    assert [field.content for field in fields(written)] == [0, (1 << 64) - 1, b"x" * 300]


def test_the_command_for_a_rebirth_is_what_the_standard_says() -> None:
    payload = decode(rebirth(1_780_000_000_000))
    (metric,) = payload.metrics
    assert (metric.name, metric.value(), payload.time_ms) == ("Node Control/Rebirth", True, 1_780_000_000_000)
