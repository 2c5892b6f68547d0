"""Frames of a serial line: from bytes to answers, or to what is wrong with them."""

import pytest

from edgetwin.field.modbus.frames import Refused, Request, RtuFraming, Unusable, crc16, is_intact

ASK = Request(unit=1, area="hr", address=0, count=2)
DATA = bytes.fromhex("12345678")


def sealed(text: str) -> bytes:
    frame = bytes.fromhex(text)
    return frame + crc16(frame)


GOOD = sealed("01030412345678")


def asked(request: Request = ASK) -> RtuFraming:
    framing = RtuFraming()
    framing.ask(request)
    return framing


def test_an_answer_in_pieces_is_put_together() -> None:
    framing = asked()
    *pieces, last = (bytes([octet]) for octet in GOOD)
    assert [framing.take(piece) for piece in pieces] == [None] * len(pieces)
    assert framing.take(last) == DATA


def test_an_exception_is_told_by_its_code() -> None:
    with pytest.raises(Refused, match="Modbus exception 6"):
        asked().take(sealed("018306"))


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (sealed("02030412345678"), "unit 2 instead of 1"),
        (sealed("01040412345678"), "function code 4 instead of 3"),
        (sealed("0103021234"), "2 bytes instead of 4"),
        (bytes.fromhex("01030412345678") + b"\0\0", "checksum"),
        (b"\0" + GOOD, "unit 0"),
        (GOOD + b"\0", "behind the answer"),
        (GOOD + GOOD, "behind the answer"),
    ],
)
def test_an_answer_that_does_not_fit_is_unusable(frame: bytes, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        asked().take(frame)


def test_bytes_that_nobody_asked_for_are_unusable() -> None:
    framing = asked()
    assert framing.take(GOOD) == DATA
    with pytest.raises(Unusable, match="nobody asked"):
        framing.take(GOOD)


def test_an_echo_of_the_request_is_skipped() -> None:
    framing = asked()
    echo = framing.ask(ASK)
    assert framing.take(echo[:5]) is None
    assert framing.take(echo[5:]) is None
    assert framing.take(GOOD[:4]) is None
    assert framing.take(GOOD[4:]) == DATA


def test_an_echo_alone_is_no_answer_even_where_it_looks_like_one() -> None:
    request = Request(unit=1, area="co", address=0x0300, count=20)  # its answer has 3 bytes too
    framing = asked(request)
    assert framing.take(framing.ask(request)) is None
    assert not framing.give_up()  # and nothing of an answer has come


def test_an_echo_with_a_wrong_answer_behind_it_is_unusable() -> None:
    framing = asked()
    with pytest.raises(Unusable, match="checksum"):
        framing.take(framing.ask(ASK) + GOOD[:-1] + b"\0")


def test_a_checksum_tells_each_wrong_bit() -> None:
    frame = GOOD
    assert is_intact(frame)
    for bit in range(8 * len(frame)):
        spoilt = bytearray(frame)
        spoilt[bit // 8] ^= 1 << bit % 8
        assert not is_intact(bytes(spoilt))
