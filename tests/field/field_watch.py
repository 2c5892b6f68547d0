"""What tests of the field look at: the clock, the sockets that are open, and whether something is so by now."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from edgetwin.core.signals import Stamp


def clock() -> Stamp:
    """Read both clocks."""
    return Stamp(time.time_ns(), time.monotonic_ns())


class VirtualTime:
    """A clock that stands still, and moves only when somebody sleeps: a day passes in no time."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.naps: list[float] = []

    def __call__(self) -> Stamp:
        """Read both clocks; the wall clock started in 2026."""
        return Stamp(1_780_000_000 * 10**9 + self.now_ns, self.now_ns)

    async def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self.naps.append(seconds)
        self.now_ns += round(seconds * 1e9)
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for something that nobody announces; TimeoutError when it does not come."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - there is no event for "a socket is closed"
            await asyncio.sleep(0.005)


def sockets() -> int:
    """Count the sockets that this process has open."""
    links = (path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
    return sum(str(link).startswith("socket:") for link in links)
