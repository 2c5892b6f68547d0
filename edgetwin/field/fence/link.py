"""The parent's end of one fenced child: what it says is heard here, and when it no longer speaks it is stopped."""

import asyncio
import io
import pickle
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from edgetwin.field.driver import DeviceDown
from edgetwin.field.fence import wire
from edgetwin.field.fence.child import Order, frozen
from edgetwin.field.fence.fork import Forker
from edgetwin.field.fence.wire import Kind

START_S = 30.0  # a slow machine takes so long to import a library, and to start many children at once
SILENT_S = 5.0  # heartbeats come every half second; a loop that does not turn for so long is stuck
READ_AHEAD = 512 * 1024  # bytes; what is more waits in the child, which counts what it cannot keep


class Child:
    """One child. Start it, hear it until it has said its last word, stop it."""

    def __init__(self, forker: Forker) -> None:
        self._forker = forker
        self._number = 0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._silent_s = START_S
        self._head: tuple[Kind, int] | None = None  # of a word whose end nobody waited for

    async def start(self, order: Order) -> None:
        """Begin it, and tell it what to do."""
        try:
            self._number, link = self._forker.fork()
        except OSError as error:
            raise DeviceDown(
                f"its reader cannot be started: {error.strerror}",
                "is the machine out of memory, are there too many devices for TasksMax or LimitNOFILE of the service?",
            ) from error
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(sock=link, limit=READ_AHEAD)
        except BaseException:
            link.close()
            raise
        self._writer.write(wire.message(Kind.ORDER, _pickled(order)))

    async def hear(self) -> tuple[Kind, bytes]:
        """Wait for its next word. DeviceDown when there will be none."""
        if self._head is None:
            self._head = wire.head(await self._exactly(wire.HEAD.size))
        kind, length = self._head
        body = await self._exactly(length) if length else b""
        self._head, self._silent_s = None, SILENT_S
        return kind, body

    def hang_up(self) -> None:
        """Say that it may end. It hears that if its event loop turns."""
        if self._writer is not None and not self._writer.transport.is_closing():
            self._writer.write_eof()

    def stop(self) -> None:
        """End it now, whatever it is doing."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
        if self._number:
            self._forker.kill(self._number)

    async def _exactly(self, length: int) -> bytes:
        if self._reader is None:
            raise RuntimeError("hear before start")
        try:
            # In two halves: if it was us who stood still, what was said meanwhile is heard in the second.
            for _ in range(2):
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._silent_s / 2):
                        return await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise DeviceDown(
                "its reader crashed, or was stopped from outside",
                "did the machine run out of memory (`journalctl -k` knows), or the service of its TasksMax? "
                "The other devices are not affected",
            ) from None
        self.stop()
        if self._silent_s == START_S:
            raise DeviceDown("its reader does not start", "is the machine overloaded?")
        raise DeviceDown(
            f"an answer of the server kept its reader busy for more than {self._silent_s:g} s, so it was stopped",
            "no honest answer does: is this an OPC UA server, is its firmware up to date? "
            "The other devices are not affected",
        )


class _Pickler(pickle.Pickler):
    """Knows the frozen tables of a configuration, which the standard one does not."""

    def reducer_override(self, thing: object) -> Any:  # noqa: ANN401 - so it is declared
        return (frozen, (dict(thing),)) if isinstance(thing, MappingProxyType) else NotImplemented


def _pickled(order: Order) -> bytes:
    written = io.BytesIO()
    _Pickler(written).dump(order)
    return written.getvalue()
