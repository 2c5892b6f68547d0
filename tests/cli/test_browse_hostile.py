"""`edgetwin browse` and a server that sends what breaks clients: it ends, soon, and says so."""

import asyncio
import resource
import sys

import pytest
from browsed import LineServer
from hostile_ua import READ, Hostile, nulls_read

from edgetwin.cli.little_memory import MEMORY, little_memory


async def test_an_answer_that_breaks_clients_ends_the_verb(line: LineServer) -> None:
    async with Hostile(line.port, nulls_read, READ) as server:
        code, told = await browse(server.port)
        assert server.attacks == 1
    assert code == 69
    assert told.startswith("edgetwin browse: ")
    assert "Traceback" not in told


async def browse(port: int) -> tuple[int | None, str]:
    """Browse in a process of its own, as a technician does."""
    words = ["browse", f"opc.tcp://127.0.0.1:{port}", "--timeout", "1 s"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "edgetwin", *words),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, told = await process.communicate()
    return process.returncode, told.decode()


def test_memory_is_bounded_only_for_a_while() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with little_memory(), pytest.raises(MemoryError):
        bytearray(2 * MEMORY)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert len(bytearray(2 * MEMORY)) == 2 * MEMORY
