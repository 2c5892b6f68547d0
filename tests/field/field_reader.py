"""A Modbus driver that is open, read frame by frame."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from field_watch import clock

from edgetwin.config.modbus import ModbusDevice
from edgetwin.core.signals import Frame
from edgetwin.field.modbus.bus import Buses
from edgetwin.field.modbus.driver import ModbusDriver

FLOATS = {f"f{number}": {"at": f"hr:{2 * number}", "type": "float32"} for number in range(20)}


class Reader:
    """A driver that is open, read frame by frame."""

    def __init__(self, port: int, signals: dict[str, Any], **settings: object) -> None:
        usual = {"every": "20 ms", "timeout": "2 s"}
        self.config = ModbusDevice.model_validate(
            {"connect": f"modbus-tcp://127.0.0.1:{port}", "signals": signals, **usual, **settings}
        )
        self.driver = ModbusDriver("plc", self.config, clock, Buses())
        self._names = list(signals)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Reader"]:
        """Keep it open for a while."""
        try:
            await self.driver.open()
            async with aclosing(self.driver.frames()) as self._frames:
                yield self
        finally:
            await self.driver.close()

    async def frame(self) -> Frame:
        """Give the next frame."""
        async with asyncio.timeout(30):
            return await anext(self._frames)

    async def next(self) -> dict[str, tuple[float, int]]:
        """Give the next frame as value and status by signal."""
        frame = await self.frame()
        return {
            self._names[number]: (float(value), int(code))
            for number, value, code in zip(frame.ids, frame.values, frame.status, strict=True)
        }
