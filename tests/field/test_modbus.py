"""Modbus against a real server: registers, gaps, rhythms and time."""

import asyncio

import numpy as np
import pytest
from field_plc import Plc, floats
from field_reader import FLOATS, Reader
from pymodbus.constants import ExcCodes
from structlog.testing import capture_logs

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED
from edgetwin.field import refusals

ILLEGAL_ADDRESS = status.modbus_exception(2)


async def test_all_areas_and_types_arrive_in_one_frame(plc: Plc) -> None:
    signals = {
        "coil": {"at": "co:2"},
        "input": {"at": "di:3"},
        "level": {"at": "hr:0", "type": "float32"},
        "word": {"at": "ir:50", "scale": 0.1, "offset": 5.0},
    }
    async with Reader(plc.port, signals).open() as reader:
        frame = await reader.frame()
        assert len(frame) == 4
        assert (frame.t_source == UNSTAMPED).all()
        assert not frame.status.any()
        heard = await reader.next()
    assert {name: value for name, (value, _) in heard.items()} == {
        "coil": 1.0,
        "input": 0.0,
        "level": 1.0,
        "word": 110.0,
    }


async def test_each_value_is_stamped_when_its_own_answer_came(plc: Plc) -> None:
    async def slow() -> None:
        await asyncio.sleep(0.02)

    plc.on_request = slow
    signals = {"near": {"at": "hr:0"}, "far": {"at": "hr:150"}}
    async with Reader(plc.port, signals, every="1 s").open() as reader:
        frame = await reader.frame()
    assert frame.mono[1] - frame.mono[0] >= 20_000_000
    assert frame.t_read[1] > frame.t_read[0]


async def test_nan_and_infinity_in_registers_are_no_values(plc: Plc) -> None:
    await plc.set(0, floats(np.nan, np.inf, -np.inf))
    async with Reader(plc.port, FLOATS).open() as reader:
        heard = await reader.next()
    for name in ("f0", "f1", "f2"):
        assert np.isnan(heard[name][0])
        assert heard[name][1] == status.BAD_SENSOR_FAILURE
    assert heard["f3"] == (4.0, status.GOOD)


@pytest.mark.parametrize("bad", [0, 7, 19])
async def test_a_register_that_does_not_exist_stands_alone(plc: Plc, bad: int) -> None:
    plc.refuse = {2 * bad: ExcCodes.ILLEGAL_ADDRESS}
    async with Reader(plc.port, FLOATS).open() as reader:
        heard = await reader.next()  # found within the first cycle
        assert np.isnan(heard.pop(f"f{bad}")[0])
        assert heard == {name: (int(name[1:]) + 1.0, status.GOOD) for name in heard}
        assert len(heard) == 19
        plc.requests.clear()
        heard = await reader.next()
        assert heard[f"f{bad}"][1] == ILLEGAL_ADDRESS
    around = [request for request in ((0, 2 * bad), (2 * bad + 2, 38 - 2 * bad)) if request[1]]
    assert plc.requests[: len(around)] == around  # as few requests as can be


async def test_several_registers_that_do_not_exist_stand_alone(plc: Plc) -> None:
    plc.refuse = dict.fromkeys((4, 6, 30), ExcCodes.ILLEGAL_VALUE)
    async with Reader(plc.port, FLOATS).open() as reader:
        await reader.next()
        plc.requests.clear()
        heard = await reader.next()
    refused = {name for name, (_, code) in heard.items() if code == status.modbus_exception(3)}
    assert refused == {"f2", "f3", "f15"}
    assert all(code == status.GOOD for name, (_, code) in heard.items() if name not in refused)
    assert plc.requests[:3] == [(0, 4), (8, 22), (32, 8)]


async def test_a_unit_without_any_of_the_registers_is_still_up(plc: Plc) -> None:
    plc.refuse = dict.fromkeys(range(40), ExcCodes.ILLEGAL_ADDRESS)
    async with Reader(plc.port, FLOATS).open() as reader:
        for _ in range(3):
            heard = await reader.next()
            assert {code for _, code in heard.values()} == {ILLEGAL_ADDRESS}


async def test_a_gap_that_may_not_be_read_costs_no_signal() -> None:
    plc = await Plc(list(range(100, 120)), holes=[5]).start()
    signals = {name: {"at": f"hr:{address}"} for name, address in (("a", 3), ("b", 4), ("c", 6), ("d", 7))}
    async with Reader(plc.port, signals).open() as reader:
        await reader.next()
        plc.requests.clear()
        heard = await reader.next()
        assert plc.requests[:2] == [(3, 2), (6, 2)]
    await plc.stop()
    assert {name: value for name, (value, _) in heard.items()} == {"a": 103, "b": 104, "c": 106, "d": 107}


async def test_looking_for_the_bad_ones_spoils_no_value_that_was_read() -> None:
    plc = await Plc(list(range(100, 120)), holes=[2, 5]).start()
    signals = {f"s{address}": {"at": f"hr:{address}"} for address in (0, 1, 2, 3, 4, 6, 7, 8)}
    async with Reader(plc.port, signals).open() as reader:
        heard = await reader.next()
    await plc.stop()
    assert heard.pop("s2")[1] == ILLEGAL_ADDRESS
    assert heard == {name: (100.0 + int(name[1:]), status.GOOD) for name in heard}


async def test_no_poll_is_missed_once_the_bad_register_is_found(plc: Plc) -> None:
    plc.refuse = {6: ExcCodes.ILLEGAL_ADDRESS}
    async with Reader(plc.port, FLOATS, every="50 ms").open() as reader:
        await reader.next()
        missed = reader.driver.missed
        for _ in range(5):
            await reader.next()
        assert reader.driver.missed == missed


async def test_a_refused_signal_is_tried_again_and_comes_back(
    plc: Plc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "FIRST_RETRY_S", 0.05)
    plc.refuse = {6: ExcCodes.ILLEGAL_ADDRESS}
    async with Reader(plc.port, FLOATS).open() as reader:
        with capture_logs() as lines:
            for _ in range(8):  # it is asked again meanwhile, and that is no news
                assert (await reader.next())["f3"][1] == ILLEGAL_ADDRESS
            plc.refuse = {}
            while (heard := await reader.next())["f3"][1] != status.GOOD:
                pass
            plc.requests.clear()
            await reader.next()
    assert heard["f3"] == (4.0, status.GOOD)
    assert plc.requests[0] == (0, 40)  # one request again
    assert [line["event"] for line in lines] == ["signal refused", "signal answers"]
    assert lines[0]["signal"] == "plc.f3"
    assert "hr:6" in lines[0]["hint"]


async def test_each_rhythm_has_its_own_frames_and_its_own_time(plc: Plc) -> None:
    signals = {"fast": {"at": "hr:50"}, "slow": {"at": "hr:51", "every": "400 ms"}}
    async with Reader(plc.port, signals, every="100 ms").open() as reader:
        heard = [set(await reader.next()) for _ in range(10)]
    assert {"fast"} in heard
    assert {"slow"} in heard
    assert 2 <= sum("slow" in names for names in heard) <= 4


async def test_polls_that_a_slow_plc_makes_us_miss_are_counted(plc: Plc) -> None:
    async def slow() -> None:
        await asyncio.sleep(0.05)

    plc.on_request = slow
    async with Reader(plc.port, {"a": {"at": "hr:50"}}, every="20 ms").open() as reader:
        for _ in range(4):
            await reader.next()
        assert reader.driver.missed >= 3
        before = reader.driver.missed
    assert reader.driver.missed == before  # and stay counted when the link is gone


async def test_the_address_names_the_unit_for_a_person(plc: Plc) -> None:
    assert Reader(plc.port, FLOATS, unit=3).driver.address == f"modbus-tcp://127.0.0.1:{plc.port} unit 3"
