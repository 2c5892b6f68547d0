"""A shop floor of small Modbus TCP servers, each on its own port: some well, others failed in six different ways.

Run as a program, so that what it costs is not counted as the gateway's: `plc_fleet.py KIND=COUNT ...` listens, writes
one line of JSON (kind -> ports), and serves until its standard input is closed.
"""

import asyncio
import json
import random
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import uvloop

WELL = "well"
ANSWERS_BEFORE_FROZEN = 3
UNIT_AWAY, BUSY = 11, 6

_chance = random.Random(1)  # noqa: S311 - noise, no secret


class Request(NamedTuple):
    """A request as it came: its number, the unit, the function and how many registers it wants."""

    number: int
    unit: int
    function: int
    registers: int


def answer(request: Request, number: int | None = None) -> bytes:
    """Give registers that hold lively float32."""
    values = [50.0 + _chance.gauss(0.0, 1.0) for _ in range((request.registers + 1) // 2)]
    data = struct.pack(f">{len(values)}f", *values)[: 2 * request.registers]
    number = request.number if number is None else number
    return struct.pack(">HHHBBB", number, 0, 3 + len(data), request.unit, request.function, len(data)) + data


def refusal(request: Request, code: int) -> bytes:
    """Give an exception."""
    return struct.pack(">HHHBBB", request.number, 0, 3, request.unit, request.function | 0x80, code)


class Plc:
    """One server; `say` gives the answer to its n-th request, or None for none."""

    def __init__(self, say: Callable[[Request, int], bytes | None]) -> None:
        self._say = say
        self._asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes, until it is hung up."""
        try:
            while True:
                head = await reader.readexactly(12)
                number, _, _, unit, function, _, count = struct.unpack(">HHHBBHH", head)
                self._asked += 1
                if said := self._say(Request(number, unit, function, count), self._asked):
                    writer.write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def _garbage(request: Request, asked: int) -> bytes:
    """Give bytes that mean nothing, or the answer to a question that nobody asked."""
    return _chance.randbytes(40) if asked % 2 else answer(request, request.number ^ 0x5555)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# Each kind of PLC; a port that refuses does not even listen.
KINDS: dict[str, Callable[[], Serve]] = {
    WELL: lambda: Plc(lambda request, _: answer(request)).serve,
    "silent": lambda: Plc(lambda *_: None).serve,
    "frozen": lambda: (
        Plc(lambda request, asked: answer(request) if asked <= ANSWERS_BEFORE_FROZEN else None).serve
    ),
    "hangs up": lambda: _hang_up,
    "exceptions": lambda: (
        Plc(lambda request, asked: refusal(request, BUSY if asked % 2 else UNIT_AWAY)).serve
    ),
    "garbage": lambda: Plc(_garbage).serve,
}
REFUSES = "refuses"
FAILURES = (REFUSES, *(kind for kind in KINDS if kind != WELL))


async def main(wanted: dict[str, int]) -> None:
    """Serve all that is wanted until nobody wants it any more."""
    ports: dict[str, list[int]] = {kind: [] for kind in wanted}
    reserved: list[socket.socket] = []
    for kind, count in wanted.items():
        for _ in range(count):
            taken = socket.socket()
            taken.bind(("127.0.0.1", 0))
            ports[kind].append(taken.getsockname()[1])
            if kind == REFUSES:
                reserved.append(taken)  # bound, so that nobody else gets it, and never listening
            else:
                await asyncio.start_server(KINDS[kind](), sock=taken)
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main({kind: int(count) for kind, _, count in (each.rpartition("=") for each in sys.argv[1:])}))
