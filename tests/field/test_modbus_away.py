"""Modbus against a real server: when a block fails alone, when it is asked for again, and when the unit is away."""

import asyncio
import time

import pytest
from field_plc import Plc
from field_reader import FLOATS, Reader
from field_units import Units
from field_wires import Wire
from pymodbus.constants import ExcCodes

from edgetwin.core import status
from edgetwin.field.driver import DeviceDown

SLACK_S = 0.15  # for a busy machine; a fourth period would be longer


@pytest.mark.parametrize("code", [ExcCodes.DEVICE_FAILURE, ExcCodes.ACKNOWLEDGE, ExcCodes.DEVICE_BUSY])
async def test_a_busy_block_fails_in_this_frame_only(plc: Plc, code: ExcCodes) -> None:
    signals = {"near": {"at": "hr:50"}, "far": {"at": "hr:150"}}
    plc.refuse = {150: code}
    async with Reader(plc.port, signals).open() as reader:
        heard = await reader.next()
        assert heard["near"] == (1050.0, status.GOOD)
        assert heard["far"][1] == status.modbus_exception(int(code))
        plc.refuse = {}
        assert (await reader.next())["far"] == (1150.0, status.GOOD)


async def test_what_the_device_is_too_busy_for_is_asked_for_once_more_in_the_same_cycle(plc: Plc) -> None:
    async def busy_at_first() -> None:
        plc.refuse = {150: ExcCodes.DEVICE_BUSY} if plc.requests.count((150, 1)) == 1 else {}

    plc.on_request = busy_at_first
    signals = {"near": {"at": "hr:50"}, "far": {"at": "hr:150"}}
    async with Reader(plc.port, signals, every="1 s").open() as reader:
        heard = await reader.next()
    assert heard == {"near": (1050.0, status.GOOD), "far": (1150.0, status.GOOD)}
    assert plc.requests == [(50, 1), (150, 1), (150, 1)]


async def test_a_device_that_is_only_busy_is_up(plc: Plc) -> None:
    plc.refuse = dict.fromkeys(range(40), ExcCodes.DEVICE_BUSY)
    async with Reader(plc.port, FLOATS).open() as reader:
        for cycles in (1, 2):
            heard = await reader.next()
            assert {code for _, code in heard.values()} == {status.modbus_exception(6)}
            assert len(plc.requests) == 2 * cycles  # once more, and not again


async def test_one_lost_answer_is_no_device_that_is_down(plc: Plc) -> None:
    heard: list[int] = []

    async def third_is_late() -> None:
        heard.append(1)
        if len(heard) == 3:
            await asyncio.sleep(0.5)

    plc.on_request = third_is_late
    async with Reader(plc.port, {"a": {"at": "hr:50"}}, every="20 ms", timeout="250 ms").open() as reader:
        codes = [(await reader.next())["a"][1] for _ in range(4)]
    assert codes == [status.GOOD, status.GOOD, status.BAD_TIMEOUT, status.GOOD]


@pytest.mark.parametrize("code", [ExcCodes.GATEWAY_NO_RESPONSE, ExcCodes.GATEWAY_PATH_UNAVIABLE])
async def test_a_gateway_that_does_not_reach_the_unit_is_a_device_that_is_down(
    plc: Plc, code: ExcCodes
) -> None:
    async with Reader(plc.port, FLOATS).open() as reader:
        await reader.next()
        plc.refuse = {0: code}
        with pytest.raises(DeviceDown, match=f"exception {int(code)}") as down:
            await reader.next()
    assert "unit 1" in down.value.hint


async def test_a_wrong_unit_is_a_device_that_is_down(plc: Plc) -> None:
    with pytest.raises(DeviceDown, match="exception 4") as down:  # so says this server of units it has not
        async with Reader(plc.port, FLOATS, unit=7).open() as reader:
            await reader.next()
    assert "is `unit = 7` right" in down.value.hint


async def test_a_unit_that_answers_nothing_is_down_and_the_unit_is_named(silent_port: int) -> None:
    with pytest.raises(DeviceDown, match=r"no answer within 0\.1 s") as down:
        async with Reader(silent_port, FLOATS, unit=7, timeout="100 ms").open() as reader:
            await reader.next()
    assert "unit = 7" in down.value.hint


async def test_a_block_that_is_late_once_fails_alone(plc: Plc) -> None:
    late = asyncio.Event()

    async def second_is_late() -> None:
        if plc.requests[-1] == (150, 1) and not late.is_set():
            late.set()
            await asyncio.sleep(0.4)

    plc.on_request = second_is_late
    signals = {"near": {"at": "hr:50"}, "far": {"at": "hr:150"}}
    async with Reader(plc.port, signals, every="500 ms", timeout="200 ms").open() as reader:
        heard = await reader.next()
        assert heard["near"] == (1050.0, status.GOOD)
        assert heard["far"][1] == status.BAD_TIMEOUT
        assert (await reader.next())["far"] == (1150.0, status.GOOD)


async def test_a_connection_lost_while_an_answer_is_due_is_noticed_at_once(plc: Plc) -> None:
    asked = asyncio.Event()

    async def think_for_ever() -> None:
        asked.set()
        await asyncio.Event().wait()

    async with Reader(plc.port, FLOATS, timeout="8 s").open() as reader:
        await reader.next()
        plc.on_request = think_for_ever
        reading = asyncio.create_task(reader.next())
        await asked.wait()
        await plc.stop()
        with pytest.raises(DeviceDown, match="the connection was lost"):
            await asyncio.wait_for(reading, 1)  # the time-out is eight seconds


async def test_a_line_that_is_half_open_is_noticed_within_three_periods(plc: Plc) -> None:
    period_s = 0.2
    async with (
        Wire(plc.port) as wire,
        Reader(wire.port, {"a": {"at": "hr:50"}}, every="200 ms", timeout=None).open() as reader,
    ):
        last = await reader.frame()
        wire.freeze()
        assert (await reader.next())["a"][1] == status.BAD_TIMEOUT  # one lost answer is no reason yet
        with pytest.raises(DeviceDown, match=r"no answer within 0\.2 s"):
            await reader.next()
        frozen_s = time.monotonic() - last.mono[0] / 1e9
    assert frozen_s < 3 * period_s + SLACK_S


async def test_a_unit_that_is_never_understood_is_down_and_the_likely_reasons_are_told() -> None:
    async with Units({1}, "modbus-rtu") as units:
        units.noise = True
        settings = {"connect": units.where, "every": "20 ms", "timeout": "50 ms"}
        with pytest.raises(DeviceDown, match="what comes is no answer") as down:
            async with Reader(0, {"a": {"at": "hr:0"}}, **settings).open() as reader:
                await reader.next()
        assert "parity" in down.value.hint


async def test_a_unit_that_was_understood_may_be_drowned_by_noise_for_a_while() -> None:
    async with Units({1}, "modbus-rtu") as units:
        settings = {"connect": units.where, "every": "20 ms", "timeout": "50 ms"}
        async with Reader(0, {"a": {"at": "hr:0"}}, **settings).open() as reader:
            assert (await reader.next())["a"] == (1.0, status.GOOD)
            units.noise = True
            for _ in range(4):
                assert (await reader.next())["a"][1] == status.BAD_COMMUNICATION
            units.noise = False
            assert (await reader.next())["a"] == (1.0, status.GOOD)
            units.noise = True
            for _ in range(4):
                await reader.next()
            with pytest.raises(DeviceDown, match="what comes is no answer"):
                await reader.next()
