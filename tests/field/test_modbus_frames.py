"""Frames of Modbus TCP: from requests to bytes, and from bytes to answers, or to what is wrong with them."""

import pytest

from edgetwin.field.modbus.frames import Broken, Refused, Request, RtuFraming, TcpFraming, Unusable

ASK = Request(unit=1, area="hr", address=0, count=2)
DATA = bytes.fromhex("12345678")


def test_requests_look_as_the_standard_says() -> None:
    assert RtuFraming().ask(ASK) == bytes.fromhex("010300000002c40b")
    assert TcpFraming(number=0x1233).ask(ASK) == bytes.fromhex("123400000006010300000002")


@pytest.mark.parametrize(("area", "code"), [("co", 1), ("di", 2), ("hr", 3), ("ir", 4)])
def test_each_table_has_its_function_code(area: str, code: int) -> None:
    request = Request(unit=7, area=area, address=0x0102, count=17)  # type: ignore[arg-type]
    assert request.octets == bytes([7, code, 1, 2, 0, 17])
    assert request.length == (3 if area in ("co", "di") else 34)


def test_transaction_ids_go_round_without_zero_and_do_not_repeat_soon() -> None:
    framing = TcpFraming(number=65_530)
    numbers = [int.from_bytes(framing.ask(ASK)[:2], "big") for _ in range(65_535)]
    assert 0 not in numbers
    assert len(set(numbers)) == 65_535
    assert int.from_bytes(framing.ask(ASK)[:2], "big") == numbers[0]


def answer(number: int = 1, text: str = "01030412345678", protocol: int = 0) -> bytes:
    pdu = bytes.fromhex(text)
    return number.to_bytes(2, "big") + protocol.to_bytes(2, "big") + len(pdu).to_bytes(2, "big") + pdu


def asked(times: int = 1) -> TcpFraming:
    framing = TcpFraming()
    for _ in range(times):
        framing.ask(ASK)
    return framing


def test_an_answer_in_pieces_is_put_together() -> None:
    framing = asked()
    *pieces, last = (bytes([octet]) for octet in answer())
    assert [framing.take(piece) for piece in pieces] == [None] * len(pieces)
    assert framing.take(last) == DATA


def test_answers_to_older_requests_are_noted_and_thrown_away() -> None:
    framing = asked(times=3)
    assert framing.take(answer(1, "0503021111") + answer(2, "01830b")) is None
    assert framing.take(answer(3)) == DATA
    assert framing.take(answer(3)) is None  # once more
    assert framing.late == [5, 1, 1]


@pytest.mark.parametrize("number", [0, 2, 4, 65_535])
def test_an_answer_that_nobody_asked_for_breaks_the_stream(number: int) -> None:
    with pytest.raises(Broken, match="which nobody asked"):
        asked().take(answer(number))


def test_an_answer_of_the_connection_before_breaks_the_stream() -> None:
    framing = TcpFraming(number=500)
    framing.ask(ASK)
    with pytest.raises(Broken, match="transaction 500"):
        framing.take(answer(500))


@pytest.mark.parametrize("frame", ["000100010007", "000100000002", "0001000000ff", "485454502f31"])
def test_what_is_no_header_breaks_the_stream(frame: str) -> None:
    with pytest.raises(Broken):
        asked().take(bytes.fromhex(frame))


def test_bytes_behind_the_answer_break_the_stream() -> None:
    with pytest.raises(Broken, match="behind the answer"):
        asked().take(answer() + b"\0")


def test_bytes_that_nobody_asked_for_break_the_stream() -> None:
    with pytest.raises(Broken):
        TcpFraming().take(answer())


def test_half_an_answer_is_known_when_it_is_given_up() -> None:
    framing = asked()
    framing.take(answer()[:9])
    assert framing.give_up()
    assert not asked().give_up()


def test_an_exception_is_told_by_its_code() -> None:
    with pytest.raises(Refused, match="Modbus exception 2") as refused:
        asked().take(answer(text="018302"))
    assert refused.value.code == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("02030412345678", "unit 2 instead of 1"),
        ("01040412345678", "function code 4 instead of 3"),
        ("0103021234", "2 bytes instead of 4"),
        ("010306123456789abc", "6 bytes instead of 4"),
        ("01030312345678", "4 bytes instead of 4"),
        ("018402", "function code 132"),
        ("018300", "function code 131"),
        ("0183", None),
    ],
)
def test_an_answer_that_does_not_fit_is_unusable(text: str, what: str | None) -> None:
    with pytest.raises(Unusable if what else Broken, match=what):
        asked().take(answer(text=text))


def test_unit_0_is_whoever_answers() -> None:
    framing = TcpFraming()
    framing.ask(Request(unit=0, area="hr", address=0, count=2))
    assert framing.take(answer(text="ff030412345678")) == DATA
