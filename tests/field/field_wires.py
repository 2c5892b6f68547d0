"""What stands between gateway and device: a wire that can be frozen, and what others are made of."""

import asyncio
from abc import ABC, abstractmethod
from typing import Self


class Between(ABC):
    """Stands between gateway and device: the gateway connects to `port`, and all ends with the context."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._to = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # asyncio closes a socket in the next round of its loop

    @abstractmethod
    async def _join(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        """Join one connection of the gateway to one of the device."""


class Wire(Between):
    """A network cable between gateway and device, for any protocol: it can be frozen, and nobody is told."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._passing = asyncio.Event()
        self._passing.set()

    def freeze(self) -> None:
        """Let nothing through any more, in either direction."""
        self._passing.clear()

    async def _join(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        far, to_far = await asyncio.open_connection("127.0.0.1", self._to)
        for reader, writer in ((near, to_far), (far, to_near)):
            task = asyncio.create_task(self._pump(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._passing.wait()
                writer.write(data)
        finally:
            writer.close()
