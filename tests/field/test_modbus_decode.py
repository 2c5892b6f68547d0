"""Registers become numbers the way `struct` says, in every order; what is no number is never passed off as one."""

import math
import struct
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.config.modbus_types import BYTES, NUMBERS, Byte, Order, Type, numbers_of, registers_of
from edgetwin.core import status
from edgetwin.core.signals import Codes, Floats
from edgetwin.field.bounds import EXACT
from edgetwin.field.modbus.decode import BitDecoder, Decoder
from edgetwin.field.modbus.decode_layout import Layout

FORMATS: dict[Type, str] = {
    "int8": "b",
    "uint8": "B",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float16": "e",
    "float32": "f",
    "float64": "d",
}
ORDERS: list[Order] = ["high-first", "low-first"]
REST = 0xA5  # what stands in the half of a register that is not asked for


def laid(octets: bytes, word_order: Order, byte_order: Order) -> bytes:
    """Lay bytes, most significant first, into registers as a device of that order does."""
    words = [octets[at : at + 2] for at in range(0, len(octets), 2)]
    if word_order == "low-first":
        words.reverse()
    if byte_order == "low-first":
        words = [word[::-1] for word in words]
    return b"".join(words)


@dataclass(frozen=True)
class Field:
    """A value, how it is stored, and how many registers lie before it."""

    kind: Type
    number: float
    octets: bytes  # most significant first
    bit: int
    byte: Byte
    word_order: Order
    byte_order: Order
    gap: int


def numbers(kind: Type) -> st.SearchStrategy[float]:
    """Give any number of a type."""
    if kind.startswith("float"):
        return st.floats(width=16 * registers_of(kind))  # type: ignore[arg-type] # 16, 32 or 64
    low, high = numbers_of(kind) or (0, 0)
    return st.integers(low, high)


@st.composite
def fields(draw: st.DrawFn) -> Field:
    kind = draw(st.sampled_from((*NUMBERS, "bool")))
    number = draw(numbers(kind))
    bit, byte = draw(st.integers(0, 15)), draw(st.sampled_from(get_args(Byte)))
    if kind == "bool":
        others = draw(st.integers(0, 0xFFFF)) & ~(1 << bit)
        octets = (others | int(number) << bit).to_bytes(2, "big")
    elif kind.startswith("bcd"):
        octets = bytes.fromhex(f"{int(number):0{4 * registers_of(kind)}d}")
    else:
        octets = struct.pack(f">{FORMATS[kind]}", number)
    if kind in BYTES:
        octets = bytes([REST, *octets]) if byte == "low" else bytes([*octets, REST])
    order = st.sampled_from(ORDERS)
    return Field(kind, number, octets, bit, byte, draw(order), draw(order), draw(st.integers(0, 3)))


def read(decoder: Decoder | BitDecoder, answer: bytes, count: int) -> tuple[Floats, Codes]:
    values, codes = np.full(count, 42.0), np.full(count, 42, np.uint32)
    decoder.read(answer, values, codes)
    return values, codes


@given(st.lists(fields(), min_size=1, max_size=30))
def test_a_block_of_anything_decodes_to_what_went_in(parts: list[Field]) -> None:
    answer, layouts = b"", []
    for part in parts:
        answer += b"\xa5\x5a" * part.gap
        layouts.append(
            Layout(
                position=len(answer) // 2,
                type=part.kind,
                bit=part.bit,
                byte=part.byte,
                word_order=part.word_order,
                byte_order=part.byte_order,
            )
        )
        answer += laid(part.octets, part.word_order, part.byte_order)
    values, codes = read(Decoder(layouts), answer, len(parts))
    for part, value, code in zip(parts, values, codes, strict=True):
        if not math.isfinite(part.number):
            assert math.isnan(value)
            assert code == status.BAD_SENSOR_FAILURE
        else:
            assert value == float(part.number)
            exact = part.kind.startswith("float") or abs(value) <= EXACT
            assert code == (status.GOOD if exact else status.UNCERTAIN)


@given(st.sampled_from(["bcd16", "bcd32", "bcd64"]), st.data())
def test_bcd_with_a_digit_above_nine_is_no_number_and_touches_no_neighbour(
    kind: Type, data: st.DataObject
) -> None:
    size = 2 * registers_of(kind)
    digits = data.draw(st.lists(st.integers(0, 15), min_size=2 * size, max_size=2 * size))
    octets = bytes(10 * [0x12])[:size] + bytes.fromhex("".join(f"{digit:x}" for digit in digits))
    layouts = [Layout(position=0, type=kind), Layout(position=size // 2, type=kind)]
    values, codes = read(Decoder(layouts), octets, 2)
    assert values[0] == int("12" * size)
    assert codes[0] == status.GOOD
    if max(digits) > 9:
        assert math.isnan(values[1])
        assert codes[1] == status.BAD_TYPE_MISMATCH
    else:
        assert values[1] == float("".join(map(str, digits)))


def test_bad_bcd_beside_a_float_that_is_no_number_keeps_its_own_reason() -> None:
    layouts = [Layout(position=0, type="bcd16"), Layout(position=1, type="float32")]
    _, codes = read(Decoder(layouts), b"\x00\xa0" + struct.pack(">f", math.nan), 2)
    assert codes.tolist() == [status.BAD_TYPE_MISMATCH, status.BAD_SENSOR_FAILURE]


def test_the_bits_and_the_halves_of_a_register_are_counted_from_its_lowest() -> None:
    layouts = [Layout(position=0, type="bool", bit=bit) for bit in range(16)]
    layouts += [Layout(position=0, type="uint8"), Layout(position=0, type="int8", byte="high")]
    layouts += [Layout(position=0, type="uint16")]
    values, _ = read(Decoder(layouts), b"\xfe\x05", len(layouts))
    assert values.tolist() == [1, 0, 1, 0, 0, 0, 0, 0, 0, *7 * [1], 5, -2, 0xFE05]


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data())
def test_bits_decode_to_what_went_in(bits: list[bool], data: st.DataObject) -> None:
    answer = int("".join("01"[bit] for bit in reversed(bits)), 2).to_bytes((len(bits) + 7) // 8, "little")
    asked = sorted(data.draw(st.sets(st.integers(0, len(bits) - 1), min_size=1)))
    decoder = BitDecoder([Layout(position=position, type="bool") for position in asked])
    values, codes = read(decoder, answer, len(asked))
    assert values.tolist() == [float(bits[position]) for position in asked]
    assert not codes.any()


def test_scale_and_offset_apply_to_their_own_signal() -> None:
    layouts = [
        Layout(position=0, type="int16", scale=0.1),
        Layout(position=1, type="int16"),
        Layout(position=2, type="int16", scale=2.0, offset=-40.0),
    ]
    values, _ = read(Decoder(layouts), struct.pack(">3h", -5, -5, 25), 3)
    assert values.tolist() == [-0.5, -5.0, 10.0]


def test_two_signals_may_share_a_register() -> None:
    layouts = [Layout(position=0, type="uint32"), Layout(position=1, type="uint16")]
    values, _ = read(Decoder(layouts), struct.pack(">I", 0x00010002), 2)
    assert values.tolist() == [0x00010002, 2]


@pytest.mark.parametrize("octets", [b"\x7f\x80\x00\x01", b"\x7f\xc0\x00\x00", b"\xff\x80\x00\x00"])
def test_a_float_that_is_no_number_does_not_touch_its_neighbour(octets: bytes) -> None:
    layouts = [Layout(position=0, type="float32", scale=0.0), Layout(position=2, type="float32", offset=1.0)]
    values, codes = read(Decoder(layouts), octets + struct.pack(">f", 2.5), 2)
    assert math.isnan(values[0])
    assert values[1] == 3.5
    assert codes.tolist() == [status.BAD_SENSOR_FAILURE, status.GOOD]


def test_a_number_that_its_scale_makes_infinite_is_no_number() -> None:
    values, codes = read(
        Decoder([Layout(position=0, type="float64", scale=1e200)]), struct.pack(">d", 1e200), 1
    )
    assert math.isnan(values[0])
    assert codes[0] == status.BAD_SENSOR_FAILURE


def test_a_whole_number_that_its_scale_makes_infinite_is_no_number() -> None:
    values, codes = read(Decoder([Layout(position=0, type="uint16", scale=1e308)]), b"\xff\xff", 1)
    assert math.isnan(values[0])
    assert codes[0] == status.BAD_SENSOR_FAILURE


def test_a_counter_that_a_float_cannot_hold_is_uncertain_before_it_is_scaled() -> None:
    layouts = [Layout(position=0, type="uint64", scale=1e-3), Layout(position=4, type="int64", scale=1e-3)]
    values, codes = read(Decoder(layouts), struct.pack(">Qq", 2**64 - 1, 2**53), 2)
    assert values.tolist() == [(2**64 - 1) * 1e-3, 2**53 * 1e-3]
    assert codes.tolist() == [status.UNCERTAIN, status.GOOD]


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1])
def test_the_first_counter_that_a_float_cannot_hold_is_uncertain(number: int) -> None:
    values, codes = read(Decoder([Layout(position=0, type="int64")]), struct.pack(">q", number), 1)
    assert abs(values[0]) == 2**53  # rounded to what would be good by itself
    assert codes[0] == status.UNCERTAIN
