"""A wait ends when its link does, and for no other reason."""

import asyncio

import pytest

from edgetwin.field.driver import DeviceDown
from edgetwin.field.lifeline import Lifeline


async def wait_for_ever(lifeline: Lifeline) -> None:
    async with lifeline.hold():
        await asyncio.Event().wait()


async def test_cutting_it_ends_the_wait_with_its_reason() -> None:
    lifeline = Lifeline()
    waiting = asyncio.create_task(wait_for_ever(lifeline))
    await asyncio.sleep(0)
    lifeline.cut(DeviceDown("socket lost"))
    lifeline.cut(DeviceDown("something that follows from it"))
    with pytest.raises(DeviceDown, match="socket lost"):
        await asyncio.wait_for(waiting, 1)


async def test_a_link_that_is_lost_already_is_not_waited_for() -> None:
    lifeline = Lifeline()
    lifeline.cut(DeviceDown("socket lost"))
    with pytest.raises(DeviceDown, match="socket lost"):
        await wait_for_ever(lifeline)


async def test_work_that_ends_leaves_no_trace() -> None:
    lifeline = Lifeline()
    async with lifeline.hold():
        await asyncio.sleep(0)
    lifeline.cut(DeviceDown("socket lost"))
    await asyncio.sleep(0.01)  # a cancellation left behind would hit here


async def test_a_time_out_of_the_work_inside_stays_one() -> None:
    with pytest.raises(TimeoutError):
        async with Lifeline().hold():
            raise TimeoutError


async def test_a_cancellation_from_outside_stays_one() -> None:
    lifeline = Lifeline()
    waiting = asyncio.create_task(wait_for_ever(lifeline))
    await asyncio.sleep(0)
    lifeline.cut(DeviceDown("socket lost"))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
