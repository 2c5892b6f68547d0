"""How many OPC UA data changes a second come into the pipeline, and what that takes of a core.

    python tests/bench/opcua_changes.py [--items 5000] [--every "100 ms"] [--seconds 10]

The server is asyncua's own, in a process of its own, but for one thing: it could not encode so many changes, so once
all items are subscribed to, each notification is one block of bytes that numpy fills in. What is measured is real from
the socket on: the client decodes each notification, the driver makes frames of it, the pipeline takes a step.
Once with the driver in this process, and once behind its fence, as the gateway runs it: then the processor time is
that of both processes. Twice: as many changes as `--items` and `--every` ask for, and as many as can be had. Judged is
processor time, for other work on the machine, and the server's, makes less of the rate.
"""

import argparse
import asyncio
import logging
import os
import platform
import subprocess
import sys
import time
from contextlib import aclosing
from pathlib import Path

import numpy as np
from asyncua import ua
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.server import Server
from asyncua.ua.object_ids import ObjectIds

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Signal, SignalTable, Stamp
from edgetwin.field.driver import Driver
from edgetwin.field.fence.fence import Fence
from edgetwin.field.opcua.driver import OpcUaDriver

TARGET = 20_000  # changes a second, on one core
URI = "urn:edgetwin:bench"
_CHANGE = np.dtype(  # a MonitoredItemNotification with a Double and both times, as it goes over the wire
    [("handle", "<u4"), ("has", "u1"), ("type", "u1"), ("value", "<f8"), ("source", "<i8"), ("server", "<i8")]
)
_TICKS_1970 = 116_444_736_000_000_000  # 100 ns each, since 1601


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def clock() -> Stamp:
    """Read both clocks."""
    return Stamp(time.time_ns(), time.monotonic_ns())


class Replay:
    """Every item changes in every notification."""

    def __init__(self, items: int) -> None:
        self._block = np.zeros(items, _CHANGE)
        self._block["handle"] = np.arange(items) + 1
        self._block["has"], self._block["type"] = 0x0D, 11
        self._level = np.linspace(10, 500, items)
        self._random = np.random.default_rng(1)

    def notification(self) -> ua.ExtensionObject:
        """Encode the next one."""
        self._level += self._random.normal(0, 0.01, len(self._level))
        self._block["value"] = self._level
        self._block["source"] = self._block["server"] = time.time_ns() // 100 + _TICKS_1970
        count = len(self._block).to_bytes(4, "little")
        body = count + self._block.tobytes() + b"\xff\xff\xff\xff"
        kind = ua.FourByteNodeId(ua.Int32(ObjectIds.DataChangeNotification_Encoding_DefaultBinary))
        return ua.ExtensionObject(kind, ua.ByteString(body))


def _replaying(items: int) -> type[InternalSubscription]:
    """Make subscriptions that publish the next block of changes whenever they may, once all items are there."""
    replay = Replay(items)

    class Replaying(InternalSubscription):
        def _pop_triggered_datachanges(self, result: ua.PublishResult) -> None:
            self._triggered_datachanges.clear()
            result.NotificationMessage.NotificationData.append(replay.notification())

        def has_published_results(self) -> bool:
            return len(self.monitored_item_srv._monitored_items) >= items

    return Replaying


async def serve(items: int) -> None:
    """Run the server until it is killed."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    server = Server()
    await server.init()
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    space = await server.register_namespace(URI)
    for number in range(items):
        node = ua.NodeId(ua.String(f"v{number}"), ua.Int16(space))
        await server.nodes.objects.add_variable(node, f"v{number}", float(number))
    server.set_endpoint("opc.tcp://127.0.0.1:0/")
    await server.start()
    replaced = _replaying(items)
    InternalSubscription._pop_triggered_datachanges = replaced._pop_triggered_datachanges  # type: ignore[method-assign]
    InternalSubscription.has_published_results = replaced.has_published_results  # type: ignore[method-assign]
    say(str(server.bserver._server.sockets[0].getsockname()[1]))  # type: ignore[union-attr]
    await asyncio.Event().wait()


def processor_s(without: int) -> float:
    """Give the processor time of this process and of its children, but for one of them."""
    total, ticks = 0.0, os.sysconf("SC_CLK_TCK")
    family = {os.getpid()}
    for _ in range(3):  # children, and theirs
        for file in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = file.read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            pid = int(file.parent.name)
            if int(fields[1]) in family and pid not in family | {without}:
                family.add(pid)
    for pid in family:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


async def measure(driver: Driver, table: SignalTable, seconds: float, server: int) -> tuple[float, float]:
    """Read for so long. Give the changes per second, and the share of a core that they took."""
    pipeline = Pipeline(table)
    await driver.open()
    try:
        async with aclosing(driver.frames()) as frames:
            warm = time.monotonic() + 2
            while time.monotonic() < warm:
                pipeline.step([await anext(frames)], time.monotonic_ns())
            start, before, changes = time.monotonic(), processor_s(server), 0
            while (took := time.monotonic() - start) < seconds:
                frame = await anext(frames)
                pipeline.step([frame], time.monotonic_ns())
                changes += len(frame)
            return changes / took, (processor_s(server) - before) / took
    finally:
        await driver.close()


def config_of(port: int, items: int, every: str) -> OpcUaDevice:
    """Write the configuration of so many signals."""
    signals = {f"v{number}": {"node": f"nsu={URI};s=v{number}"} for number in range(items)}
    connect = f"opc.tcp://127.0.0.1:{port}"
    return OpcUaDevice.model_validate(
        {"connect": connect, "every": every, "timeout": "30 s", "signals": signals}
    )


def main() -> int:
    """Measure; the exit code says whether the target is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--every", default="100 ms", help="how often each item changes")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.items))
    say(
        f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}, {os.cpu_count()} cores"
    )
    command = [sys.executable, __file__, "--serve", "--items", str(options.items)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            return _compare(options, port, server.pid)
        finally:
            server.kill()


def _compare(options: argparse.Namespace, port: int, server: int) -> int:
    met = True
    for every in (options.every, "20 ms"):
        config = config_of(port, options.items, every)
        table = SignalTable([Signal(name=f"plc.{name}", on_change=True) for name in config.signals])
        drivers: dict[str, Driver] = {
            "driver in this process": OpcUaDriver("plc", config, clock),
            "driver behind its fence": Fence(
                "edgetwin.field.opcua.driver", "OpcUaDriver", "plc", config, clock
            ),
        }
        say(f"\n{options.items:,} items, each changes every {every}")
        for name, driver in drivers.items():
            rate, share = asyncio.run(measure(driver, table, options.seconds, server))
            say(
                f"  {name:<24} {rate:>9,.0f} changes/s  {share:6.1%} of a core  {share / rate * 1e6:5.1f} us each,"
                f" so one core takes {rate / share:,.0f}; lost {driver.lost}"
            )
            met = met and rate / share >= TARGET
    say(f"  target {TARGET:,} changes/s on one core: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
