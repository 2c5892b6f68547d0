"""What the tests of the verbs share."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from asyncua.client.ua_session import UaSession
from browsed import LineServer
from field_node import NodeServer
from field_secure import SecureServer


@pytest.fixture(scope="session")
def line() -> Iterator[LineServer]:
    """Give an OPC UA server with a line of machines in it."""
    server = LineServer()
    yield server
    server.end()


@pytest.fixture(scope="session")
def node() -> Iterator[NodeServer]:
    """Give an OPC UA server of another family."""
    server = NodeServer()
    yield server
    server.end()


@pytest.fixture(scope="session")
def secured() -> Iterator[SecureServer]:
    """Give an OPC UA server that offers every security."""
    server = SecureServer()
    yield server
    server.end()


@pytest.fixture
def contacted(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """Note every address to which a connection is made."""
    places = set[tuple[str, int]]()
    loop = asyncio.SelectorEventLoop
    connect = loop.sock_connect

    async def noted(self: asyncio.SelectorEventLoop, sock: socket.socket, address: Any) -> None:  # noqa: ANN401 - of any family
        places.add(address[:2])
        await connect(self, sock, address)

    monkeypatch.setattr(loop, "sock_connect", noted)
    return places


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the name of every request of a session."""
    names: list[str] = []
    send = UaSession._send_request

    async def noted(self: UaSession, request: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as it is handed on
        names.append(type(request).__name__)
        return await send(self, request, *args, **options)

    monkeypatch.setattr(UaSession, "_send_request", noted)
    return names
