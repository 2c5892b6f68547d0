"""What it costs to keep each OPC UA device in a process of its own: time to start, memory, speed and delay.

    python tests/bench/fence_cost.py [--devices 10] [--seconds 3]

Start and memory are those of real OPC UA sessions with a server in another process. Memory is what each device adds
to the machine (PSS: pages that processes share are divided among them). Speed is that of the fence alone: frames of a
driver that has them ready, taken as fast as can be. Delay is from the stamp of a reading in the child to its being
there in the parent, at a hundred frames a second.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from opcua_changes import clock, config_of, processor_s, say

from edgetwin.core.signals import Clock, Frame
from edgetwin.field.fence.fence import Fence

TARGET = 20_000  # changes a second
CHANGES = 1000  # in a frame
SIGNALS = 100  # of each OPC UA device


def rhythm(every_s: float) -> SimpleNamespace:
    """Say how often a metronome has a frame: 0 is always."""
    return SimpleNamespace(every_s=every_s, address="here", signals=dict.fromkeys(map(str, range(CHANGES))))


class Metronome:
    """A driver without a device: it costs nothing but its fence."""

    missed = lost = 0

    def __init__(self, name: str, config: SimpleNamespace, clock: Clock, *, refusals: object) -> None:
        self.name, self.address, self.refusals = name, config.address, refusals
        self.ids = np.arange(len(config.signals), dtype=np.int32)
        self._every_s = config.every_s
        self._clock = clock

    async def open(self) -> None:
        """Have nothing to open."""

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Send a frame now and then, or all the time."""
        values = np.linspace(0, 1, CHANGES)
        while True:
            if self._every_s:
                await asyncio.sleep(self._every_s)
            yield Frame.at(self._clock(), self.ids, values)

    async def close(self) -> None:
        """Have nothing to close."""


def all_memory(without: int) -> float:
    """Give the MB of this process and of all that it has begotten, but for one."""
    family, total = {str(os.getpid())}, 0.0
    for _ in range(3):
        for stat in Path("/proc").glob("[0-9]*/stat"):
            fields = stat.read_text().rpartition(") ")[2].split()
            if fields[1] in family and stat.parent.name != str(without):
                family.add(stat.parent.name)
    for pid in family:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
    return total


async def start_and_memory(port: int, server: int, devices: int) -> None:
    """Open real sessions, one after the other."""
    config = config_of(port, SIGNALS, "1 s")
    fences = [
        Fence("edgetwin.field.opcua.driver", "OpcUaDriver", f"plc{n}", config, clock) for n in range(devices)
    ]
    took, memory = [], []
    for fence in fences:
        began = time.monotonic()
        await fence.open()
        took.append(time.monotonic() - began)
        await anext(fence.frames())
        memory.append(all_memory(server))
    say(f"first device: connected after {took[0]:.2f} s, with the process that all others are forks of")
    say(
        f"each further: {np.median(took[1:]) * 1e3:.0f} ms, {(memory[-1] - memory[0]) / (devices - 1):.1f} MB"
    )
    began = time.monotonic()
    await asyncio.gather(*(fence.close() for fence in fences))
    say(f"all {devices} closed in {(time.monotonic() - began) * 1e3:.0f} ms")


async def speed(seconds: float, server: int) -> float:
    """Give the changes per second of core time that a fence passes on."""
    fence = Fence("fence_cost", "Metronome", "metronome", rhythm(0), clock)
    await fence.open()
    async with aclosing(fence.frames()) as frames:
        await anext(frames)
        began, before, changes = time.monotonic(), processor_s(server), 0
        while (took := time.monotonic() - began) < seconds:
            changes += len(await anext(frames))
        share = (processor_s(server) - before) / took
    await fence.close()
    each_us = share * took / changes * 1e6
    say(
        f"fence alone:  {changes / took:,.0f} changes/s in frames of {CHANGES:,}; {each_us:.2f} us of a core for each"
    )
    return changes / took


async def delay(seconds: float) -> None:
    """Measure how much later a reading is here."""
    fence = Fence("fence_cost", "Metronome", "metronome", rhythm(0.01), clock)
    await fence.open()
    late = []
    async with aclosing(fence.frames()) as frames:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            frame = await anext(frames)
            late.append((clock().mono - int(frame.mono[0])) / 1e3)
    await fence.close()
    say(f"delay:        {np.median(late):.0f} us, 99th percentile {np.percentile(late, 99):.0f} us")


def main() -> int:
    """Measure; the exit code says whether the target is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    script = Path(__file__).with_name("opcua_changes.py")
    command = [sys.executable, str(script), "--serve", "--items", str(SIGNALS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            asyncio.run(start_and_memory(port, server.pid, options.devices))
        finally:
            server.kill()
    rate = asyncio.run(speed(options.seconds, 0))
    asyncio.run(delay(options.seconds))
    say(f"target {TARGET:,} changes/s: {'met' if rate >= TARGET else 'MISSED'}")
    return 0 if rate >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
