"""A fenced driver: whatever it does, its device is down with a reason, and nothing of it is left."""

import asyncio
import errno
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest
from field_fenced import Play
from field_processes import children_of, lives, memory, zombies_of
from field_watch import clock, until
from structlog.testing import capture_logs

from edgetwin.field.driver import DeviceDown
from edgetwin.field.fence import fence as fence_module
from edgetwin.field.fence import fork as fence_fork
from edgetwin.field.fence import link as fence_link
from edgetwin.field.fence.fence import Fence
from edgetwin.field.fence.fork import Forker

pytestmark = pytest.mark.usefixtures("forker")


def puppet(act: str) -> Fence:
    return Fence("field_fenced", "Puppet", "puppet", Play(act), clock)


def pid_of_forker() -> int:
    return Forker.of("field_fenced").pid or -1  # that one has no children


@asynccontextmanager
async def reader_of(fence: Fence) -> AsyncIterator[int]:
    """Open it, and give the process that reads."""
    before = set(children_of(pid_of_forker()))
    await fence.open()
    try:
        (pid,) = set(children_of(pid_of_forker())) - before
        yield pid
    finally:
        await fence.close()
    await until(lambda: not lives(pid))


async def ending(fence: Fence) -> DeviceDown:
    """Read until it is down."""
    async with asyncio.timeout(20), aclosing(fence.frames()) as frames:
        with pytest.raises(DeviceDown) as down:
            async for _ in frames:
                pass
    return down.value


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("talk", "over"),
        ("fail", r"its reader failed: KeyError\('puppet'\)"),
        ("eat", "took more than 128 MB to read"),
        ("spin", "busy for more than 1 s"),
        ("rave", "lost its mind"),
    ],
)
async def test_whatever_a_driver_does_its_device_is_down_with_a_reason(
    act: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if act == "spin":
        monkeypatch.setattr(fence_link, "SILENT_S", 1.0)
    fence = puppet(act)
    async with reader_of(fence):
        down = await ending(fence)
        began = time.monotonic()
        await fence.close()
        assert time.monotonic() - began < 1.0
    assert re.search(reason, down.reason)


async def test_a_refusal_to_open_comes_through() -> None:
    with pytest.raises(DeviceDown, match="no") as down:
        await puppet("refuse").open()
    assert down.value.hint == "ask again"


async def test_what_a_driver_says_is_said_here(caplog: pytest.LogCaptureFixture) -> None:
    fence = puppet("talk")
    with capture_logs() as lines:
        for _ in range(2):
            async with reader_of(fence):
                await ending(fence)
    spoken, refused = lines[0], lines[1]
    assert spoken == {
        "event": "the puppet speaks",
        "log_level": "warning",
        "device": "puppet",
        "number": 7,
        "odd": "{1, 2}",
    }
    assert (refused["event"], refused["signal"]) == ("signal refused", "puppet.s1")
    assert len(lines) == 2  # the second connection had nothing to add
    assert [(record.name, record.message) for record in caplog.records] == [
        ("asyncua.puppet", "a library says something")
    ]


async def test_a_bug_is_told_with_its_place() -> None:
    fence = puppet("fail")
    with capture_logs() as lines:
        async with reader_of(fence):
            await ending(fence)
    assert "KeyError" in lines[0]["exception"]
    assert lines[0]["log_level"] == "error"


async def test_counters_and_facts_are_those_of_the_driver_over_all_its_connections() -> None:
    fence = puppet("flood")
    for connection in (1, 2):
        async with reader_of(fence), aclosing(fence.frames()) as frames:
            await anext(frames)
        assert fence.missed == 3 * connection
        assert fence.facts == {"clock_off_s": 7.5}


async def test_a_reader_that_has_just_begun_does_not_forget_what_the_one_before_it_knew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fence = puppet("talk")
    fence.facts = {"clock_off_s": 9.0}
    async with reader_of(fence):
        await ending(fence)
    assert fence.facts == {"clock_off_s": 9.0}
    monkeypatch.setattr(fence_module, "SETTLED_S", 0.0)
    async with reader_of(fence):
        await ending(fence)
    assert fence.facts == {"clock_off_s": 0.0}


async def test_a_slow_gateway_slows_the_driver_down_and_costs_no_memory() -> None:
    fence = puppet("flood")
    async with reader_of(fence) as pid, aclosing(fence.frames()) as frames:
        await anext(frames)
        at_rest = memory(pid)
        async with asyncio.timeout(30):
            await asyncio.sleep(1.0)  # the time in which it would fill memory
        assert memory(pid) - at_rest < 8 * 2**20
        numbers = [float((await anext(frames)).values[0]) for _ in range(100)]
    assert numbers == [float(number) for number in range(1, 101)]  # and nothing is lost


async def test_a_frame_arrives_as_it_was_sent() -> None:
    fence = puppet("flood")
    async with reader_of(fence), aclosing(fence.frames()) as frames:
        frame = await anext(frames)
    assert frame.ids.tolist() == list(range(1000))
    assert not frame.values.any()
    assert abs(time.monotonic_ns() - int(frame.mono[0])) < 20 * 10**9
    assert np.ptp(frame.t_read) == 0


async def test_a_reader_that_is_killed_is_a_device_that_is_down() -> None:
    fence = puppet("flood")
    async with reader_of(fence) as pid:
        os.kill(pid, signal.SIGKILL)
        assert "stopped from outside" in (await ending(fence)).reason
    async with reader_of(fence), aclosing(fence.frames()) as frames:
        assert len(await anext(frames)) == 1000


async def test_a_lost_forker_takes_its_children_along_and_is_replaced() -> None:
    fence = puppet("spin")
    lost = pid_of_forker()
    async with reader_of(fence) as pid:
        os.kill(lost, signal.SIGKILL)
        await until(lambda: not lives(pid))
        assert (await ending(fence)).reason
    async with reader_of(fence), aclosing(fence.frames()) as frames:
        assert len(await anext(frames)) == 1000
    assert pid_of_forker() != lost


async def test_a_reader_does_not_heed_what_a_terminal_or_systemd_sends_to_all() -> None:
    fence = puppet("flood")
    async with reader_of(fence) as pid, aclosing(fence.frames()) as frames:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, each)
            os.kill(pid_of_forker(), each)
        for _ in range(100):
            await anext(frames)


GATEWAY = """
import asyncio, os, sys
from field_fenced import Play
from field_watch import clock
from edgetwin.field.fence.fence import Fence
from edgetwin.field.fence.fork import Forker
async def main():
    fences = [Fence("field_fenced", "Puppet", act, Play(act), clock) for act in ("flood", "spin")]
    for fence in fences:
        await fence.open()
    print(Forker.of('field_fenced').pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_all_end_with_the_gateway() -> None:
    code = f"import sys; sys.path[:] = {sys.path!r}\n{GATEWAY}"
    gateway = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with gateway:
        assert gateway.stdout is not None
        assert gateway.stderr is not None
        forker = int(await asyncio.to_thread(gateway.stdout.readline))
        readers = children_of(forker)
        assert len(readers) == 2
        gateway.kill()
        await asyncio.to_thread(gateway.wait, 20)
        await until(lambda: not any(lives(pid) for pid in [forker, *readers]))
        said = await asyncio.to_thread(gateway.stderr.read)
    assert said == b""


async def test_thirty_connections_leave_nothing_behind() -> None:
    fence = puppet("flood")
    async with reader_of(fence):
        pass
    tasks, forker = asyncio.all_tasks(), pid_of_forker()
    for _ in range(30):
        await fence.open()
        await fence.close()
    await until(lambda: not children_of(forker))
    assert zombies_of(forker) == 0
    assert asyncio.all_tasks() == tasks


async def test_sixty_readers_may_start_at_once() -> None:
    fences = [puppet("flood") for _ in range(60)]
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(fence.open() for fence in fences))
        assert len(children_of(pid_of_forker())) == 60
    finally:
        await asyncio.gather(*(fence.close() for fence in fences))
    await until(lambda: not children_of(pid_of_forker()))


def test_where_there_can_be_no_more_processes_the_forker_hangs_up_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", refused)
    ours, childs = socket.socketpair()
    with ours:
        assert fence_fork._fork(childs.detach()) is None
        assert ours.recv(1) == b""
