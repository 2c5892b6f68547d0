"""The frames that wait for the pipeline. When it is full the oldest go, and each that goes is counted.

Drivers put frames in without waiting; the pipeline takes all that wait as one batch. So latency is lowest
when the plant is quiet, and batches grow under load. It never blocks a driver and never loses a frame silently.
"""

import asyncio
from collections import deque
from contextlib import suppress

import structlog

from edgetwin.core.signals import Frame

log = structlog.get_logger()

READINGS = 100_000  # about 4 MB
FEW = 8  # frames: a step over them takes some milliseconds, and then all others get their turn
FRAME_COST = 25  # the memory of an empty frame, in readings


class Inbox:
    """A queue of frames with one reader. It belongs to one event loop."""

    def __init__(self, readings: int = READINGS) -> None:
        self._limit = readings
        self._frames: deque[Frame] = deque()
        self._weight = 0
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()
        self._dropped_at_last_take = 0
        self.dropped_frames = 0
        self.dropped_readings = 0
        self._overflowing = False

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def counters(self) -> dict[str, int]:
        """Give what waits now, and what was lost since the start."""
        return {
            "inbox_waiting": len(self._frames),
            "inbox_dropped_frames": self.dropped_frames,
            "inbox_dropped_readings": self.dropped_readings,
        }

    def adopt(self, old: "Inbox") -> None:
        """Go on with the counts of an older inbox, so that no loss is forgotten."""
        self.dropped_frames += old.dropped_frames
        self.dropped_readings += old.dropped_readings
        self._dropped_at_last_take = self.dropped_frames

    def put(self, frame: Frame) -> None:
        """Add a frame; the oldest ones make room for it. The newest always fits, however large."""
        cost = len(frame) + FRAME_COST
        while self._frames and self._weight + cost > self._limit:
            self._drop_oldest()
        self._frames.append(frame)
        self._weight += cost
        self._arrived.set()

    async def take(self, patience_s: float) -> list[Frame]:
        """Give all frames that wait, oldest first; when there are none, wait for one at most `patience_s`."""
        if not self._frames:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._arrived.wait()
        return self.take_now()

    async def room(self) -> None:
        """Wait until so little waits that a step over it is short: for a source that can wait, such as a file."""
        while len(self._frames) >= FEW or 2 * self._weight > self._limit:
            self._taken.clear()
            await self._taken.wait()

    def take_now(self) -> list[Frame]:
        """Give all frames that wait, without waiting."""
        frames = list(self._frames)
        self._frames.clear()
        self._weight = 0
        self._arrived.clear()
        self._taken.set()
        if self._overflowing and self.dropped_frames == self._dropped_at_last_take:
            self._overflowing = False
            log.info("the pipeline keeps up again", dropped_frames=self.dropped_frames)
        self._dropped_at_last_take = self.dropped_frames
        return frames

    def _drop_oldest(self) -> None:
        oldest = self._frames.popleft()
        self._weight -= len(oldest) + FRAME_COST
        self.dropped_frames += 1
        self.dropped_readings += len(oldest)
        if not self._overflowing:
            self._overflowing = True
            log.warning(
                "the pipeline does not keep up, the oldest readings are dropped",
                waiting_frames=len(self._frames),
                hint="poll less often, or fewer signals, or use a faster machine",
            )
