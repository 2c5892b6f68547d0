"""A driver that listens to a broker, and what its frames have said."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from field_watch import clock

from edgetwin.config.mqtt_in import MqttDevice
from edgetwin.core import status
from edgetwin.core.signals import Frame
from edgetwin.field.mqtt.driver import MqttDriver

DEADLINE_S = 30.0


class Seen:
    """What the frames of a driver have said so far."""

    def __init__(self, driver: MqttDriver, frames: AsyncIterator[Frame]) -> None:
        self.driver = driver
        self.frames: list[Frame] = []
        self._source = frames
        self._names = list(driver._config.signals)

    async def next(self) -> Frame:
        """Read one frame."""
        async with asyncio.timeout(DEADLINE_S):
            self.frames.append(await anext(self._source))
        return self.frames[-1]

    async def until(self, signal: str, wanted: Callable[[float, int], bool]) -> Frame:
        """Give the first frame in which a signal has the value or the status that is wanted, read or still to come."""
        place, looked_at = self._names.index(signal), 0
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for frame in self.frames[looked_at:]:
                    for row in np.flatnonzero(frame.ids == place):
                        if wanted(float(frame.values[row]), int(frame.status[row])):
                            return frame
                looked_at = len(self.frames)
                await self.next()

    async def good(self, signal: str, value: float) -> Frame:
        """Read until a signal is good, and has this value."""
        return await self.until(signal, lambda got, code: got == value and code == status.GOOD)

    async def code(self, signal: str, code: int) -> Frame:
        """Read until a signal has this status."""
        return await self.until(signal, lambda _, got: got == code)


def device(url: str, signals: dict[str, dict[str, Any]], **more: object) -> MqttDriver:
    config = {"connect": url, "timeout": "5 s", "signals": signals, **more}
    return MqttDriver("retrofit", MqttDevice.model_validate(config), clock)


@asynccontextmanager
async def listening(url: str, signals: dict[str, dict[str, Any]], **more: object) -> AsyncIterator[Seen]:
    """Open a device, and give what it says."""
    driver = device(url, signals, **more)
    try:
        await driver.open()
        frames = driver.frames()
        yield Seen(driver, frames)
        await frames.aclose()
    finally:
        await driver.close()
