"""Registers become numbers the way `struct` says, in every order; what is no number is never passed off as one."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.config.modbus_types import Order, Type, registers_of
from edgetwin.core import status
from edgetwin.core.signals import Codes, Floats
from edgetwin.field.decode import EXACT, BitDecoder, Decoder, Layout

FORMATS: dict[Type, str] = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}
ORDERS: list[Order] = ["high-first", "low-first"]


def registers(kind: Type, number: float, word_order: Order, byte_order: Order) -> bytes:
    """Lay a number into registers as a device of that order does."""
    octets = struct.pack(f">{FORMATS[kind]}", number)
    words = [octets[at : at + 2] for at in range(0, len(octets), 2)]
    if word_order == "low-first":
        words.reverse()
    if byte_order == "low-first":
        words = [word[::-1] for word in words]
    return b"".join(words)


def numbers_of(kind: Type) -> st.SearchStrategy[float]:
    """Give any number of a type."""
    if kind.startswith("float"):
        return st.floats(width=16 * registers_of(kind))  # type: ignore[arg-type]
    bits = 16 * registers_of(kind)
    return (
        st.integers(0, 2**bits - 1)
        if kind[0] == "u"
        else st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    )


def read(decoder: Decoder | BitDecoder, answer: bytes, count: int) -> tuple[Floats, Codes]:
    values, codes = np.full(count, 42.0), np.full(count, 42, np.uint32)
    decoder.read(answer, values, codes)
    return values, codes


@st.composite
def fields(draw: st.DrawFn) -> tuple[Type, float, Order, Order, int]:
    kind = draw(st.sampled_from(sorted(FORMATS)))
    order = st.sampled_from(ORDERS)
    return kind, draw(numbers_of(kind)), draw(order), draw(order), draw(st.integers(0, 3))


@given(st.lists(fields(), min_size=1, max_size=30))
def test_a_block_of_anything_decodes_to_what_went_in(
    parts: list[tuple[Type, float, Order, Order, int]],
) -> None:
    answer, layouts = b"", []
    for kind, number, word_order, byte_order, gap in parts:
        answer += b"\xa5\x5a" * gap
        layouts.append(
            Layout(position=len(answer) // 2, type=kind, word_order=word_order, byte_order=byte_order)
        )
        answer += registers(kind, number, word_order, byte_order)
    values, codes = read(Decoder(layouts), answer, len(parts))
    for (kind, number, *_), value, code in zip(parts, values, codes, strict=True):
        if not math.isfinite(number):
            assert math.isnan(value)
            assert code == status.BAD_SENSOR_FAILURE
        else:
            assert value == float(number)
            exact = kind.startswith("float") or abs(value) <= EXACT
            assert code == (status.GOOD if exact else status.UNCERTAIN)


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


def test_a_counter_that_a_float_cannot_hold_is_uncertain_before_it_is_scaled() -> None:
    layouts = [Layout(position=0, type="uint64", scale=1e-3), Layout(position=4, type="int64", scale=1e-3)]
    values, codes = read(Decoder(layouts), struct.pack(">Qq", 2**64 - 1, 2**53), 2)
    assert values.tolist() == [(2**64 - 1) * 1e-3, 2**53 * 1e-3]
    assert codes.tolist() == [status.UNCERTAIN, status.GOOD]
