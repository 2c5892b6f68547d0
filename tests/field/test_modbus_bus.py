"""Units that share a line: a dead one takes next to nothing from the living, a slow one is found out and waited for."""

import asyncio
import sys
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from field_units import Units
from field_watch import clock, until

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_line import line
from edgetwin.core.signals import Frame
from edgetwin.field.driver import DeviceDown
from edgetwin.field.link import LinkState
from edgetwin.field.modbus.bus import Buses
from edgetwin.field.modbus.driver import ModbusDriver
from edgetwin.field.modbus.link import ModbusLink
from edgetwin.field.modbus.turns import Turns
from edgetwin.field.poller import keep

KINDS = ("modbus-tcp", "modbus-rtu")
PERIOD_S = 0.4
LIVING = 1
TEN = range(1, 11)


@dataclass
class Kept:
    """A device that is kept by the poller."""

    driver: ModbusDriver
    link: LinkState
    frames: list[Frame] = field(default_factory=list)


@asynccontextmanager
async def kept(where: str, units: range, **settings: object) -> AsyncIterator[dict[int, Kept]]:
    """Keep units of one line for a while."""
    buses = Buses()
    devices: dict[int, Kept] = {}
    tasks = []
    for unit in units:
        config = ModbusDevice.model_validate(
            {
                "connect": where,
                "unit": unit,
                "every": "400 ms",
                "timeout": "400 ms",
                "signals": {"it": {"at": "hr:0"}},
                **settings,
            }
        )
        device = Kept(ModbusDriver(f"unit{unit}", config, clock, buses), LinkState(f"unit{unit}", ""))
        devices[unit] = device
        tasks.append(asyncio.create_task(keep(device.driver, device.frames.append, clock, device.link)))
    try:
        yield devices
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


async def lateness(devices: dict[int, Kept], polls: int) -> tuple[int, float]:
    """Watch the living unit for some polls: how many it missed, and by how much of its period it was late at most."""
    living = devices[LIVING]
    await until(lambda: living.link.up, 20)
    begun, missed = len(living.frames), living.driver.missed
    await until(lambda: len(living.frames) >= begun + polls or living.driver.missed > missed, 60)
    times = [frame.mono[0] / 1e9 for frame in living.frames[begun:]]
    first = min(at - number * PERIOD_S for number, at in enumerate(times))
    late_s = max(at - first - number * PERIOD_S for number, at in enumerate(times))
    return living.driver.missed - missed, late_s / PERIOD_S


@pytest.mark.alone
@pytest.mark.parametrize("kind", KINDS)
async def test_nine_dead_units_make_the_living_one_miss_no_poll(kind: str) -> None:
    async with Units({LIVING}, kind) as units, kept(units.where, TEN) as devices:
        missed, late = await lateness(devices, polls=8)
        sys.stdout.write(f"{kind}: late by {late:.0%} of a period at most\n")
        assert missed == 0
        # Each of them is tried, and will be found when it comes back.
        await until(lambda: set(units.asked) == set(TEN), 20)
    assert not any(devices[unit].link.up for unit in TEN if unit != LIVING)


async def test_negative_control_where_all_units_are_alike_polls_are_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Turns, "patience_s", lambda _, turn, *__: turn.seat.timeout_s)
    monkeypatch.setattr(Turns, "tried", lambda *_, **__: None)
    monkeypatch.setattr(Turns, "add", lambda turns, turn: turns._waiting.append(turn))
    async with Units({LIVING}, "modbus-tcp") as units, kept(units.where, TEN) as devices:
        missed, _ = await lateness(devices, polls=8)
    assert missed > 0


@pytest.mark.parametrize("kind", KINDS)
async def test_a_slow_unit_is_found_out_and_waited_for(kind: str) -> None:
    async with Units({LIVING}, kind) as units, kept(units.where, range(1, 3)) as devices:
        units.late[2] = 0.3  # longer than a try may last beside a unit that is asked every 400 ms
        await until(lambda: devices[LIVING].link.up and devices[2].link.up, 20)


async def test_a_unit_that_falls_silent_goes_alone_and_the_connection_stays() -> None:
    async with Units({1, 2, 3}, "modbus-tcp") as units, kept(units.where, range(1, 4)) as devices:
        await until(lambda: all(device.link.up for device in devices.values()))
        units.living.discard(2)
        await until(lambda: not devices[2].link.up)
        begun = len(devices[1].frames)
        await until(lambda: len(devices[1].frames) >= begun + 2)
        assert devices[1].link.downs == devices[3].link.downs == 0
        units.living.add(2)
        await until(lambda: devices[2].link.up)
        assert units.connections == 1


async def test_the_last_to_leave_closes_the_connection_and_the_next_to_come_opens_one() -> None:
    async with Units({1, 2}, "modbus-tcp") as units:
        bus = Buses().on(line(units.where))
        one, two = ModbusLink(bus, 1, 1.0), ModbusLink(bus, 2, 1.0)
        await one.open()
        await two.open()
        await one.close()
        assert await two.read("hr", 0, 1) == b"\0\2"
        await two.close()
        with pytest.raises(DeviceDown):
            await two.read("hr", 0, 1)
        again = ModbusLink(bus, 1, 1.0)
        await again.open()
        assert await again.read("hr", 0, 1) == b"\0\1"
        await again.close()
        assert units.connections == 2


async def test_a_request_whose_asker_is_gone_runs_to_its_end_and_the_next_gets_its_own_answer() -> None:
    async with Units({1, 2}, "modbus-rtu") as units:
        bus = Buses().on(line(units.where))
        one, two = ModbusLink(bus, 1, 0.3), ModbusLink(bus, 2, 0.3)
        await one.open()
        await two.open()
        assert await one.read("hr", 0, 2) == b"\0\1\0\1"
        units.late[1] = 0.1
        asking = asyncio.create_task(one.read("hr", 0, 2))
        await until(lambda: units.asked == [1, 1])
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await two.read("hr", 0, 2) == b"\0\2\0\2"
        assert bus.late == 0  # it was waited for, though nobody wanted it any more
        await one.close()
        await two.close()


async def test_a_hundred_links_to_nowhere_wait_for_one_attempt(closed_port: int) -> None:
    bus = Buses().on(line(f"modbus-tcp://127.0.0.1:{closed_port}"))
    links = [ModbusLink(bus, unit, 1.0) for unit in range(1, 101)]
    failures = await asyncio.gather(*(link.open() for link in links), return_exceptions=True)
    assert all(isinstance(failure, DeviceDown) for failure in failures)
    assert {str(failure) for failure in failures} == {f"connection refused by 127.0.0.1 port {closed_port}"}


async def test_lines_are_shared_by_all_who_name_them_and_forgotten_when_nobody_does() -> None:
    buses = Buses()
    bus = buses.on(line("modbus-tcp://127.0.0.1:502"))
    assert buses.on(line("modbus-tcp://127.0.0.1")) is bus
    assert buses.on(line("modbus-rtu-tcp://127.0.0.1:502")) is not bus
    known = weakref.ref(bus)
    del bus
    assert known() is None
