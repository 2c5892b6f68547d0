"""Modbus frames: from a request to bytes, and from bytes to the data of its answer. Pure; knows no socket and no time.

What a frame lets us check is checked against the one request that is in flight: transaction id and protocol id, unit,
function code, byte count, length, and on a serial line the checksum. Data comes out only when all of them fit.

- Refused: the unit answered with an exception code.
- Unusable: something came that is not the answer. On a serial line nobody can tell where the next frame begins.
- Broken: a stream of frames with lengths has lost its step. Nothing that follows in it can be trusted.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from edgetwin.config.registers import BITS, Area
from edgetwin.core import status

FUNCTIONS: Mapping[Area, int] = {"co": 1, "di": 2, "hr": 3, "ir": 4}

_IS_EXCEPTION = 0x80
_HEADER = struct.Struct(">HHH")  # transaction id, protocol id, how many bytes follow
# So many bytes follow: unit, function code and at least one more; and the most there can be.
_SHORTEST, _LONGEST = 3, 254
_IDS = 65_535  # transaction ids go from 1 to this; 0 is what careless devices and gateways make up
_REMEMBERED = 32_000  # how many of the ids before this one count as older


class Refused(Exception):  # noqa: N818 - an answer of the device, not a programming error
    """The device answered with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(status.describe_exception(code))
        self.code = code


class Unusable(Exception):  # noqa: N818 - likewise
    """Something came that is not the answer to what was asked."""


class Broken(Exception):  # noqa: N818 - likewise
    """The stream cannot be trusted any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """Registers (or bits) of one unit to be read."""

    unit: int
    area: Area
    address: int
    count: int
    function: int = field(init=False)
    length: int = field(init=False)  # bytes of data in its answer
    octets: bytes = field(init=False)  # unit, function code, address, count

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "function", FUNCTIONS[self.area])
        put(self, "length", (self.count + 7) // 8 if self.area in BITS else 2 * self.count)
        put(self, "octets", struct.pack(">BBHH", self.unit, self.function, self.address, self.count))

    def data(self, answer: bytes) -> bytes:
        """Take the data out of an answer: unit, function code, byte count, data."""
        if answer[0] != self.unit and self.unit:  # unit 0 is whoever is there
            raise Unusable(f"an answer of unit {answer[0]} instead of {self.unit}")
        if answer[1] == self.function:
            if len(answer) != self.length + 3 or answer[2] != self.length:
                raise Unusable(f"{len(answer) - 3} bytes instead of {self.length}")
            return answer[3:]
        if answer[1] == self.function | _IS_EXCEPTION and len(answer) == 3 and answer[2]:
            raise Refused(answer[2])
        raise Unusable(f"function code {answer[1]} instead of {self.function}")


class Framing(Protocol):
    """How frames look on a line. It carries one request at a time."""

    numbered: bool  # whether an answer says which request it belongs to
    number: int  # the transaction id that was used last, if there are any
    late: list[int]  # units whose answers came too late and were thrown away; whoever looks empties it

    def ask(self, request: Request) -> bytes:
        """Begin with a request, and give its bytes."""
        ...

    def take(self, data: bytes) -> bytes | None:
        """Take what came. Give the data of the answer once it is complete; raise what is said above."""
        ...

    def give_up(self) -> bool:
        """Expect no answer any more. Tells whether a part of one had come."""
        ...


class TcpFraming:
    """Modbus TCP: each frame has a transaction id and says how long it is.

    `number` is the id that was used last on the line. Ids go on where they were when a line is connected anew, for
    what stands in between may deliver an answer of the connection before.
    """

    numbered = True

    def __init__(self, number: int = 0) -> None:
        self.late: list[int] = []
        self.number = number
        self._sent = 0
        self._request: Request | None = None
        self._buffer = b""

    def ask(self, request: Request) -> bytes:
        """Begin with a request, and give its bytes."""
        self._sent += 1
        self.number = self.number % _IDS + 1
        self._request = request
        return _HEADER.pack(self.number, 0, len(request.octets)) + request.octets

    def take(self, data: bytes) -> bytes | None:
        """Take what came. Answers to older requests are noted and thrown away."""
        buffer = self._buffer + data if self._buffer else data
        answer = None
        while len(buffer) >= _HEADER.size:
            number, protocol, length = _HEADER.unpack_from(buffer)
            if protocol:
                raise Broken(f"protocol id {protocol} instead of 0")
            if not _SHORTEST <= length <= _LONGEST:
                raise Broken(f"a frame of {length} bytes")
            mine = answer is None and self._is_asked(number)
            if not mine and not self._is_older(number):
                raise Broken(f"an answer to transaction {number}, which nobody asked")
            end = _HEADER.size + length
            if len(buffer) < end:
                break
            if mine:
                answer = buffer[_HEADER.size : end]
            else:
                self.late.append(buffer[_HEADER.size])
            buffer = buffer[end:]
        self._buffer = buffer
        if answer is None or self._request is None:
            return None
        request, self._request = self._request, None
        self._end_with(buffer)
        return request.data(answer)

    def give_up(self) -> bool:
        """Expect no answer any more. Tells whether a part of one had come."""
        self._request = None
        return bool(self._buffer)

    @staticmethod
    def _end_with(rest: bytes) -> None:
        """Look at what came behind the answer. If a byte was lost or made up before, the answer is off by one."""
        if rest:
            raise Broken("bytes that nobody asked for came behind the answer")

    def _is_asked(self, number: int) -> bool:
        return number == self.number and self._request is not None

    def _is_older(self, number: int) -> bool:
        age = (self.number - number) % _IDS
        return number > 0 and age < min(self._sent, _REMEMBERED)


class RtuFraming:
    """Modbus RTU: no ids, no lengths, but a checksum. Where a frame ends follows from what was asked for.

    Some RS-485 adapters hear what they send. An exact echo of the request is skipped, and is never an answer.
    """

    numbered = False
    number = 0

    def __init__(self) -> None:
        self.late: list[int] = []  # they cannot be told apart: the line is drained
        self._request: Request | None = None
        self._echo = b""
        self._buffer = b""

    def ask(self, request: Request) -> bytes:
        """Begin with a request, and give its bytes."""
        self._request = request
        self._buffer = b""
        self._echo = request.octets + crc16(request.octets)
        return self._echo

    def take(self, data: bytes) -> bytes | None:
        """Take what came. The first byte that cannot belong to the answer makes it unusable."""
        if self._request is None:
            raise Unusable("bytes that nobody asked for")
        self._buffer = buffer = self._buffer + data
        if self._echo.startswith(buffer):
            return None
        try:
            answer = self._complete(self._request, buffer)
        except Unusable:
            if not buffer.startswith(self._echo):
                raise
            answer = self._complete(self._request, buffer[len(self._echo) :])
        if answer is None:
            return None
        request, self._request = self._request, None
        return request.data(answer)

    def give_up(self) -> bool:
        """Expect no answer any more. Tells whether a part of one had come."""
        self._request = None
        return bool(self._buffer) and self._buffer != self._echo

    @staticmethod
    def _complete(request: Request, frame: bytes) -> bytes | None:
        """Give an answer without its checksum once all of it is there."""
        if frame[0] != request.unit:
            raise Unusable(f"an answer of unit {frame[0]} instead of {request.unit}")
        if len(frame) < 3:
            return None
        size = 5
        if frame[1] == request.function:
            if frame[2] != request.length:
                raise Unusable(f"{frame[2]} bytes instead of {request.length}")
            size += request.length
        elif frame[1] != request.function | _IS_EXCEPTION:
            raise Unusable(f"function code {frame[1]} instead of {request.function}")
        if len(frame) < size:
            return None
        if len(frame) > size:
            raise Unusable("bytes that nobody asked for came behind the answer")
        if not is_intact(frame):
            raise Unusable("the checksum is wrong")
        return frame[:-2]


def is_intact(frame: bytes) -> bool:
    """Tell whether a frame of a serial line ends with its checksum."""
    return len(frame) >= 4 and crc16(frame[:-2]) == frame[-2:]


def crc16(octets: bytes) -> bytes:
    """Work out the checksum of a serial line, as it stands at the end of a frame."""
    crc = 0xFFFF
    for octet in octets:
        crc = crc >> 8 ^ _CRC[(crc ^ octet) & 0xFF]
    return crc.to_bytes(2, "little")


def _shifted(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


_CRC = tuple(_shifted(octet) for octet in range(256))
