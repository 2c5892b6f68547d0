"""What every driver promises (edgetwin/field/driver.py), held against real servers on loopback."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest
from field_benches import (
    ABSENT,
    IMPATIENT,
    LEVEL,
    NEIGHBOUR,
    Bench,
    CyclicBench,
    FencedBench,
    ModbusBench,
    MqttBench,
    OpcUaBench,
)
from field_mqtt import Sensors
from field_plc import Plc, floats
from field_watch import clock, sockets, until
from field_wires import Wire
from structlog.testing import capture_logs

from edgetwin.core import status
from edgetwin.core.signals import Frame
from edgetwin.field.driver import DeviceDown, Driver
from edgetwin.field.link import LinkState
from edgetwin.field.opcua import link as opcua_link
from edgetwin.field.poller import keep


@pytest.fixture(params=["modbus", "opcua", "opcua read", "opcua fenced", "mqtt"])
async def bench(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    if request.param == "modbus":
        plc = await Plc([*floats(1.5), 0, *floats(7.0)], holes=[2]).start()
        yield ModbusBench(plc)
        await plc.stop()
    elif request.param == "mqtt":
        broker = request.getfixturevalue("broker")
        sensors = Sensors(broker, MqttBench.MESSAGES).start()
        yield MqttBench(broker)
        sensors.stop()
    else:
        monkeypatch.setattr(opcua_link, "PROBE_S", 0.2)  # a frozen server is asked soon whether it lives
        server = request.getfixturevalue("ua_server")
        await server.write("level", 1.5)
        if request.param == "opcua fenced":
            request.getfixturevalue("forker")
            yield FencedBench(server)
        elif request.param == "opcua read":
            yield CyclicBench(server)
        else:
            yield OpcUaBench(server)


@pytest.fixture
async def driver(bench: Bench) -> AsyncIterator[Driver]:
    driver = bench.driver(bench.port)
    yield driver
    await driver.close()


Heard = dict[int, tuple[float, int]]


async def listen(frames: AsyncGenerator[Frame, None], wanted: int = 3) -> Heard:
    """Read until so many signals have been heard of, and give value and status of each."""
    heard: Heard = {}
    async with asyncio.timeout(20):
        while len(heard) < wanted:
            frame = await anext(frames)
            for number, value, code in zip(frame.ids, frame.values, frame.status, strict=True):
                heard[int(number)] = (float(value), int(code))
    return heard


async def latest(driver: Driver) -> Heard:
    """Read a driver that is open until all its signals have been heard of."""
    async with aclosing(driver.frames()) as frames:
        return await listen(frames)


async def read_once(driver: Driver) -> None:
    """Open, read and close."""
    try:
        await driver.open()
        await latest(driver)
    finally:
        await driver.close()


async def test_it_knows_its_signals_before_it_is_open(driver: Driver) -> None:
    assert sorted(driver.ids) == sorted([LEVEL, ABSENT, NEIGHBOUR])


async def test_it_reads_what_the_device_has(driver: Driver) -> None:
    await driver.open()
    heard = await latest(driver)
    assert heard[LEVEL] == (1.5, status.GOOD)
    assert heard[NEIGHBOUR] == (7.0, status.GOOD)


async def test_a_signal_that_fails_fails_alone(driver: Driver) -> None:
    await driver.open()
    heard = await latest(driver)
    value, code = heard[ABSENT]
    assert np.isnan(value)
    assert code >= status.BAD
    assert not status.is_comm(np.array([code], np.uint32))[0]
    assert heard[NEIGHBOUR][1] == status.GOOD


async def test_a_signal_stands_in_a_frame_once_and_is_stamped_on_arrival(driver: Driver) -> None:
    before = clock()
    await driver.open()
    async with asyncio.timeout(20), aclosing(driver.frames()) as frames:
        async for frame in frames:
            assert len(set(frame.ids)) == len(frame)
            assert (before.wall <= frame.t_read).all()
            assert (frame.t_read <= clock().wall).all()
            assert (before.mono <= frame.mono).all()
            assert (frame.mono <= clock().mono).all()
            if LEVEL in frame.ids:
                break


async def test_nobody_listening_is_a_refusal_that_says_what_to_check(bench: Bench, closed_port: int) -> None:
    driver = bench.driver(closed_port)
    with pytest.raises(DeviceDown, match="refused") as down:
        await driver.open()
    assert "is the port right" in down.value.hint
    await driver.close()


async def test_a_peer_that_never_answers_is_a_device_that_is_down(bench: Bench, silent_port: int) -> None:
    with pytest.raises(DeviceDown) as down:
        await read_once(bench.driver(silent_port, IMPATIENT))
    assert down.value.hint


async def test_a_peer_that_talks_nonsense_is_a_device_that_is_down(bench: Bench, web_port: int) -> None:
    with pytest.raises(DeviceDown):
        await read_once(bench.driver(web_port, IMPATIENT))


async def test_a_killed_server_is_noticed_at_once(bench: Bench, driver: Driver) -> None:
    await driver.open()
    async with aclosing(driver.frames()) as frames:
        await listen(frames)
        await bench.kill()
        began = time.monotonic()
        with pytest.raises(DeviceDown, match="the connection was lost") as down:
            await listen(frames, wanted=99)
        assert time.monotonic() - began < 1.0  # and not after the time-out
        assert "restart" in down.value.hint
    await bench.restart()


async def test_a_frozen_network_is_noticed(bench: Bench) -> None:
    async with Wire(bench.port) as wire:
        driver = bench.driver(wire.port, IMPATIENT)
        await driver.open()
        async with aclosing(driver.frames()) as frames:
            await listen(frames)
            wire.freeze()
            with pytest.raises(DeviceDown):
                await listen(frames, wanted=99)
        await driver.close()


async def test_a_frozen_network_does_not_hold_up_close(bench: Bench) -> None:
    async with Wire(bench.port) as wire:
        driver = bench.driver(wire.port, IMPATIENT)
        await driver.open()
        await latest(driver)
        wire.freeze()
        began = time.monotonic()
        await driver.close()
        assert time.monotonic() - began < 1.0


async def test_close_may_come_before_open_and_twice(driver: Driver) -> None:
    await driver.close()
    await driver.open()
    await driver.close()
    await driver.close()


async def test_it_opens_again_after_close(driver: Driver) -> None:
    for _ in range(2):
        await driver.open()
        assert (await latest(driver))[LEVEL] == (1.5, status.GOOD)
        await driver.close()


async def test_a_hundred_refused_attempts_leave_nothing_behind(bench: Bench, closed_port: int) -> None:
    tasks, open_sockets = asyncio.all_tasks(), sockets()
    driver = bench.driver(closed_port)
    for _ in range(100):
        with pytest.raises(DeviceDown):
            await driver.open()
        await driver.close()
    assert asyncio.all_tasks() == tasks
    await until(lambda: sockets() <= open_sockets)


async def test_cancelling_open_leaves_nothing_behind(bench: Bench, silent_port: int) -> None:
    tasks, open_sockets = asyncio.all_tasks(), sockets()
    for moment_s in (0.0, 0.002, 0.02):
        driver = bench.driver(silent_port)
        opening = asyncio.create_task(read_once(driver))
        await asyncio.wait([opening], timeout=moment_s)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert asyncio.all_tasks() == tasks
    # The far ends of the connections are in this process too; they close when they see ours close.
    await until(lambda: sockets() <= open_sockets + 3)


async def test_cancelling_the_reading_leaves_nothing_behind(bench: Bench) -> None:
    tasks, open_sockets = asyncio.all_tasks(), sockets()
    for _ in range(3):
        seen: list[Frame] = []
        driver = bench.driver(bench.port)
        reading = asyncio.create_task(keep(driver, seen.append, clock, LinkState("device", driver.address)))
        await until(lambda seen=seen: bool(seen))  # type: ignore[misc]
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert asyncio.all_tasks() == tasks
    await until(lambda: sockets() <= open_sockets)


async def test_a_restarted_server_comes_back_and_the_log_has_two_lines(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    driver = bench.driver(bench.port)
    link = LinkState("device", driver.address)
    seen: list[Frame] = []
    naps: list[float] = []

    async def short_nap(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.sleep(0.01)

    with capture_logs() as lines:
        keeping = asyncio.create_task(keep(driver, seen.append, clock, link, sleep=short_nap))
        await until(lambda: link.up and any(line["event"] == "signal refused" for line in lines))
        await bench.kill()
        await until(lambda: not link.up and len(naps) >= 3)
        await bench.restart()
        await until(lambda: link.up)
        keeping.cancel()
        await asyncio.wait([keeping])
    transitions = [line["event"] for line in lines if line["event"].startswith("device")]
    assert transitions == ["device up", "device down", "device up"]
    away = [frame for frame in seen if len(frame) and (frame.status == status.BAD_NO_COMMUNICATION).all()]
    assert len(away) == 1
    assert sorted(away[0].ids) == sorted(driver.ids)
    assert [line["event"] for line in lines].count("signal refused") == 1
    assert caplog.records == []  # the libraries have nothing to add
