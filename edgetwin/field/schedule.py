"""When to ask: several rhythms, each on a grid that never drifts. Used by every driver that asks in cycles.

Each rhythm is due at phase + n * period of the monotonic clock, whatever the answers took: the next time is one of the
grid, not now plus the period. A poll that comes too late is made once, at once; those that were overslept are skipped
and counted. Rhythms that are due at the same time are due together, so that they share one frame.

The phases spread the polls of a gateway (see `phases`). Nobody waits a whole period for a first value: unless the grid
comes soon by itself, the first poll is made before it, within a second. Those first polls are spread as well: hundreds
of devices start together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from edgetwin.core.signals import Clock

Sleep = Callable[[float], Awaitable[object]]

FIRST_WITHIN_NS = 1_000_000_000


class Schedule:
    """The times of several rhythms, in ns of the monotonic clock. Without phases each begins at `start_ns`."""

    def __init__(
        self, periods_s: Sequence[float], start_ns: int, phases_s: Sequence[float] | None = None
    ) -> None:
        self._periods = [round(period_s * 1e9) for period_s in periods_s]
        self._phases = (
            [start_ns] * len(self._periods)
            if phases_s is None
            else [round(phase_s * 1e9) for phase_s in phases_s]
        )
        self._next = [
            _first(start_ns, period, phase) for period, phase in zip(self._periods, self._phases, strict=True)
        ]
        self.missed = 0

    @property
    def next_ns(self) -> int:
        """The time at which something is due."""
        return min(self._next)

    def take(self, now_ns: int) -> tuple[int, ...]:
        """Give the rhythms that are due, by their number, and move each of them on to its next time."""
        due = tuple(number for number, next_ns in enumerate(self._next) if next_ns <= now_ns)
        for number in due:
            period, phase = self._periods[number], self._phases[number]
            latest = (now_ns - phase) // period  # the last one on the grid that is not in the future
            self.missed += latest - (self._next[number] - phase) // period
            self._next[number] = phase + (latest + 1) * period
        return due

    async def wait(self, clock: Clock, sleep: Sleep = asyncio.sleep) -> tuple[int, ...]:
        """Wait until something is due, and take it."""
        while not (due := self.take(now_ns := clock().mono)):
            await sleep((self.next_ns - now_ns) / 1e9)
        return due


def _first(start_ns: int, period: int, phase: int) -> int:
    """Give the time of the first poll: on the grid if that comes soon, else spread over the first second."""
    on_grid = start_ns + (phase - start_ns) % period
    within = min(period, FIRST_WITHIN_NS)
    spread = start_ns + within * (phase % period) // period
    return on_grid if on_grid <= spread + within // 4 else spread
