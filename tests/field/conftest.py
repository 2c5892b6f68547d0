"""What the tests of the field share."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import uvloop
from field_plc import Plc, floats
from field_secure import OWN, SecureServer
from field_ua import UaServer
from ports import port_that

from edgetwin.field.fence.fork import Forker
from edgetwin.field.pki.folder import PkiFolder, Shelf


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Hold drivers to their contract also on uvloop, on which the daemon runs."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if item.path.name in ("test_contract.py", "test_modbus_serial.py"):
        loops["uvloop"] = uvloop.new_event_loop
    return loops


@pytest.fixture(scope="session")
def ua_server() -> Iterator[UaServer]:
    server = UaServer(level=1.5, neighbour=7.0, running=True, count=3, recipe="lime", curve=[1.0, 2.0])
    yield server
    server.end()


@pytest.fixture(scope="session")
def secure_session() -> Iterator[SecureServer]:
    server = SecureServer()
    yield server
    server.end()


@pytest.fixture
async def secure_server(secure_session: SecureServer) -> AsyncIterator[SecureServer]:
    """Give the server as it usually is, whatever the test before made of it."""
    secure_session.users.asked.clear()
    secure_session.users.by_certificate = None
    yield secure_session
    if secure_session.shown != secure_session.usual or secure_session.tampered:
        await secure_session.show(secure_session.usual)


@pytest.fixture
def pki(tmp_path: Path) -> PkiFolder:
    """Give a folder with a certificate of our own, in which nobody is trusted yet."""
    made = PkiFolder(tmp_path / "pki")
    made.save_own(OWN)
    return made


@pytest.fixture
def trusting(pki: PkiFolder, secure_server: SecureServer) -> PkiFolder:
    """Give a folder in which the server is trusted as it usually is."""
    pki.add(Shelf.TRUSTED, secure_server.usual.certificate)
    return pki


@pytest.fixture(scope="session")
def forker() -> Forker:
    """Start the process that forks fenced drivers, and keep it for all tests: it takes most of a second."""
    forker = Forker.of("field_fenced")
    _, link = forker.fork()
    link.close()
    return forker


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
def silent_port() -> Iterator[int]:
    """Give a port that takes connections and never says a word."""
    with port_that(None) as port:
        yield port


@pytest.fixture
def web_port() -> Iterator[int]:
    """Give a port on which no device but a web server answers."""
    with port_that(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 20) as port:
        yield port
