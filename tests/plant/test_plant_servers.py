"""The servers serve what the plant holds, read by real clients; and a reboot is a real one."""

import asyncio
from collections.abc import AsyncIterator
from math import isnan

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.client.client import Client
from pymodbus.client import AsyncModbusTcpClient

from edgetwin.core.status import BAD_SENSOR_FAILURE
from edgetwin.plant.live import TICK_S, LivePlant
from edgetwin.plant.modbus_server import NO_VALUE_INT16
from edgetwin.plant.plant import Plant
from edgetwin.plant.points import FEED, HOST, MILL, NAMESPACE, NODE_POINTS

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served() -> AsyncIterator[LivePlant]:
    # An OPC UA server takes seconds to make, so one plant serves all these tests.
    async with LivePlant(Plant(seed=1), scheduled_faults=False) as live:
        yield live


@pytest_asyncio.fixture(loop_scope="module")
async def live(served: LivePlant) -> LivePlant:
    served.plant.mend()
    await served.tick(1.0)
    return served


async def registers(live: LivePlant, count: int = 11) -> list[int]:
    client = AsyncModbusTcpClient(HOST, port=live.mill.port, reconnect_delay=0)
    assert await client.connect()
    answer = await client.read_holding_registers(0, count=count, device_id=1)
    client.close()
    assert not answer.isError()
    return list(answer.registers)


def as_float(words: list[int]) -> float:
    value = AsyncModbusTcpClient.convert_from_registers(words, AsyncModbusTcpClient.DATATYPE.FLOAT32)
    assert isinstance(value, float)
    return value


async def nodes(live: LivePlant, *names: str) -> list[ua.DataValue]:
    async with Client(f"opc.tcp://{HOST}:{live.feed.port}") as client:
        index = await client.get_namespace_index(NAMESPACE)
        return await client.read_attributes(
            [client.get_node(ua.NodeId(ua.String(name), ua.Int16(index))) for name in names]
        )


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_the_mill_serves_what_the_plant_holds(live: LivePlant) -> None:
    for _ in range(20):
        await live.tick(TICK_S)
    held, words = live.plant.readings, await registers(live)
    assert as_float(words[0:2]) == pytest.approx(held["mill.bearing_temp"])
    assert as_float(words[2:4]) == pytest.approx(held["mill.water_flow"])
    assert words[4] * 0.1 == pytest.approx(held["mill.water_temp"])
    assert words[5] * 0.1 == pytest.approx(held["mill.motor_power"])
    assert words[10] == held["mill.mode"]


async def test_the_running_state_is_a_discrete_input(live: LivePlant) -> None:
    client = AsyncModbusTcpClient(HOST, port=live.mill.port, reconnect_delay=0)
    assert await client.connect()
    seen = set()
    for _ in range(20):  # it stands still for 12 s in every 187 s
        await live.tick(10.0)
        answer = await client.read_discrete_inputs(0, count=1, device_id=1)
        assert answer.bits[0] == bool(live.plant.readings["mill.running"])
        seen.add(answer.bits[0])
    client.close()
    assert seen == {False, True}


async def test_the_feed_station_serves_what_the_plant_holds(live: LivePlant) -> None:
    await live.tick(TICK_S)
    values = await nodes(live, *(point.node for point in NODE_POINTS))
    for point, served in zip(NODE_POINTS, values, strict=True):
        assert served.Value is not None
        assert served.Value.Value == live.plant.readings[point.name]
        assert served.SourceTimestamp is not None
    assert isinstance(live.plant.readings["feed.recipe"], str)


async def test_a_drop_out_is_nan_in_a_float_and_a_code_in_an_int16(live: LivePlant) -> None:
    live.plant.break_("mill.bearing_temp", "drop-out")
    live.plant.break_("mill.motor_power", "drop-out")
    await live.tick(TICK_S)
    words = await registers(live)
    assert isnan(as_float(words[0:2]))
    assert words[5] == NO_VALUE_INT16 & 0xFFFF
    assert not isnan(as_float(words[2:4]))


async def test_a_drop_out_is_a_bad_status_on_opc_ua_and_only_there(live: LivePlant) -> None:
    live.plant.break_("feed.tank_level", "drop-out")
    await live.tick(1.0)
    level, valve = await nodes(live, "Tank.Level", "Tank.Valve")
    assert level.StatusCode is not None
    assert level.StatusCode.value == BAD_SENSOR_FAILURE
    assert valve.StatusCode is not None
    assert valve.StatusCode.is_good()


async def test_a_reboot_of_the_mill_refuses_and_comes_back_on_the_same_port(live: LivePlant) -> None:
    port = live.mill.port
    client = AsyncModbusTcpClient(HOST, port=port, reconnect_delay=0)
    assert await client.connect()
    lost = asyncio.Event()
    client.ctx.trace_connect = lambda connected: None if connected else lost.set()
    live.plant.break_(MILL, "reboot")
    await live.tick(TICK_S)
    await asyncio.wait_for(lost.wait(), 5.0)  # an open connection ends too
    assert not await answers(port)
    assert await answers(live.feed.port)
    await live.tick(10.0)
    assert live.mill.port == port
    assert as_float((await registers(live))[0:2]) == pytest.approx(live.plant.readings["mill.bearing_temp"])
    client.close()


async def test_a_reboot_of_the_feed_station_refuses_and_comes_back_on_the_same_port(live: LivePlant) -> None:
    port = live.feed.port
    live.plant.break_(FEED, "reboot")
    await live.tick(TICK_S)
    assert not await answers(port)
    await live.tick(10.0)
    assert live.feed.port == port
    await live.tick(10.0)
    (level,) = await nodes(live, "Tank.Level")
    assert level.Value is not None
    assert level.Value.Value == live.plant.readings["feed.tank_level"]


async def test_a_port_taken_meanwhile_is_tried_again(live: LivePlant) -> None:
    live.plant.break_(MILL, "reboot")
    await live.tick(TICK_S)
    squatter = await asyncio.start_server(lambda _r, w: w.close(), HOST, live.mill.port)
    await live.tick(10.0)
    assert not live.mill.serving
    squatter.close()
    await squatter.wait_closed()
    await live.tick(TICK_S)
    assert live.mill.serving


async def test_what_is_scheduled_breaks_in_the_live_plant() -> None:
    scheduled, sound = LivePlant(Plant()), LivePlant(Plant(), scheduled_faults=False)
    for live in (scheduled, sound):
        live.pass_time(19.9)
        assert not live.plant.faults
        live.pass_time(0.2)
    assert [fault.kind for fault in scheduled.plant.faults] == ["stuck"]
    assert not sound.plant.faults


async def test_after_the_end_no_port_answers() -> None:
    async with LivePlant(Plant()) as live:
        assert await answers(live.mill.port)
        assert await answers(live.feed.port)
    assert not await answers(live.mill.port)
    assert not await answers(live.feed.port)
