"""A gateway at work on a shop floor of many PLCs, and how late the answers of each of them came.

A poll is due at the phase of its device plus a whole number of periods: that is the promise of the schedule. How late
it is: the moment that its answer was stamped, minus that. So all that stands between is counted: the loop that was
busy, the way to the PLC and back, the PLC itself. A poll is missed when no answer bears a stamp of its period.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plc_fleet

from edgetwin import build
from edgetwin.chain import Chain
from edgetwin.config.device import DeviceConfig
from edgetwin.config.modbus import ModbusDevice
from edgetwin.core.signals import Floats, Frame
from edgetwin.daemon import system_clock
from edgetwin.devices import Devices
from edgetwin.field.link import LinkState
from edgetwin.field.modbus.phases import phases
from edgetwin.inbox import Inbox

PERIOD_S = 1.0
SIGNALS = 8
WARM_UP_S = 20.0
DRAIN_S = 5.0

Ports = dict[str, list[int]]
Settled = Callable[[Mapping[str, LinkState]], bool]


@asynccontextmanager
async def fleet(wanted: dict[str, int]) -> AsyncIterator[Ports]:
    """Run so many PLCs of each kind in a process of their own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, plc_fleet.__file__, *(f"{kind}={count}" for kind, count in wanted.items())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            ports: Ports = json.loads(await process.stdout.readline())
        yield ports
    finally:
        process.stdin.close()
        await process.wait()


def configuration(folder: Path, ports: Ports, broker: str | None = None) -> Path:
    """Write a configuration with a device for each port."""
    signals = "\n".join(f's{n} = {{ at = "hr:{2 * n}", type = "float32" }}' for n in range(SIGNALS))
    devices = [
        f'[device.{name_of(kind, number)}]\nconnect = "modbus-tcp://127.0.0.1:{port}"\nevery = "{PERIOD_S:g} s"\n'
        f"[device.{name_of(kind, number)}.signals]\n{signals}\n"
        for kind, each in ports.items()
        for number, port in enumerate(each)
    ]
    head = f'[mqtt]\nbrokers = ["{broker}"]\n' if broker else ""
    path = folder / "campaign.toml"
    path.write_text('[gateway]\nsite = "hall"\nname = "gw"\n' + head + "\n".join(devices), encoding="utf-8")
    return path


def name_of(kind: str, number: int) -> str:
    """Name a device."""
    return f"{kind.replace(' ', '-')}-{number}"


class Watch(Inbox):
    """The inbox of the gateway; it also notes when the answers of each device came, and how many readings were good."""

    def __init__(self, device_of: list[str]) -> None:
        super().__init__()
        self._device_of = device_of
        self.arrivals: dict[str, list[int]] = defaultdict(list)
        self.good: dict[str, int] = defaultdict(int)

    def put(self, frame: Frame) -> None:
        """Take a frame."""
        device = self._device_of[int(frame.ids[0])]
        if not frame.status.any():
            self.arrivals[device].append(int(frame.mono.max()))
            self.good[device] += len(frame)
        super().put(frame)


@dataclass(frozen=True, slots=True)
class Report:
    """What a campaign found about the PLCs that are well, and the links of all."""

    polls: int
    missed: int
    late_ms: Floats
    links: dict[str, LinkState]
    good: dict[str, int]
    dropped: int
    cpu: float  # of one core, that the gateway took

    def late(self, percent: float) -> float:
        """Give the lateness that so many percent of the polls stayed below, in ms."""
        return float(np.percentile(self.late_ms, percent))

    def __str__(self) -> str:
        return (
            f"{self.polls} polls due, {self.missed} missed; late by {self.late(50):.1f} ms at the median, "
            f"{self.late(99):.1f} ms at the 99th percentile, {self.late(100):.1f} ms at most; "
            f"{100 * self.cpu:.0f} % of a core"
        )


async def campaign(
    config: Path, seconds: float, *, settled: Settled = lambda _: True, stop_s: float = 0.0
) -> Report:
    """Run a gateway for so long after all that are well have answered, and until all others are as they should be.

    With `stop_s` its loop is stopped for so long.
    """
    parts = build.from_file(config, system_clock)
    chain = Chain(parts, system_clock, lambda: None)
    watch = chain.inbox = Watch([signal.device for signal in parts.table])
    devices = Devices(parts.table, watch, system_clock)
    well = [name for name in parts.config.device if name.startswith(plc_fleet.WELL)]
    async with asyncio.TaskGroup() as group:
        chain.start(group, lambda: devices.links)
        devices.start(group, parts.drivers)
        async with asyncio.timeout(WARM_UP_S):
            while min(len(watch.arrivals[name]) for name in well) < 2:  # noqa: ASYNC110 - of a hundred devices
                await asyncio.sleep(0.05)
        began, busy = system_clock().mono, time.process_time()
        missed_before = sum(devices.links[name].missed for name in well)
        _block(stop_s)
        await asyncio.sleep(seconds)
        ended, busy = system_clock().mono, time.process_time() - busy
        async with asyncio.timeout(WARM_UP_S):
            while not settled(devices.links):  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.05)
        deadline = asyncio.get_running_loop().time() + DRAIN_S
        await devices.end(deadline)
        await chain.drain(deadline)
    counted = sum(devices.links[name].missed for name in well) - missed_before
    polls, unanswered, late_ms = _grid(parts.config.device, watch, well, began, ended)
    return Report(
        polls=polls,
        missed=max(counted, unanswered),
        late_ms=late_ms,
        links=devices.links,
        good=watch.good,
        dropped=watch.dropped_frames,
        cpu=busy / ((ended - began) / 1e9),
    )


def _grid(
    config: Mapping[str, DeviceConfig], watch: Watch, well: Sequence[str], began: int, ended: int
) -> tuple[int, int, Floats]:
    """Hold the answers against the grid: how many polls were due, how many have none, and how late the others are."""
    starts = phases({name: device for name, device in config.items() if isinstance(device, ModbusDevice)})
    period = round(PERIOD_S * 1e9)
    polls, unanswered, late = 0, 0, list[int]()
    for name in well:
        phase = round(starts[name][0] * 1e9)
        # The last one of all has a period to be answered in.
        due = range((began - phase) // period + 1, (ended - phase) // period)
        answered = {(arrival - phase) // period: arrival for arrival in watch.arrivals[name]}
        polls += len(due)
        unanswered += sum(number not in answered for number in due)
        late += [answered[number] - phase - number * period for number in due if number in answered]
    return polls, unanswered, np.array(late) / 1e6


def _block(seconds: float) -> None:
    """Do what no driver may: stop the whole loop."""
    time.sleep(seconds)
