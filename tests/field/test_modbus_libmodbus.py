"""Modbus against a server of another family: libmodbus, over TCP and over a serial line."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import libmodbus_unit
import pytest
from field_reader import Reader
from field_spoiler import End, Pty

from edgetwin.core import status

SIGNALS = {
    "word": {"at": "hr:7"},
    "far_word": {"at": "hr:120"},
    "input": {"at": "ir:7"},
    "coil_on": {"at": "co:99"},
    "coil_off": {"at": "co:100"},
    "contact_on": {"at": "di:100"},
    "contact_off": {"at": "di:101"},
    "long": {"at": "hr:10", "type": "uint32"},
    "absent": {"at": "hr:1000"},
}
TRUTH = {
    "word": 1007.0,
    "far_word": 1120.0,
    "input": 2007.0,
    "coil_on": 1.0,
    "coil_off": 0.0,
    "contact_on": 1.0,
    "contact_off": 0.0,
    "long": float(1010 << 16 | 1011),
}


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    try:
        libmodbus_unit.library()
    except OSError:
        pytest.skip("libmodbus is not installed: sudo apt-get install libmodbus5")


@asynccontextmanager
async def served(*arguments: str) -> AsyncIterator[str]:
    """Start a server, and give the first line it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(libmodbus_unit.__file__)),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


async def cable(near: End, far: End) -> None:
    """Carry bytes from one end to the other."""
    while data := await near.reader.read(4096):
        far.writer.write(data)


async def check(connect: str, unit: int) -> None:
    """Read twice, and compare with what is in the registers."""
    async with Reader(0, SIGNALS, connect=connect, unit=unit, every="50 ms", timeout="1 s").open() as reader:
        await reader.next()
        heard = await reader.next()
    assert heard.pop("absent")[1] == status.modbus_exception(2)
    assert heard == {name: (value, status.GOOD) for name, value in TRUTH.items()}


async def test_all_tables_over_tcp() -> None:
    async with served("tcp") as port:
        await check(f"modbus-tcp://127.0.0.1:{port}", unit=1)


async def test_all_tables_over_a_serial_line() -> None:
    near, far = Pty(), Pty()
    ends = End(near.reader, near), End(far.reader, far)
    cables = [asyncio.create_task(cable(*pair)) for pair in (ends, ends[::-1])]
    try:
        async with served(far.port, "17") as said:
            assert said == "ready"
            await check(f"modbus-rtu://{near.port}?baud=19200&parity=none", unit=17)
    finally:
        for task in cables:
            task.cancel()
        await asyncio.gather(*cables, return_exceptions=True)
        near.close()
        far.close()
