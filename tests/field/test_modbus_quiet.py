"""When a line without transaction ids may be used again, decided without a line."""

import pytest

from edgetwin.config.modbus_line import line
from edgetwin.field.modbus.frames import crc16
from edgetwin.field.modbus.quiet import Quiet

FRAME = bytes.fromhex("0503021234")


def serial(settings: str = "baud=19200&parity=even") -> Quiet:
    return Quiet(line(f"modbus-rtu:///dev/ttyUSB0?{settings}"))


@pytest.mark.parametrize(
    ("settings", "silence_s"),
    [
        ("baud=9600&parity=even", 3.5 * 11 / 9600),
        ("baud=9600&parity=none", 3.5 * 10 / 9600),
        ("baud=115200", 1.75e-3),
    ],
)
def test_after_a_good_answer_it_rests_for_three_and_a_half_characters(
    settings: str, silence_s: float
) -> None:
    quiet = serial(settings)
    quiet.answered(10.0)
    assert quiet.at == pytest.approx(10.0 + silence_s)


def test_a_network_line_needs_no_rest() -> None:
    quiet = Quiet(line("modbus-tcp://127.0.0.1"))
    quiet.answered(10.0)
    assert quiet.at == 10.0


def test_it_is_drained_until_nothing_came_for_as_long_as_the_request_was_given() -> None:
    quiet = serial()
    quiet.begins()
    quiet.drain(10.0, 0.5)
    assert quiet.at == 10.5
    quiet.stray(10.4, b"\1\2", 9.9)  # once it is drained, the time-out of the failed request counts
    assert quiet.at == 10.9


def test_bytes_on_an_idle_line_begin_to_drain_it() -> None:
    quiet = serial()
    quiet.begins()
    quiet.answered(10.0)
    quiet.stray(10.001, b"\1", 0.5)
    assert quiet.at == 10.501


def test_a_whole_answer_that_nobody_waits_for_tells_its_unit() -> None:
    quiet = serial()
    quiet.begins()
    frame = FRAME + crc16(FRAME)
    assert quiet.stray(10.0, frame[:3], 0.5) is None
    assert quiet.stray(10.1, frame[3:], 0.5) == 5
    quiet.begins()
    assert quiet.stray(11.0, frame[3:], 0.5) is None


def test_a_line_on_which_somebody_talks_all_the_time_is_told() -> None:
    quiet = serial()
    quiet.begins()
    now = 10.0
    while not quiet.is_restless(now):
        quiet.stray(now, b"\x55", 0.5)
        now += 0.1
    assert 10.0 <= now - 10.0 <= 11.0
    quiet.begins()
    assert not quiet.is_restless(now)
