"""What a fenced driver says: a frame comes out as it went in, and what cannot be right is not believed."""

import struct

import numpy as np
import pytest

from edgetwin.core.signals import UNSTAMPED, Frame, Stamp
from edgetwin.field.fence import wire
from edgetwin.field.fence.wire import Kind, Nonsense

SIGNALS = 4


def sample(texts: tuple[str | None, ...] = ()) -> Frame:
    return Frame(
        ids=np.array([2, 0], np.int32),
        values=np.array([1.5, np.nan]),
        status=np.array([0, 0x80340000], np.uint32),
        t_source=np.array([1_780_000_000_000_000_001, UNSTAMPED]),
        t_read=np.array([1_780_000_000_500_000_000, 1_780_000_000_500_000_001]),
        mono=np.array([7, 8]),
        texts=texts,
    )


def same(one: Frame, other: Frame) -> bool:
    columns = ("ids", "values", "status", "t_source", "t_read", "mono")
    return one.texts == other.texts and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name == "values")
        and getattr(one, name).dtype == getattr(other, name).dtype
        for name in columns
    )


@pytest.mark.parametrize("texts", [(), ("lime \N{SNOWMAN}", None), (None, "")])
def test_a_frame_comes_out_as_it_went_in(texts: tuple[str | None, ...]) -> None:
    assert same(wire.frame(wire.pack_frame(sample(texts)), SIGNALS), sample(texts))


def test_a_frame_without_readings_is_one() -> None:
    empty = Frame.at(Stamp(1, 2), np.array([], np.int32), np.array([]))
    assert len(wire.frame(wire.pack_frame(empty), SIGNALS)) == 0


def test_a_frame_that_is_cut_off_anywhere_is_nonsense() -> None:
    whole = wire.pack_frame(sample(("a", "b")))
    for length in range(len(whole)):
        with pytest.raises(Nonsense):
            wire.frame(whole[:length], SIGNALS)
    with pytest.raises(Nonsense):
        wire.frame(whole + b"\0", SIGNALS)


@pytest.mark.parametrize("ids", [[2, 2], [0, SIGNALS], [-1, 0]])
def test_signals_that_cannot_be_are_nonsense(ids: list[int]) -> None:
    frame = Frame.at(Stamp(1, 2), np.array(ids, np.int32), np.zeros(2))
    with pytest.raises(Nonsense):
        wire.frame(wire.pack_frame(frame), SIGNALS)


def test_more_readings_than_signals_are_nonsense() -> None:
    with pytest.raises(Nonsense):
        wire.frame(wire.pack_frame(sample()), 1)


@pytest.mark.parametrize(
    "texts",
    [b'["one"]', b"[1, 2]", b"nothing", b'{"a": 1}', b"[" * 100_000, b"\xff\xff", b'["\\ud800", "b"]'],
)
def test_texts_that_cannot_be_are_nonsense(texts: bytes) -> None:
    packed = bytearray(wire.pack_frame(sample()) + texts)
    struct.pack_into("<I", packed, 4, len(texts))
    with pytest.raises(Nonsense):
        wire.frame(bytes(packed), SIGNALS)


@pytest.mark.parametrize("data", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000, b'{"a": "\\udcff"}'])
def test_words_that_cannot_be_are_nonsense(data: bytes) -> None:
    with pytest.raises(Nonsense):
        wire.words(data)


def test_what_no_log_and_no_message_can_hold_is_not_said() -> None:
    assert wire.words(wire.pack_words({"reason": "no \udcff"})) == {"reason": "no ?"}
    assert wire.frame(wire.pack_frame(sample(("\udcff", None))), SIGNALS).texts == ("?", None)


def test_the_columns_of_a_frame_are_aligned() -> None:
    frame = wire.frame(wire.pack_frame(sample()), SIGNALS)
    assert all(column.flags.aligned for column in (frame.values, frame.t_source, frame.t_read, frame.mono))


def test_a_message_says_what_it_is_and_how_long() -> None:
    message = wire.message(Kind.FRAME, b"abc")
    assert wire.head(message[: wire.HEAD.size]) == (Kind.FRAME, 3)


@pytest.mark.parametrize("head", [struct.pack("<cI", b"?", 1), struct.pack("<cI", b"F", wire.LONGEST + 1)])
def test_an_envelope_that_cannot_be_is_nonsense(head: bytes) -> None:
    with pytest.raises(Nonsense):
        wire.head(head)


def test_a_message_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(ValueError, match="too long"):
        wire.message(Kind.FRAME, bytes(wire.LONGEST + 1))
