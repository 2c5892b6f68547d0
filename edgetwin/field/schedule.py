"""When to ask: several rhythms on one grid that never drifts. Used by every driver that asks in cycles.

Each rhythm is due at start + n * period, whatever the answers took: the next time is the last one plus the period,
not now plus the period. A poll that comes too late is made once, at once; those that were overslept are skipped and
counted. Rhythms that fall together are due together, so that they share one frame.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from edgetwin.core.signals import Clock

Sleep = Callable[[float], Awaitable[object]]


class Schedule:
    """The times of several rhythms, in ns of the monotonic clock. The first poll of each is due at `start_ns`."""

    def __init__(self, periods_s: Sequence[float], start_ns: int) -> None:
        self._periods = [round(period_s * 1e9) for period_s in periods_s]
        self._next = [start_ns] * len(self._periods)
        self.missed = 0

    @property
    def next_ns(self) -> int:
        """The time at which something is due."""
        return min(self._next)

    def take(self, now_ns: int) -> tuple[int, ...]:
        """Give the rhythms that are due, by their number, and move each of them on to its next time."""
        due = tuple(number for number, next_ns in enumerate(self._next) if next_ns <= now_ns)
        for number in due:
            overslept = (now_ns - self._next[number]) // self._periods[number]
            self.missed += overslept
            self._next[number] += (overslept + 1) * self._periods[number]
        return due

    async def wait(self, clock: Clock, sleep: Sleep = asyncio.sleep) -> tuple[int, ...]:
        """Wait until something is due, and take it."""
        while not (due := self.take(now_ns := clock().mono)):
            await sleep((self.next_ns - now_ns) / 1e9)
        return due
