"""A line between gateway and PLC that spoils answers: Modbus TCP, RTU behind a network port, and RTU on ptys."""

import asyncio
import os
import random
import tty
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple, Protocol, Self

from field_faults import LATEST, OF_ANOTHER, Case, Fault
from field_wires import Between

from edgetwin.field.modbus.frames import crc16

CLOSE = b""


class Writer(Protocol):
    """Sends, and lets go."""

    def write(self, data: bytes) -> None:
        """Send."""

    def close(self) -> None:
        """Let go."""


class End(NamedTuple):
    """One end of the line."""

    reader: asyncio.StreamReader
    writer: Writer


class Spoiler:
    """Passes requests on, one at a time, and spoils each answer with the next of its faults.

    `sent` requests were sent by the gateway, the latest one at `sent_at`. On a line without transaction ids nothing
    is passed on after the next request was sent, nor so late that it might be by the time it arrives.
    """

    def __init__(self, faults: Mapping[str, Fault], *, numbered: bool, timeout_s: float, seed: int) -> None:
        self.sent = 0
        self.sent_at = 0.0
        self.spoilt = 0
        self.holds_back = not numbered  # what nobody could find out, see above
        self._heard = 0
        self._faults = self._endless(list(faults.items()))
        self._numbered = numbered
        self._timeout_s = timeout_s
        self._chance = random.Random(seed)  # noqa: S311 - spreads faults, guards nothing
        self._older = b""

    async def pass_on(self, near: End, far: End) -> None:
        """Serve one connection of the gateway until it ends."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await near.reader.readexactly(12 if self._numbered else 8)
                self._heard += 1
                mine = self._heard
                answer = await self._asked(far, request)
                name, fault = next(self._faults)
                other = await self._asked(far, self._altered(request)) if name == OF_ANOTHER else b""
                pieces = fault(Case(answer, self._older or answer, other, self._chance))
                self._older = answer
                self.spoilt += 1
                for delay, piece in pieces:
                    await self._wait_until(self.sent_at + delay * self._timeout_s)
                    if piece == CLOSE:
                        near.writer.close()
                        return
                    late_s = asyncio.get_running_loop().time() - self.sent_at
                    if not self.holds_back or (self.sent == mine and late_s < LATEST * self._timeout_s):
                        near.writer.write(piece)

    async def _asked(self, far: End, request: bytes) -> bytes:
        far.writer.write(request)
        head = await far.reader.readexactly(6 if self._numbered else 3)
        if self._numbered:
            return head + await far.reader.readexactly(int.from_bytes(head[4:6], "big"))
        return head + await far.reader.readexactly(head[2] + 2)

    def _altered(self, request: bytes) -> bytes:
        """Ask for something whose answer must not be taken: of another unit, another table, or of another length."""
        start = 6 if self._numbered else 0
        unit, function, count = request[start], request[start + 1], request[start + 5]
        match self._chance.randrange(3):
            case 0:
                unit ^= 3
            case 1:
                function ^= 7
            case _:
                count += 1 if count < 100 else -1
        pdu = bytes([unit, function, *request[start + 2 : start + 5], count])
        return request[:6] + pdu if self._numbered else pdu + crc16(pdu)

    def _endless(self, faults: list[tuple[str, Fault]]) -> Iterator[tuple[str, Fault]]:
        while True:
            self._chance.shuffle(faults)
            yield from faults

    @staticmethod
    async def _wait_until(when: float) -> None:
        wait_s = when - asyncio.get_running_loop().time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)


class NetworkLine(Between):
    """Joins the gateway, which connects to `port`, to a server, over the network."""

    def __init__(self, spoiler: Spoiler, server_port: int) -> None:
        super().__init__(server_port)
        self._spoiler = spoiler

    async def _join(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        far = End(*await asyncio.open_connection("127.0.0.1", self._to))
        try:
            with suppress(asyncio.CancelledError):  # the end of the test, which waits for this
                await self._spoiler.pass_on(End(near, to_near), far)
        finally:
            to_near.close()
            far.writer.close()
            self._tasks.discard(task)


class Pty:
    """A pair of serial ports: a program opens `port`, and this is the other side of its cable."""

    def __init__(self) -> None:
        self._fd, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self.reader = asyncio.StreamReader()
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    def write(self, data: bytes) -> None:
        """Send."""
        os.write(self._fd, data)

    def close(self) -> None:
        """Pull the cable out: whoever has the port open is told."""
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            os.close(self._slave)
            self._fd = -1

    def _readable(self) -> None:
        self.reader.feed_data(os.read(self._fd, 4096))


class SerialLine:
    """Joins the gateway, which opens `port`, to a server on `server_port`, over two ptys."""

    def __init__(self, spoiler: Spoiler) -> None:
        self._near, self._far = Pty(), Pty()
        self.port, self.server_port = self._near.port, self._far.port
        self._task = asyncio.create_task(
            spoiler.pass_on(End(self._near.reader, self._near), End(self._far.reader, self._far))
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._near.close()
        self._far.close()
