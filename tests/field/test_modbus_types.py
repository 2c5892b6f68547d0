"""Every type from a real PLC into one frame, and what must not happen on the way."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import numpy as np
import pytest
from field_plc import Plc, floats
from field_watch import clock

from edgetwin.config.modbus import ModbusDevice
from edgetwin.core import status
from edgetwin.core.signals import Frame
from edgetwin.field.modbus.bus import Buses
from edgetwin.field.modbus.driver import ModbusDriver

REGISTERS = [
    0b1000_0000_0000_1001,  # 0: bits 15, 3 and 0
    0xFE05,  # 1: -2 and 5
    0x3C00,  # 2: 1.0 as float16
    0x1234,  # 3: BCD
    0x12A4,  # 4: no BCD
    *floats(2.5),  # 5, 6
    *(0x4261, 0x7463, 0x682D, 0x3700),  # 7 to 10: "Batch-7" and a NUL
]
SIGNALS: dict[str, dict[str, Any]] = {
    "batch": {"at": "hr:7", "length": 8},
    "ready": {"at": "hr:0", "bit": 0},
    "busy": {"at": "hr:0", "bit": 1},
    "fault": {"at": "hr:0", "bit": 15},
    "word": {"at": "hr:0"},
    "low": {"at": "hr:1", "byte": "low"},
    "high": {"at": "hr:1", "type": "int8", "byte": "high", "scale": 0.5},
    "half": {"at": "hr:2", "type": "float16"},
    "digits": {"at": "hr:3", "type": "bcd16"},
    "wrong": {"at": "hr:4", "type": "bcd16"},
    "level": {"at": "hr:5", "type": "float32"},
    "again": {"at": "hr:5", "type": "uint32", "shared": True},
}
VALUES = [np.nan, 1, 0, 1, 0x8009, 5, -1.0, 1.0, 1234, np.nan, 2.5, 0x4020_0000]


@asynccontextmanager
async def reading(plc: Plc, signals: dict[str, Any], **settings: object) -> AsyncIterator[dict[str, Any]]:
    """Give what the first frame says of each signal: value, status, text."""
    connect = f"modbus-tcp://127.0.0.1:{plc.port}"
    config = ModbusDevice.model_validate(
        {"connect": connect, "every": "50 ms", "timeout": "5 s", "signals": signals, **settings}
    )
    driver = ModbusDriver("plc", config, clock, Buses())
    try:
        await driver.open()
        async with aclosing(driver.frames()) as frames:
            yield told(await anext(frames), list(signals))
    finally:
        await driver.close()


def told(frame: Frame, names: list[str]) -> dict[str, Any]:
    """Sort a frame by the names of its signals."""
    texts = frame.texts or (None,) * len(frame)
    rows = zip(frame.ids, frame.values, frame.status, texts, strict=True)
    return {names[number]: (value, code, text) for number, value, code, text in rows}


@pytest.fixture
async def plc() -> AsyncIterator[Plc]:
    running = await Plc(REGISTERS).start()
    yield running
    await running.stop()


@pytest.mark.parametrize("single", [False, True])
async def test_every_type_comes_out_of_one_plc_as_it_went_in(plc: Plc, single: bool) -> None:  # noqa: FBT001 - a case
    async with reading(plc, SIGNALS, single_reads=single) as heard:
        for (name, (value, code, text)), expected in zip(
            ((name, heard[name]) for name in SIGNALS), VALUES, strict=True
        ):
            np.testing.assert_equal(value, expected, name)
            assert code == (status.BAD_TYPE_MISMATCH if name == "wrong" else status.GOOD)
            assert text == ("Batch-7" if name == "batch" else None)
    # A request for each value; the bits share that of their register, and the halves theirs.
    asked = {"single": 7, "together": 1}["single" if single else "together"]
    assert len(plc.requests) == asked


async def test_a_device_without_strings_carries_no_column_of_texts(plc: Plc) -> None:
    signals = {name: signal for name, signal in SIGNALS.items() if name != "batch"}
    connect = f"modbus-tcp://127.0.0.1:{plc.port}"
    config = ModbusDevice.model_validate({"connect": connect, "signals": signals, "timeout": "5 s"})
    driver = ModbusDriver("plc", config, clock, Buses())
    await driver.open()
    async with aclosing(driver.frames()) as frames:
        assert (await anext(frames)).texts == ()
    await driver.close()


async def test_a_value_of_which_one_half_is_missing_is_no_value_and_its_neighbours_are() -> None:
    plc = await Plc(REGISTERS, holes=[6]).start()
    try:
        async with reading(plc, SIGNALS) as heard:
            assert np.isnan(heard["level"][0])
            assert np.isnan(heard["again"][0])
            assert heard["level"][1] == heard["again"][1] == status.modbus_exception(2)
            assert heard["batch"] == pytest.approx((np.nan, status.GOOD, "Batch-7"), nan_ok=True)
            assert heard["digits"][0] == 1234
    finally:
        await plc.stop()


async def test_a_text_that_cannot_be_read_is_none_with_its_reason() -> None:
    plc = await Plc(REGISTERS, holes=[9]).start()
    try:
        async with reading(plc, SIGNALS) as heard:
            assert heard["batch"][1:] == (status.modbus_exception(2), None)
            assert heard["level"][0] == 2.5
    finally:
        await plc.stop()
