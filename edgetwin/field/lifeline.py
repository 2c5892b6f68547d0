"""Ends a wait the moment the link is lost.

The libraries report a lost socket at once, but leave the request that was in flight to its time-out. A driver waits
inside its lifeline instead; cutting it ends the wait with DeviceDown. Costs one timer object per wait, no task.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from edgetwin.field.driver import DeviceDown


class Lifeline:
    """One link's life. Once cut it stays cut; a new link gets a new lifeline."""

    def __init__(self) -> None:
        self._down: DeviceDown | None = None
        self._scope: asyncio.Timeout | None = None

    def cut(self, down: DeviceDown) -> None:
        """Say that the link is lost, and why. Only the first reason counts; the others follow from it."""
        if self._down is None:
            self._down = down
            if self._scope is not None:
                self._scope.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Wait inside of this; it raises DeviceDown when the link is lost, or was lost before."""
        if self._down is not None:
            raise self._down
        try:
            async with asyncio.timeout(None) as self._scope:
                yield
        except TimeoutError:
            if self._down is None:  # a time-out of the work inside
                raise
            raise self._down from self._down.__cause__
        finally:
            self._scope = None
