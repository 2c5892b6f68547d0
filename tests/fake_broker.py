"""A broker that misbehaves as told. Everything that a real one can do is tested with a real one."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

CONNECT, PUBLISH, SUBSCRIBE = 1, 3, 8
WELCOME_5 = bytes([0x20, 3, 0, 0, 0])
WELCOME_311 = bytes([0x20, 2, 0, 0])
TAKEN_OVER = bytes([0xE0, 2, 0x8E, 0])  # a DISCONNECT of MQTT 5


class Packet(NamedTuple):
    """One packet of the gateway: its type, and all behind the fixed header."""

    kind: int
    body: bytes


Answer = Callable[[Packet, asyncio.StreamWriter], None]


def acknowledge(publish: Packet) -> bytes:
    """Write the PUBACK of a PUBLISH."""
    place = 2 + int.from_bytes(publish.body[:2], "big")
    return bytes([0x40, 2]) + publish.body[place : place + 2]


class FakeBroker:
    """Counts the packets that it gets, by type."""

    def __init__(self, answer: Answer) -> None:
        self.url = ""
        self.got: list[int] = []
        self._answer = answer
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read packets and answer them, until the peer goes."""
        self._writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind = (await reader.readexactly(1))[0] >> 4
                body = await reader.readexactly(await _length(reader))
                self.got.append(kind)
                self._answer(Packet(kind, body), writer)
        writer.close()

    def hang_up(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.close()


async def _length(reader: asyncio.StreamReader) -> int:
    length, shift = 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return length


@asynccontextmanager
async def fake_broker(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeBroker]:
    """Serve on a free port for the length of a test."""
    fake = FakeBroker(answer)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0, ssl=tls)
    fake.url = f"{'mqtt' if tls is None else 'mqtts'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
        fake.hang_up()
        await server.wait_closed()
