"""The plant against the clock: it steps ten times a second, its PLCs show what it holds, and what is due breaks.

A PLC that reboots closes its port and opens the same one again. This is the only part of the plant that waits.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Never, Self

import structlog

from edgetwin.plant.modbus_server import MillPlc
from edgetwin.plant.opcua_server import FeedPlc
from edgetwin.plant.plant import Plant
from edgetwin.plant.schedule import due

TICK_S = 0.1

log = structlog.get_logger()


class LivePlant:
    """A plant and its two PLCs, which serve between `async with` and its end; `run` makes its time pass."""

    def __init__(self, plant: Plant, *, scheduled_faults: bool = True) -> None:
        self.plant = plant
        self.mill = MillPlc()
        self.feed = FeedPlc()
        self.scheduled_faults = scheduled_faults
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for plc in (self.mill, self.feed):
                await plc.start()
                stack.push_async_callback(plc.stop)
                await plc.show(self.plant.readings)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def run(self) -> Never:
        """Let time pass until cancelled."""
        loop = asyncio.get_running_loop()
        next_tick = loop.time()
        while True:
            next_tick += TICK_S
            # After a long hold-up the plant goes on from now; it does not race to make up for lost time.
            next_tick = max(next_tick, loop.time() - TICK_S)
            await asyncio.sleep(next_tick - loop.time())
            await self.tick(TICK_S)

    async def tick(self, dt: float) -> None:
        """Let `dt` seconds pass in the plant, and let its PLCs show it."""
        self.pass_time(dt)
        for plc in (self.mill, self.feed):
            await self._power(plc)
            await plc.show(self.plant.readings)

    def pass_time(self, dt: float) -> None:
        """Step the plant, and break what is due."""
        before_s = self.plant.now_s
        self.plant.step(dt)
        if self.scheduled_faults:
            for happening in due(before_s, self.plant.now_s):
                self.plant.break_(happening.target, happening.kind, happening.lasts_s)

    async def _power(self, plc: MillPlc | FeedPlc) -> None:
        """Take a PLC down while it reboots, and bring it back."""
        if self.plant.is_down(plc.device):
            await plc.stop()
        elif not plc.serving:
            try:
                await plc.start()
            except OSError as error:  # somebody has taken the port meanwhile; the next tick tries again
                log.debug("plant PLC cannot come back yet", device=plc.device, reason=str(error))
