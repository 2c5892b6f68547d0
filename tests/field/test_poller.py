"""A device is kept: its transitions are told once, its losses counted, its bugs not hidden."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, MutableMapping
from typing import Any

import numpy as np
import pytest
from field_watch import VirtualTime
from structlog.testing import capture_logs

from edgetwin.core import status
from edgetwin.core.signals import Frame, Signal, SignalTable
from edgetwin.field.backoff import Backoff
from edgetwin.field.driver import DeviceDown
from edgetwin.field.link import LinkState
from edgetwin.field.poller import keep

DAY_S = 86_400
TABLE = SignalTable([Signal(name="plc.a"), Signal(name="plc.b")])


class Scripted:
    """A driver that does what the time says: `is_there(seconds)` tells whether the device can be read."""

    def __init__(self, time: VirtualTime, is_there: Callable[[float], bool]) -> None:
        self.name = "plc"
        self.address = "test://plc"
        self.ids = TABLE.ids_of(TABLE.names)
        self.missed = 0
        self.lost = 0
        self.opened = 0
        self.closed = 0
        self.bug: Exception | None = None
        self.clock_off: Callable[[float], float] = lambda _: 0.0
        self._time = time
        self._is_there = is_there

    @property
    def facts(self) -> dict[str, float]:
        """How far its clock is off."""
        return {"clock_off_s": self.clock_off(self._time.now_ns / 1e9)}

    async def open(self) -> None:
        """Connect, if the device is there."""
        self.opened += 1
        self._check()

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Read once a second."""
        while True:
            await self._time.sleep(1)
            self._check()
            if self.bug is not None:
                raise self.bug
            yield Frame.at(self._time(), self.ids, np.array([1.0, 2.0]))

    async def close(self) -> None:
        """Count."""
        self.closed += 1

    def _check(self) -> None:
        if not self._is_there(self._time.now_ns / 1e9):
            raise DeviceDown("refused", "is the port right?")


class Kept:
    """What came of keeping a device for some virtual seconds."""

    def __init__(self, is_there: Callable[[float], bool]) -> None:
        self.time = VirtualTime()
        self.driver = Scripted(self.time, is_there)
        self.link = LinkState("plc", "test://plc")
        self.frames: list[Frame] = []
        self.lines: list[MutableMapping[str, Any]] = []

    async def run(self, seconds: float) -> None:
        """Keep the device for so long."""
        backoff = Backoff(random.Random(1))  # noqa: S311 - no secret

        async def sleep(nap: float) -> None:
            await self.time.sleep(nap)
            if self.time.now_ns >= seconds * 1e9:
                raise asyncio.CancelledError

        def deliver(frame: Frame) -> None:
            self.frames.append(frame)
            if self.time.now_ns >= seconds * 1e9:
                raise asyncio.CancelledError

        with capture_logs() as lines, pytest.raises(asyncio.CancelledError):
            await keep(self.driver, deliver, self.time, self.link, backoff=backoff, sleep=sleep)
        self.lines += lines

    @property
    def told(self) -> list[str]:
        """What the log says, without the details."""
        return [line["event"] for line in self.lines]

    @property
    def failed(self) -> list[Frame]:
        """The frames that say that the device is away."""
        return [frame for frame in self.frames if (frame.status == status.BAD_NO_COMMUNICATION).all()]


async def test_a_plc_that_is_away_for_a_day_is_two_lines() -> None:
    kept = Kept(lambda now_s: not 100 < now_s < 100 + DAY_S)
    await kept.run(200 + DAY_S)
    assert kept.driver.opened > DAY_S / 30  # it was asked all the time
    assert kept.told == ["device up", "device down", "device up"]
    assert len(kept.failed) == 1
    assert kept.link.up


async def test_the_line_says_how_long_it_was_away_and_what_to_check() -> None:
    kept = Kept(lambda now_s: now_s < 10 or now_s > 7210)
    await kept.run(7300)
    _, down, up = kept.lines
    assert (down["device"], down["reason"], down["hint"]) == ("plc", "refused", "is the port right?")
    assert down["address"] == "test://plc"
    assert up["down_for"].startswith("2:00:")


async def test_a_device_that_is_not_there_at_the_start_is_delivered_as_failed() -> None:
    kept = Kept(lambda now_s: now_s > 60)
    await kept.run(100)
    assert kept.told == ["device down", "device up"]
    assert kept.frames[0] is kept.failed[0]
    assert np.isnan(kept.frames[0].values).all()
    assert kept.frames[0].ids.tolist() == [0, 1]


async def test_the_link_tells_what_is_going_on_while_it_is_down() -> None:
    kept = Kept(lambda now_s: now_s < 10)
    await kept.run(100)
    link = kept.link
    assert (link.up, link.reason, link.hint) == (False, "refused", "is the port right?")
    assert link.since is not None
    assert 9 <= link.since.mono / 1e9 <= 11
    assert (link.frames, link.readings, link.downs) == (9, 18, 1)


async def test_the_link_takes_over_what_the_driver_lost() -> None:
    kept = Kept(lambda _: True)
    kept.driver.missed, kept.driver.lost = 3, 4
    await kept.run(5)
    assert kept.link.counters == {
        "frames": 5,
        "readings": 10,
        "failures": 0,
        "missed_polls": 3,
        "lost": 4,
        "downs": 0,
    }


async def test_a_clock_that_is_off_is_told_once_and_so_is_its_end() -> None:
    kept = Kept(lambda _: True)
    kept.driver.clock_off = lambda now_s: -3600.25 if 10 < now_s < 500 else 0.0
    await kept.run(400)
    assert kept.link.clocks == {"clock_off_s": -3600.25, "source_off_s": 0.0}
    await kept.run(600)
    assert kept.told == ["device up", "clock is off", "clock is right again"]
    assert (kept.lines[1]["device"], kept.lines[1]["by"]) == ("plc", "3600.2 s behind")
    assert "NTP" in kept.lines[1]["hint"]
    assert not kept.link.clock_off_s


async def test_every_open_has_its_close() -> None:
    kept = Kept(lambda now_s: int(now_s / 50) % 2 == 0)
    await kept.run(1000)
    assert kept.driver.opened == kept.driver.closed > 10


async def test_a_device_that_comes_and_goes_is_asked_less_and_less_often() -> None:
    kept = Kept(lambda now_s: int(now_s) % 3 != 0)
    await kept.run(3600)
    waits = [nap for nap in kept.time.naps if nap != 1]
    assert min(waits[8:]) >= 15
    assert kept.told.count("device down") < 3600 / 15


async def test_a_device_that_was_well_for_a_while_is_asked_soon() -> None:
    kept = Kept(lambda now_s: int(now_s / 100) % 2 == 0)
    await kept.run(1000)
    waits = [nap for nap in kept.time.naps if nap != 1]
    firsts = [nap for nap in waits if nap <= 0.5]
    assert len(firsts) == kept.link.downs == 5


async def test_a_bug_in_a_driver_is_not_hidden() -> None:
    kept = Kept(lambda _: True)
    kept.driver.bug = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        await keep(kept.driver, kept.frames.append, kept.time, kept.link, sleep=kept.time.sleep)
    assert kept.driver.closed == 1


async def test_a_driver_that_ends_without_a_reason_is_a_bug() -> None:
    class Ending(Scripted):
        async def frames(self) -> AsyncGenerator[Frame, None]:
            yield Frame.at(self._time(), self.ids, np.array([1.0, 2.0]))

    time, frames = VirtualTime(), list[Frame]()
    with pytest.raises(RuntimeError, match="ended without saying why"):
        await keep(Ending(time, lambda _: True), frames.append, time, LinkState("plc", "test://plc"))
