"""The line to Modbus units, from `connect`: a network address, a serial port, or a serial line behind a network port.

    modbus-tcp://192.168.10.21:502                        Modbus TCP
    modbus-rtu:///dev/ttyUSB0?baud=19200&parity=even      a serial port of this machine
    modbus-rtu-tcp://192.168.10.22:4001                   a serial line behind a device server, frames as they are

One line carries many units. Devices that name the same line share it: one connection, one request at a time.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from edgetwin.config.branch import mistake
from edgetwin.config.url import Endpoint, endpoint

TCP, RTU, RTU_TCP = "modbus-tcp", "modbus-rtu", "modbus-rtu-tcp"
SCHEMES = (TCP, RTU, RTU_TCP)

Parity = Literal["none", "even", "odd"]

_PORTS = {TCP: 502, RTU_TCP: 4001}
_BAUDS = (1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 76800, 115200, 230400, 460800, 921600)
_PARITIES: tuple[Parity, ...] = ("none", "even", "odd")
_SLOW_CHARACTER_S = 10 / 9600
_SETTINGS = ("baud", "parity", "stop_bits")
_EXAMPLE = "modbus-rtu:///dev/ttyUSB0?baud=19200&parity=even"


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port and its settings. Modbus RTU always has eight data bits."""

    path: str
    baud: int = 19_200
    parity: Parity = "even"
    stop_bits: int = 1

    @property
    def character_s(self) -> float:
        """How long one byte takes on the wire: start bit, eight bits, parity if any, stop bits."""
        return (9 + (self.parity != "none") + self.stop_bits) / self.baud


@dataclass(frozen=True, slots=True)
class Line:
    """Where the units are, and how frames look there. Two devices with equal lines share one connection."""

    place: Endpoint | SerialPort
    framing: Literal["tcp", "rtu"]

    @property
    def character_s(self) -> float:
        """How long one byte takes: on a network no time; behind a device server nobody knows, so 9600 baud."""
        if isinstance(self.place, SerialPort):
            return self.place.character_s
        return _SLOW_CHARACTER_S if self.framing == "rtu" else 0.0

    def __str__(self) -> str:
        if isinstance(self.place, SerialPort):
            return self.place.path
        return f"{self.place.host}:{self.place.port}"


def line(text: object) -> Line:
    """Read the address of a line."""
    if isinstance(text, str) and text.partition("://")[0] == RTU and "@" not in text:
        return Line(_serial(text), "rtu")
    hint = "Modbus knows no passwords: leave it out"
    place = endpoint(text, {**_PORTS, RTU: 0}, instead=hint)
    return Line(place, "tcp" if place.scheme == TCP else "rtu")


def _serial(text: str) -> SerialPort:
    parts = urlsplit(text)
    if parts.netloc or not parts.path.startswith("/") or len(parts.path) < 2 or parts.fragment:
        raise mistake(f'"{text}" does not name a serial port', f'three slashes and its path: "{_EXAMPLE}"')
    given: dict[str, str] = {}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key not in _SETTINGS:
            raise mistake(f'a serial line has no setting "{key}"', f"known: {', '.join(_SETTINGS)}")
        if key in given:
            raise mistake(f'"{text}" has {key} twice', "leave one of them out")
        given[key] = value
    parity = _parity(given.get("parity", "even"))
    # Without parity the standard asks for two stop bits; most devices in the field send one.
    return SerialPort(
        path=parts.path,
        baud=_number(given.get("baud", "19200"), _BAUDS, "a usual baud rate"),
        parity=parity,
        stop_bits=_number(given.get("stop_bits", "1"), (1, 2), "1 or 2 stop bits"),
    )


def _parity(text: str) -> Parity:
    for known in _PARITIES:
        if known == text:
            return known
    raise mistake(f'"{text}" is not a parity', "write parity=none, parity=even or parity=odd")


def _number(text: str, allowed: tuple[int, ...], what: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) in allowed:
        return int(text)
    raise mistake(f'"{text}" is not {what}', f"known: {', '.join(map(str, allowed))}")
