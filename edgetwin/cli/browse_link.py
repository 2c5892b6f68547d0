"""The connection of `edgetwin browse`: a session that asks one thing after the other, with a pause between.

It reads and browses. There is no subscription in it, and nothing is written.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.core.signals import Clock
from edgetwin.field.opcua.link import OpcUaLink
from edgetwin.field.opcua.security import OpcUaSecurity

_Answer = TypeVar("_Answer")


class PacedLink(OpcUaLink):
    """A session in which every request waits a little first."""

    def __init__(self, config: OpcUaDevice, pki: Path, pause_s: float, clock: Clock) -> None:
        security = OpcUaSecurity("browse", config, pki, clock)
        super().__init__(config.connect, config.endpoint, config.timeout_s, security)
        self.clock = clock
        self.requests = 0
        self._pause_s = pause_s

    async def ask(
        self,
        what: str,
        service: Callable[[], Awaitable[_Answer]],
        *,
        leave: tuple[type[Exception], ...] = (),
        hint: str = "",
    ) -> _Answer:
        """Pause, then ask."""
        await asyncio.sleep(self._pause_s)
        self.requests += 1
        return await super().ask(what, service, leave=leave, hint=hint)
