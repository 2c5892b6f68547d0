"""A Modbus line with ten units, of which some answer and the others never do: over TCP, and over RTU on a pty."""

import asyncio
from contextlib import suppress
from typing import Self

from field_spoiler import End, Pty

from edgetwin.field.modbus.frames import crc16


class Units:
    """Answers for the units in `living`, each register holding its unit; is silent for all others.

    `late` are units whose answer comes after so many seconds; meanwhile the line goes on. `noise` spoils all answers,
    `asked` is who was asked.
    """

    def __init__(self, living: set[int], kind: str) -> None:
        self.living = living
        self.late: dict[int, float] = {}
        self.noise = False
        self.asked: list[int] = []
        self.connections = 0
        self.where = ""
        self._kind = kind
        self._numbered = kind == "modbus-tcp"
        self._pty: Pty | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        if self._kind == "modbus-rtu":
            self._pty = Pty()
            self.where = f"modbus-rtu://{self._pty.port}?parity=none"
            self._begin(self._serve(End(self._pty.reader, self._pty)))
        else:
            self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
            self.where = f"{self._kind}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        if self._pty is not None:
            self._pty.close()
        await asyncio.sleep(0)  # asyncio closes a socket in the next round of its loop

    def unplug(self) -> None:
        """Pull the serial cable out."""
        assert self._pty is not None
        self._pty.close()

    async def chatter(self, every_s: float) -> None:
        """Talk on the serial line all the time, as a second master does."""
        assert self._pty is not None
        while True:
            self._pty.write(b"\x55")
            await asyncio.sleep(every_s)

    def _begin(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._begin(self._serve(End(reader, writer)))

    async def _serve(self, end: End) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    self._answer(end, await end.reader.readexactly(12 if self._numbered else 8))
        finally:
            end.writer.close()

    def _answer(self, end: End, request: bytes) -> None:
        unit, count = request[-6 if self._numbered else 0], request[11 if self._numbered else 5]
        self.asked.append(unit)
        pdu = bytes([unit, 3, 2 * count]) + unit.to_bytes(2, "big") * count
        head = request[:4] + len(pdu).to_bytes(2, "big")
        frame = head + pdu if self._numbered else pdu + crc16(pdu)
        if self.noise:
            frame = bytes(octet ^ 0x5A for octet in frame)
        if unit in self.late:
            asyncio.get_running_loop().call_later(self.late[unit], end.writer.write, frame)
        elif unit in self.living:
            end.writer.write(frame)
