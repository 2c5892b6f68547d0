"""The address of a Modbus line: what it names, and what it is told when it names nothing."""

import pytest
from pydantic_core import PydanticCustomError

from edgetwin.config.modbus_line import Line, SerialPort, line
from edgetwin.config.url import Endpoint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("modbus-tcp://10.0.0.1", Line(Endpoint("modbus-tcp", "10.0.0.1", 502, 502), "tcp")),
        ("modbus-rtu-tcp://10.0.0.1:23", Line(Endpoint("modbus-rtu-tcp", "10.0.0.1", 23, 4001), "rtu")),
        ("modbus-rtu:///dev/ttyUSB0", Line(SerialPort("/dev/ttyUSB0", 19_200, "even", 1), "rtu")),
        (
            "modbus-rtu:///dev/ttyS1?baud=9600&parity=none&stop_bits=2",
            Line(SerialPort("/dev/ttyS1", 9_600, "none", 2), "rtu"),
        ),
    ],
)
def test_a_line_is_read_as_it_is_written(text: str, meant: Line) -> None:
    assert line(text) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modbus-rtu://dev/ttyUSB0", "does not name a serial port"),
        ("modbus-rtu://", "does not name a serial port"),
        ("modbus-rtu:///dev/ttyUSB0?baud=12345", "not a usual baud rate"),
        ("modbus-rtu:///dev/ttyUSB0?parity=E", "not a parity"),
        ("modbus-rtu:///dev/ttyUSB0?stop_bits=3", "not 1 or 2 stop bits"),
        ("modbus-rtu:///dev/ttyUSB0?speed=9600", 'no setting "speed"'),
        ("modbus-rtu:///dev/ttyUSB0?baud=9600&baud=9600", "baud twice"),
        ("modbus-rtu:///user:secret@x", "where it would end up in logs"),
        ("modbus-ascii://10.0.0.1", "is not known here"),
        ("modbus-tcp://10.0.0.1?x=1", "goes on after the port"),
        (502, "not an address"),
    ],
)
def test_what_names_no_line_is_refused(text: object, said: str) -> None:
    with pytest.raises(PydanticCustomError, match=said):
        line(text)


def test_a_character_takes_eleven_bits_with_parity_and_ten_without() -> None:
    assert SerialPort("/dev/x", 9_600, "even").character_s == pytest.approx(11 / 9_600)
    assert SerialPort("/dev/x", 9_600, "none").character_s == pytest.approx(10 / 9_600)
