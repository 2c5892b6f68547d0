"""What the tests of the field share."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import uvloop
from field_plc import Plc, floats
from field_ua import UaServer


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Hold drivers to their contract also on uvloop, on which the daemon runs."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if item.path.name == "test_contract.py":
        loops["uvloop"] = uvloop.new_event_loop
    return loops


@pytest.fixture(scope="session")
def ua_server() -> Iterator[UaServer]:
    server = UaServer(level=1.5, neighbour=7.0, running=True, count=3, recipe="lime", curve=[1.0, 2.0])
    yield server
    server.end()


@pytest.fixture
async def plc() -> AsyncIterator[Plc]:
    """Give a PLC with float32 1, 2, 3 ... in the holding registers 0 to 39, and 1000 + address in 40 to 199."""
    server = await Plc(floats(*range(1, 21)) + [1000 + address for address in range(40, 200)]).start()
    yield server
    await server.stop()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    """Give a port that takes connections and never says a word."""
    open_ends: list[asyncio.StreamWriter] = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ends.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in open_ends:
        writer.close()


@pytest.fixture
async def web_port() -> AsyncIterator[int]:
    """Give a port on which no device but a web server answers."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 20)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
