"""How the bytes of a Modbus line travel: over a network connection. Knows nothing of frames.

Bytes are handed over as they come, without a task or a queue in between. When the connection is lost, that is told
at once. The serial port is in `serial_port`.
"""

import asyncio
import select
from collections.abc import Callable
from typing import Protocol, cast

from edgetwin.config.url import Endpoint
from edgetwin.field.unreachable import unreachable

OnBytes = Callable[[bytes], None]
OnLost = Callable[["Stream"], None]


class Stream(Protocol):
    """Bytes to and from a line."""

    async def open(self, within_s: float) -> None:
        """Connect, or raise DeviceDown with what a technician can do."""
        ...

    def write(self, data: bytes) -> None:
        """Send."""
        ...

    def pending(self) -> bool:
        """Tell whether bytes have come that were not handed over yet, for the process was busy with other things."""
        ...

    def close(self) -> None:
        """Let go, at once: a peer that takes nothing must not keep us. Calls nobody back."""
        ...


class TcpStream(asyncio.Protocol):
    """A network connection. asyncio sends each request at once (TCP_NODELAY)."""

    def __init__(self, endpoint: Endpoint, on_bytes: OnBytes, on_lost: OnLost) -> None:
        self._endpoint = endpoint
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._closed = False

    async def open(self, within_s: float) -> None:
        """Connect, or raise DeviceDown with what a technician can do."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within_s):
                await loop.create_connection(lambda: self, self._endpoint.host, self._endpoint.port)
        except OSError as error:
            raise unreachable(self._endpoint, error) from error

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hear from asyncio that it is connected."""
        # Not asked for its class: that of uvloop, on which the gateway runs, is none of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hear from asyncio that bytes came."""
        self._on_bytes(data)

    def connection_lost(self, _: Exception | None) -> None:
        """Hear from asyncio that it is lost, or was closed by us."""
        if not self._closed:
            self._closed = True
            self._on_lost(self)

    def write(self, data: bytes) -> None:
        """Send. A connection that is closing takes nothing (on uvloop it raises), and is told as lost at once."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def pending(self) -> bool:
        """Tell whether bytes have come that were not handed over yet."""
        if self._transport is None or self._transport.is_closing():
            return False
        return is_readable(self._transport.get_extra_info("socket").fileno())

    def close(self) -> None:
        """Let go, at once."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()


def is_readable(fileno: int) -> bool:
    """Ask the kernel, which knows what the event loop has not come to yet."""
    look = select.poll()
    look.register(fileno, select.POLLIN)
    return bool(look.poll(0))
