"""Strings in registers: their end, their encoding, and what is no text at all."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.config.modbus_types import Order
from edgetwin.core import status
from edgetwin.field.modbus.decode import Decoder
from edgetwin.field.modbus.decode_layout import Layout
from edgetwin.field.modbus.decode_text import text_of

PRINTABLE = st.text(
    st.characters(blacklist_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), blacklist_characters="\xff"),
    max_size=40,
)


def turned(octets: bytes) -> bytes:
    """Swap the two bytes of each register."""
    return b"".join(octets[at : at + 2][::-1] for at in range(0, len(octets), 2))


@given(PRINTABLE, st.sampled_from([b"\0", b" ", b"\r\n"]), st.sampled_from(["high-first", "low-first"]))
def test_a_text_comes_out_as_it_went_in(text: str, padding: bytes, order: Order) -> None:
    octets = text.encode()
    length = len(octets) + 3
    octets = (octets + 10 * padding)[:length]
    stored = octets + b"!" * (length % 2)  # the second half of the last register is not asked for
    layouts = [
        Layout(position=0, type="uint16"),
        Layout(position=1, type="string", length=length, byte_order=order),
    ]
    values, codes, texts = np.full(2, 42.0), np.zeros(2, np.uint32), np.full(2, None, object)
    answer = b"\x00\x07" + (stored if order == "high-first" else turned(stored))
    Decoder(layouts).read(answer, values, codes, texts)
    assert texts.tolist() == [None, text]
    assert codes.tolist() == [status.GOOD, status.GOOD]
    assert values[0] == 7
    assert math.isnan(values[1])


@pytest.mark.parametrize(
    ("octets", "text", "code"),
    [
        (b"BATCH-7\0old rest", "BATCH-7", status.GOOD),
        (b"  mid dle  ", "  mid dle", status.GOOD),
        (b"\0\0\0\0", "", status.GOOD),
        (b"    ", "", status.GOOD),
        ("Mühle".encode(), "Mühle", status.GOOD),
        ("Mühle".encode("latin-1"), "Mühle", status.GOOD),
        (b"A\x01B", "A\N{REPLACEMENT CHARACTER}B", status.UNCERTAIN),
        (b"\x9d\x8fA", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}A", status.UNCERTAIN),
        (b"\xff\xff\xff\xff", None, status.BAD_SENSOR_FAILURE),
    ],
)
def test_what_a_technician_sees_of_the_bytes(octets: bytes, text: str | None, code: int) -> None:
    assert text_of(octets) == (text, code)


@given(st.binary(min_size=1, max_size=250))
def test_no_bytes_make_text_with_control_characters_in_it(octets: bytes) -> None:
    text, code = text_of(octets)
    assert (text is None) == (code == status.BAD_SENSOR_FAILURE)
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in text or "")
