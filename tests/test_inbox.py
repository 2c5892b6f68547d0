"""The queue between the drivers and the pipeline: bounded, and honest about what it loses."""

import asyncio

import numpy as np
from structlog.testing import capture_logs

from edgetwin.core.signals import Frame, Stamp
from edgetwin.inbox import FEW, FRAME_COST, Inbox


def frame(number: int, readings: int = 1) -> Frame:
    ids = np.arange(readings, dtype=np.int32)
    return Frame.at(Stamp(number, number), ids, np.full(readings, float(number)))


def numbers(frames: list[Frame]) -> list[float]:
    return [float(one.values[0]) for one in frames]


async def test_all_that_waits_comes_as_one_batch_in_order() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.put(frame(number))
    assert numbers(await inbox.take(10.0)) == [0, 1, 2]
    assert len(inbox) == 0


async def test_an_empty_inbox_gives_nothing_after_its_patience() -> None:
    assert await Inbox().take(0.01) == []


async def test_a_frame_that_comes_ends_the_waiting() -> None:
    inbox = Inbox()
    waiting = asyncio.ensure_future(inbox.take(60.0))
    asyncio.get_running_loop().call_soon(inbox.put, frame(7))
    async with asyncio.timeout(20.0):
        assert numbers(await waiting) == [7]


async def test_when_full_the_oldest_go_and_are_counted() -> None:
    inbox = Inbox(readings=2 * (FRAME_COST + 10))
    for number in range(5):
        inbox.put(frame(number, readings=10))
    assert inbox.counters == {
        "inbox_waiting": 2,
        "inbox_dropped_frames": 3,
        "inbox_dropped_readings": 30,
    }
    assert numbers(inbox.take_now()) == [3, 4]


async def test_the_newest_frame_always_fits() -> None:
    inbox = Inbox(readings=10)
    inbox.put(frame(1, readings=100))
    inbox.put(frame(2, readings=200))
    assert numbers(inbox.take_now()) == [2]


async def test_a_long_overflow_is_two_lines_in_the_log() -> None:
    inbox = Inbox(readings=2 * (FRAME_COST + 1))
    with capture_logs() as lines:
        for _ in range(3):
            for number in range(10):
                inbox.put(frame(number))
            inbox.take_now()
        assert [line["log_level"] for line in lines] == ["warning"]
        inbox.put(frame(1))
        inbox.take_now()
    assert [line["log_level"] for line in lines] == ["warning", "info"]
    assert lines[1]["dropped_frames"] == 24


async def test_a_loss_is_not_forgotten_when_another_inbox_takes_over() -> None:
    old, new = Inbox(readings=10), Inbox()
    old.put(frame(1, readings=5))
    old.put(frame(2))
    new.adopt(old)
    assert new.counters["inbox_dropped_frames"] == 1
    assert new.counters["inbox_dropped_readings"] == 5


async def test_without_an_overflow_nothing_is_logged() -> None:
    inbox = Inbox()
    with capture_logs() as lines:
        inbox.put(frame(1))
        inbox.take_now()
    assert lines == []
    assert inbox.counters["inbox_dropped_frames"] == 0


async def test_who_can_wait_waits_until_little_is_left() -> None:
    inbox = Inbox()
    for number in range(FEW - 1):
        inbox.put(frame(number))
        await inbox.room()
    inbox.put(frame(FEW))
    waiting = asyncio.ensure_future(inbox.room())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    inbox.take_now()
    async with asyncio.timeout(20.0):
        await waiting


async def test_a_few_large_frames_are_no_room_either() -> None:
    inbox = Inbox(readings=100)
    inbox.put(frame(1, readings=60))
    waiting = asyncio.ensure_future(inbox.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.take_now()
    async with asyncio.timeout(20.0):
        await waiting
