"""When a moment of a recording is due, at the speed at which it is played."""

import math

from edgetwin.core.signals import Clock
from edgetwin.field.schedule import Sleep


class Pace:
    """Waits on our monotonic clock, on a grid that never drifts: a moment that came late makes no later one late."""

    def __init__(self, speed: float, clock: Clock, sleep: Sleep) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._from: tuple[int, int] | None = None  # our clock and the time of the recording, of one moment
        self._last = 0
        self._due = 0

    def restart(self) -> None:
        """Let the next moment be due at once."""
        self._from = None

    async def until(self, time: int) -> None:
        """Wait for a moment of the recording. Time that goes back is not waited for."""
        if math.isinf(self._speed):
            return
        if self._from is None:
            self._due = self._clock().mono
            self._from = self._due, time
        elif time < self._last:
            self._from = self._due, time
        since_ours, since = self._from
        self._last = time
        self._due = since_ours + round((time - since) / self._speed)
        while (wait_ns := self._due - self._clock().mono) > 0:
            await self._sleep(wait_ns / 1e9)
