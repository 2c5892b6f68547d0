"""Reads every device of a configuration once, as the gateway would, and says how each signal came out.

It opens each device, waits until every signal of it has been heard of (or for so long as it may), and closes it. It
never writes to a device, and never asks again where something failed.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace

import numpy as np

from edgetwin.build import Parts
from edgetwin.core.signals import Clock, Frame, Outcome, Reason, Stamp
from edgetwin.core.status import is_bad
from edgetwin.core.verdict import quality_of
from edgetwin.field.driver import DeviceDown, Driver


@dataclass(slots=True)
class DeviceVisit:
    """How one device answered. Without a `reason` it did."""

    name: str
    address: str
    reason: str = ""
    hint: str = ""
    frames: list[Frame] = field(default_factory=list)
    answered_s: float | None = None  # from the first attempt to the first frame

    @property
    def up(self) -> bool:
        """Whether it gave anything."""
        return self.answered_s is not None


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """How all devices answered: one row per signal in `outcome`, in the order of the table, judged at `now`."""

    devices: Sequence[DeviceVisit]
    outcome: Outcome
    now: Stamp


async def visit(parts: Parts, clock: Clock, wait_s: float) -> Visit:
    """Read all devices, side by side."""
    devices = await asyncio.gather(*(_visit(driver, clock, wait_s) for driver in parts.drivers))
    frames = [frame.moved(parts.table.first_of(device.name)) for device in devices for frame in device.frames]
    now = clock()
    parts.pipeline.step(frames, now.mono)
    return Visit(devices, _judged(parts.pipeline.snapshot(now.mono)), now)


async def _visit(driver: Driver, clock: Clock, wait_s: float) -> DeviceVisit:
    found, began, missing = DeviceVisit(driver.name, driver.address), clock(), set(driver.ids.tolist())
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await driver.open()
                async with aclosing(driver.frames()) as frames:
                    async for frame in frames:
                        if found.answered_s is None:
                            found.answered_s = (clock().mono - began.mono) / 1e9
                        found.frames.append(frame)
                        missing.difference_update(frame.ids.tolist())
                        if not missing:
                            break
        if not found.up:
            found.reason, found.hint = f"nothing was heard within {wait_s:g} s", "allow it more with --wait"
    except DeviceDown as down:
        found.reason, found.hint = down.reason, down.hint
    finally:
        await driver.close()
    return found


def _judged(outcome: Outcome) -> Outcome:
    """Take the newness of every signal out of the verdict: one reading is all that there can be here."""
    reasons = outcome.reasons & ~np.uint32(Reason.STARTUP)
    readable = ~is_bad(outcome.status) & (np.isfinite(outcome.raw) | np.isnan(outcome.sigma))
    return replace(outcome, quality=quality_of(reasons, readable), reasons=reasons)
