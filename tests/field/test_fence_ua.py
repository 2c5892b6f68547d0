"""OPC UA behind its fence: a malformed answer, and fifty dead servers, are no more than a device that is down."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from field_benches import FencedBench, OpcUaBench
from field_plc import Plc, floats
from field_processes import children_of, descriptors, memory, zombies_of
from field_ua import UaServer
from field_watch import clock, until
from hostile_ua import (
    ATTACKS,
    HELLO,
    READ,
    Attack,
    Hostile,
    endless_chunks,
    endless_nulls,
    many_nulls,
    no_envelope,
    nulls_read,
    vast_message,
)

from edgetwin.config.modbus import ModbusDevice
from edgetwin.core.signals import Frame
from edgetwin.field.driver import Driver
from edgetwin.field.fence.fork import Forker
from edgetwin.field.link import LinkState
from edgetwin.field.modbus.bus import Buses
from edgetwin.field.modbus.driver import ModbusDriver
from edgetwin.field.poller import keep

SHORT_S = 0.02
KILLS = 50


class Kept:
    """A device that is kept by the poller, and what became of it."""

    def __init__(self, driver: Driver) -> None:
        self.link = LinkState(driver.name, driver.address)
        self.frames = 0
        self.reasons: list[str] = []
        self._driver = driver

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator["Kept"]:
        """Keep it for a while."""
        task = asyncio.create_task(keep(self._driver, self._take, clock, self.link, sleep=self._nap))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    def _take(self, _: Frame) -> None:
        self.frames += 1

    async def _nap(self, _: float) -> None:
        self.reasons.append(self.link.reason)
        await asyncio.sleep(SHORT_S)


@pytest.fixture
async def neighbour() -> AsyncIterator[Kept]:
    """Give another device on the same event loop, asked five times a second."""
    plc = await Plc(floats(1.5)).start()
    address = f"modbus-tcp://127.0.0.1:{plc.port}"
    signals = {"level": {"at": "hr:0", "type": "float32"}}
    config = ModbusDevice.model_validate({"connect": address, "every": "200 ms", "signals": signals})
    async with Kept(ModbusDriver("neighbour", config, clock, Buses())).keeping() as kept:
        await until(lambda: kept.link.up)
        yield kept
    await plc.stop()


@pytest.mark.alone
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
@pytest.mark.usefixtures("forker")
async def test_a_malformed_answer_downs_its_device_and_no_other(
    attack: Attack, ua_server: UaServer, neighbour: Kept
) -> None:
    async with Hostile(ua_server.port, attack) as server:
        victim = Kept(FencedBench(ua_server).driver(server.port, "500 ms"))
        async with victim.keeping():
            await until(lambda: bool(victim.reasons))
            server.attack = None
            await until(lambda: victim.link.up)
    assert server.attacks
    assert victim.reasons[0]
    assert attack is not endless_nulls or "took more than 128 MB" in victim.reasons[0]
    assert (neighbour.link.missed, neighbour.link.downs) == (0, 0)


@pytest.mark.alone
@pytest.mark.parametrize(
    ("instead_of", "attack"),
    [(HELLO, no_envelope), (HELLO, vast_message), (READ, nulls_read), (READ, endless_chunks)],
    ids=["a hello of garbage", "a vast hello", "an endless answer", "an answer without end"],
)
@pytest.mark.usefixtures("forker")
async def test_an_answer_that_is_malformed_while_it_connects_is_no_worse(
    instead_of: bytes, attack: Attack, ua_server: UaServer, neighbour: Kept
) -> None:
    async with Hostile(ua_server.port, attack, instead_of) as server:
        victim = Kept(FencedBench(ua_server).driver(server.port, "500 ms"))
        async with victim.keeping():
            await until(lambda: bool(victim.reasons))
            assert not victim.link.up
            server.attack = None
            await until(lambda: victim.link.up)
    assert (neighbour.link.missed, neighbour.link.downs) == (0, 0)


@pytest.mark.alone
async def test_without_the_fence_a_malformed_answer_stops_the_other_devices(
    ua_server: UaServer, neighbour: Kept
) -> None:
    async with Hostile(ua_server.port, many_nulls) as server:
        victim = Kept(OpcUaBench(ua_server).driver(server.port, "500 ms"))
        async with victim.keeping():
            await until(lambda: server.attacks > 0 and neighbour.link.missed > 0)


async def test_fifty_server_kills_leave_nothing_behind(ua_server: UaServer, forker: Forker) -> None:
    bench = FencedBench(ua_server)
    kept = Kept(bench.driver(bench.port))

    async def die_and_come_back() -> None:
        downs = kept.link.downs
        await bench.kill()
        await until(lambda: kept.link.downs > downs)
        await bench.restart()
        await until(lambda: kept.link.up)

    def held() -> tuple[int, ...]:
        assert forker.pid is not None
        ours = (os.getpid(), forker.pid)
        return (
            len(asyncio.all_tasks()),
            len(children_of(forker.pid)),
            zombies_of(forker.pid),
            *(descriptors(pid) for pid in ours),
        )

    async with kept.keeping():
        await until(lambda: kept.link.up)
        for _ in range(3):  # what is made once and kept is made now
            await die_and_come_back()
        before, (reader,) = held(), children_of(forker.pid or -1)
        at_first = memory(os.getpid()), memory(reader), memory(forker.pid or -1)
        for _ in range(KILLS):
            await die_and_come_back()
        await until(lambda: held() <= before)
        (reader,) = children_of(forker.pid or -1)
        at_last = memory(os.getpid()), memory(reader), memory(forker.pid or -1)
    assert kept.link.downs == KILLS + 3
    grown = [last - first for first, last in zip(at_first, at_last, strict=True)]
    assert max(grown) < 4 * 2**20
    await until(lambda: not children_of(forker.pid or -1))
