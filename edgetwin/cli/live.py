"""Reads every device of a configuration once, as the gateway would, and says how each signal came out.

It opens each device, waits until every signal of it has been heard of (or for so long as it may), and closes it. It
never writes to a device. A unit of Modbus that was silent is asked once more: the first time a line gives it less than
its time-out, for the sake of those who share it. Nobody else is: a password that is wrong twice may lock the user out.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace

import numpy as np

from edgetwin.build import Parts
from edgetwin.config.modbus import ModbusDevice
from edgetwin.core.signals import Clock, Frame, Outcome, Reason, Stamp
from edgetwin.core.status import is_bad, is_comm
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
    devices = await asyncio.gather(
        *(
            _visit(
                driver,
                clock,
                wait_s,
                tries=2 if isinstance(parts.config.device[driver.name], ModbusDevice) else 1,
            )
            for driver in parts.drivers
        )
    )
    frames = [frame.moved(parts.table.first_of(device.name)) for device in devices for frame in device.frames]
    now = clock()
    parts.pipeline.step(frames, now.mono)
    return Visit(devices, _judged(parts.pipeline.snapshot(now.mono)), now)


async def _visit(driver: Driver, clock: Clock, wait_s: float, *, tries: int) -> DeviceVisit:
    found = DeviceVisit(driver.name, driver.address)
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            for _ in range(tries):
                try:
                    await _read(driver, found, clock)
                except DeviceDown as down:
                    found.reason, found.hint = down.reason, down.hint
                else:
                    found.reason = found.hint = ""
                finally:
                    await driver.close()
                if found.up:
                    break
    if not found.up and not found.reason:
        found.reason, found.hint = f"nothing was heard within {wait_s:g} s", "allow it more with --wait"
    return found


async def _read(driver: Driver, found: DeviceVisit, clock: Clock) -> None:
    """Open a device and take its frames until each of its signals has been heard of."""
    began, missing = clock(), set(driver.ids.tolist())
    await driver.open()
    async with aclosing(driver.frames()) as frames:
        async for frame in frames:
            if found.answered_s is None:
                found.answered_s = (clock().mono - began.mono) / 1e9
            found.frames.append(frame)
            missing.difference_update(frame.ids[~is_comm(frame.status)].tolist())  # a lost answer is chance
            if not missing:
                break


# One reading of a signal is all that there can be here, and it waits until the slowest device has been heard.
_OF_THE_VISIT = np.uint32(Reason.STARTUP | Reason.STALE | Reason.SUBSTITUTED)


def _judged(outcome: Outcome) -> Outcome:
    """Take what comes of the visit itself out of the verdict."""
    reasons = outcome.reasons & ~_OF_THE_VISIT
    readable = ~is_bad(outcome.status) & (np.isfinite(outcome.raw) | np.isnan(outcome.sigma))
    return replace(outcome, quality=quality_of(reasons, readable), reasons=reasons)
