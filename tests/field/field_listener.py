"""An OPC UA driver that is open, read value by value."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from field_ua import URI, UaServer
from field_watch import clock

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.core.signals import Clock, Frame
from edgetwin.field.opcua.driver import OpcUaDriver
from edgetwin.field.opcua.link import OpcUaLink
from edgetwin.field.opcua.subscription import OpcUaSubscription


class Listener:
    """A driver that is open, read value by value."""

    def __init__(
        self,
        server: UaServer | int,
        *names: str,
        nodes: dict[str, dict[str, Any]] | None = None,
        clock: Clock = clock,
        **settings: object,
    ) -> None:
        signals = {name: {"node": f"nsu={URI};s={name}"} for name in names} | (nodes or {})
        port = server if isinstance(server, int) else server.port
        self.config = OpcUaDevice.model_validate(
            {
                "connect": f"opc.tcp://127.0.0.1:{port}",
                "every": "20 ms",
                "timeout": "3 s",
                "signals": signals,
                **settings,
            }
        )
        self.driver = OpcUaDriver("ua", self.config, clock)
        self._names = list(signals)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Listener"]:
        """Keep it open for a while."""
        try:
            await self.driver.open()
            async with aclosing(self.driver.frames()) as self._frames:
                yield self
        finally:
            await self.driver.close()

    @property
    def link(self) -> OpcUaLink:
        """Reach inside."""
        session = self.driver._session
        assert session is not None
        return session.link

    @property
    def subscription(self) -> OpcUaSubscription:
        """Reach inside."""
        subscription = self.driver._subscription
        assert subscription is not None
        return subscription

    async def frame(self) -> Frame:
        """Give the next frame."""
        async with asyncio.timeout(20):
            return await anext(self._frames)

    async def hears(self, name: str) -> tuple[float, int]:
        """Give value and status of a signal, when it is next heard of."""
        while True:
            heard = self.values(await self.frame())
            if name in heard:
                return heard[name]

    def values(self, frame: Frame) -> dict[str, tuple[float, int]]:
        """Give value and status of each signal in a frame."""
        rows = zip(frame.ids, frame.values, frame.status, strict=True)
        return {self._names[number]: (float(value), int(code)) for number, value, code in rows}
