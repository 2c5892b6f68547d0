"""How fast Modbus is read: 125 registers a request, with one connection and with eight, beside a bare pymodbus client.

    python tests/bench/modbus_speed.py [--seconds 3]

Ours is a whole read as a device does it: the request through the shared line, each check of the answer, a stamp, and
62 float32 decoded into columns. The bare client reads the same registers and decodes nothing (its own decoding comes
in a line of its own). Both ask the same server, which does nothing but answer, in a process of its own; they take
turns, so that other work on the machine meets both. What counts is the ratio: the median of those of all turns.
"""

import argparse
import asyncio
import multiprocessing
import platform
import struct
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from statistics import median

import numpy as np
import uvloop
from pymodbus.client import AsyncModbusTcpClient

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_line import line
from edgetwin.core.signals import Stamp
from edgetwin.field.modbus.bus import Bus
from edgetwin.field.modbus.link import ModbusLink
from edgetwin.field.modbus.plan import plan
from edgetwin.field.modbus.poll import Columns

COUNT = 125
FLOATS = COUNT // 2
TARGET = 0.80
DECODING_TARGET_US = 5.0
ROUNDS = 15
ANSWER = bytes([1, 3, 2 * COUNT]) + struct.pack(f">{FLOATS}f", *range(FLOATS)) + bytes(2)

Read = Callable[[], Awaitable[object]]


class Peer(asyncio.Protocol):
    """Answers each request at once, always with the same registers."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer. Nobody here asks twice before the first answer has come."""
        self._transport.write(  # type: ignore[attr-defined] # it is a transport
            data[:2] + b"\0\0" + len(ANSWER).to_bytes(2, "big") + ANSWER
        )


def serve(told: Connection) -> None:
    """Be the server."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(main())


def stamp() -> Stamp:
    """Read both clocks."""
    return Stamp(time.time_ns(), time.monotonic_ns())


async def ours(port: int) -> tuple[Read, Callable[[], Awaitable[None]]]:
    """Connect as a device does, and give how it reads."""
    signals = {f"f{n}": {"at": f"hr:{2 * n}", "type": "float32"} for n in range(FLOATS)}
    signals["last"] = {"at": f"hr:{COUNT - 1}"}
    config = ModbusDevice.model_validate({"connect": f"modbus-tcp://127.0.0.1:{port}", "signals": signals})
    (block,) = plan(config)[0].blocks
    link = ModbusLink(Bus(line(config.connect)), 1, 1.0)
    await link.open()
    columns = Columns.empty(len(signals))

    async def read() -> None:
        answer = await link.read(block.area, block.address, block.count)
        columns.arrived(stamp())
        block.read(answer, columns.values, columns.codes, columns.texts)

    return read, link.close


async def theirs(port: int, *, decode: bool) -> tuple[Read, Callable[[], Awaitable[None]]]:
    """Connect with pymodbus, and give how it reads."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()

    async def read() -> None:
        answer = await client.read_holding_registers(0, count=COUNT)
        if decode:
            client.convert_from_registers(answer.registers[: 2 * FLOATS], client.DATATYPE.FLOAT32)

    async def close() -> None:
        client.close()

    return read, close


async def rate(
    connect: Callable[[], Awaitable[tuple[Read, Callable[[], Awaitable[None]]]]],
    connections: int,
    seconds: float,
) -> float:
    """Read over some connections at the same time; give all their requests per second."""
    links = [await connect() for _ in range(connections)]
    end = time.perf_counter() + seconds

    async def worker(read: Read) -> int:
        done = 0
        while time.perf_counter() < end:
            await read()
            done += 1
        return done

    began = time.perf_counter()
    done = sum(await asyncio.gather(*(worker(read) for read, _ in links)))
    took = time.perf_counter() - began
    for _, close in links:
        await close()
    return done / took


def decoding_us() -> float:
    """Time the decoding of a block of 62 float32 alone."""
    signals = {f"f{n}": {"at": f"hr:{2 * n}", "type": "float32"} for n in range(FLOATS)}
    config = ModbusDevice.model_validate({"connect": "modbus-tcp://127.0.0.1", "signals": signals})
    (block,) = plan(config)[0].blocks
    columns = Columns.empty(FLOATS)
    answer = np.arange(FLOATS, dtype=">f4").tobytes()
    times = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(1000):
            block.read(answer, columns.values, columns.codes, columns.texts)
        times.append((time.perf_counter() - began) * 1e3)
    return min(times)  # other work on the machine only adds


def compare(port: int, loop: str, connections: int, seconds: float) -> bool:
    """Let them take turns, and print what came of it."""
    run = uvloop.run if loop == "uvloop" else asyncio.run
    rates: dict[str, list[float]] = {"ours": [], "bare": [], "bare, decoding": []}
    for _ in range(ROUNDS):
        rates["ours"].append(run(rate(lambda: ours(port), connections, seconds / ROUNDS)))
        for name, decode in (("bare", False), ("bare, decoding", True)):
            each = run(rate(lambda decode=decode: theirs(port, decode=decode), connections, seconds / ROUNDS))  # type: ignore[misc]
            rates[name].append(each)
    mine, bare, decoding = (median(each) for each in rates.values())
    ratio = median(a / b for a, b in zip(rates["ours"], rates["bare"], strict=True))
    sys.stdout.write(
        f"{loop:8} {connections} connection{'s' if connections > 1 else ' '}  ours {mine:6,.0f} requests/s  "
        f"pymodbus {bare:6,.0f} ({decoding:6,.0f} with decoding)  ratio {ratio:4.2f}  target {TARGET:.2f}\n"
    )
    return ratio >= TARGET


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="for each figure")
    seconds = parser.parse_args().seconds
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    sys.stdout.write(
        f"{platform.machine()}, Python {platform.python_version()}, {COUNT} registers a request\n"
    )
    try:
        good = [
            compare(port, loop, connections, seconds)
            for loop in ("asyncio", "uvloop")
            for connections in (1, 8)
        ]
    finally:
        server.terminate()
        server.join()
    decoding = decoding_us()
    sys.stdout.write(
        f"decoding a block of {FLOATS} float32: {decoding:.1f} us  target {DECODING_TARGET_US:g}\n"
    )
    return 0 if all(good) and decoding < DECODING_TARGET_US else 1


if __name__ == "__main__":
    sys.exit(main())
