"""Keeps one device: opens it, delivers its frames, notices when it is away and brings it back.

The only owner of reconnection, for every protocol. What it never does: log a failure that is no transition (a PLC
that is away for a day is two lines), or hide a bug: any error but DeviceDown goes through and ends the process.
"""

import asyncio
import random
from contextlib import aclosing
from datetime import timedelta

import structlog

from edgetwin.core import status
from edgetwin.core.signals import Clock, Frame
from edgetwin.field.backoff import Backoff
from edgetwin.field.driver import Clocked, Deliver, DeviceDown, Driver
from edgetwin.field.link import LinkState
from edgetwin.field.schedule import Sleep

log = structlog.get_logger()


async def keep(  # noqa: PLR0913 - the last two are for tests, who own chance and time
    driver: Driver,
    deliver: Deliver,
    clock: Clock,
    link: LinkState,
    *,
    backoff: Backoff | None = None,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Read a device until cancelled.

    A device counts as up once it has delivered a frame, not once it is connected: many a gateway takes connections
    for a unit that is not there. When it goes away, all its signals are delivered as failed, once.
    """
    backoff = backoff or Backoff(random.Random())  # noqa: S311 - spreads attempts, guards nothing
    keeper = _Keeper(driver, deliver, clock, link)
    while True:
        try:
            await driver.open()
            async with aclosing(driver.frames()) as frames:
                async for frame in frames:
                    keeper.take(frame)
                    _heed_cancellation()
            raise RuntimeError(f"{driver.name}: the driver ended without saying why")
        except DeviceDown as down:
            # A device that comes and goes waits longer each time; one that was well for a while starts afresh.
            if keeper.up_for_s() > backoff.longest_s:
                backoff.reset()
            keeper.lose(down)
        finally:
            await driver.close()
        _heed_cancellation()
        await sleep(backoff.wait_s())


def _heed_cancellation() -> None:
    """End a task whose cancellation a library lost. Before Python 3.12 `wait_for` does, if the answer comes with it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class _Keeper:
    """Turns frames and failures into transitions, and counts."""

    def __init__(self, driver: Driver, deliver: Deliver, clock: Clock, link: LinkState) -> None:
        self._driver = driver
        self._deliver = deliver
        self._clock = clock
        self._link = link

    def up_for_s(self) -> float:
        """How long the device has been up; 0 when it is not."""
        return self._since_s() if self._link.up else 0.0

    def take(self, frame: Frame) -> None:
        """Pass a frame on. The first one after a time away says that the device is up."""
        link = self._link
        if not link.up:
            away = {} if link.since is None else {"down_for": str(timedelta(seconds=round(self._since_s())))}
            log.info("device up", device=link.device, address=link.address, **away)
            link.up, link.since, link.reason, link.hint = True, self._clock(), "", ""
        link.frames += 1
        link.readings += len(frame)
        link.failures += int(status.is_bad(frame.status).sum())
        self._count_losses()
        self._read_clocks()
        self._deliver(frame)

    def lose(self, down: DeviceDown) -> None:
        """Note that the device is away. Only the first time in a row is news."""
        link = self._link
        link.reason, link.hint = down.reason, down.hint
        self._count_losses()
        if not link.up and link.since is not None:
            return
        link.up, link.since = False, self._clock()
        link.downs += 1
        log.warning(
            "device down", device=link.device, address=link.address, reason=down.reason, hint=down.hint
        )
        self._deliver(Frame.failed(link.since, self._driver.ids, status.BAD_NO_COMMUNICATION))

    def _since_s(self) -> float:
        since = self._link.since
        return 0.0 if since is None else (self._clock().mono - since.mono) / 1e9

    def _count_losses(self) -> None:
        self._link.missed = self._driver.missed
        self._link.lost = self._driver.lost

    def _read_clocks(self) -> None:
        """Note how far the clocks of the device are off. That they come to be, or no longer are, is news."""
        if not isinstance(self._driver, Clocked):
            return
        link, facts = self._link, self._driver.facts
        off_s = facts.get("clock_off_s", 0.0)
        source_off_s = facts.get("source_off_s", 0.0)
        if bool(off_s) != bool(link.clock_off_s):
            _tell_clock(link.device, "the device", off_s, "synchronise it, and this gateway, by NTP")
        if bool(source_off_s) != bool(link.source_off_s):
            hint = "its time stamps come from a clock other than its own: synchronise that one too"
            _tell_clock(link.device, "the sources of the device", source_off_s, hint)
        link.clock_off_s, link.source_off_s = off_s, source_off_s


def _tell_clock(device: str, whose: str, off_s: float, hint: str) -> None:
    if off_s:
        by = f"{abs(off_s):.1f} s {'ahead' if off_s > 0 else 'behind'}"
        log.warning("clock is off", device=device, whose=whose, by=by, hint=hint)
    else:
        log.info("clock is right again", device=device, whose=whose)
