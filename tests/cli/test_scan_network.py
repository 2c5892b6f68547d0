"""`edgetwin scan --network`: which addresses listen; only where it was told, gently, and without a word."""

import asyncio
import json
import socket
import time
from typing import Any

import pytest

from edgetwin.__main__ import main

HERE = "127.0.0.0/28"  # 14 addresses of this very machine


class Knocks:
    """Counts connections that are being made."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0
        self.places: list[tuple[str, int]] = []


@pytest.fixture
def knocks(monkeypatch: pytest.MonkeyPatch) -> Knocks:
    """Make every connection take 50 ms, and count."""
    seen = Knocks()
    connect = asyncio.SelectorEventLoop.sock_connect

    async def slow(self: asyncio.SelectorEventLoop, sock: socket.socket, address: Any) -> None:  # noqa: ANN401 - of any family
        seen.now += 1
        seen.most = max(seen.most, seen.now)
        seen.places.append(address[:2])
        try:
            await asyncio.sleep(0.05)
            await connect(self, sock, address)
        finally:
            seen.now -= 1

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", slow)
    return seen


def scan(*options: str, pause: str = "1 us") -> int:
    return main(["scan", "--timeout", "5 s", "--pause", pause, "--network", *options])


def test_an_address_that_listens_is_found_and_hears_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.3", 0)) as listener:
        port = listener.getsockname()[1]
        assert scan(HERE, "--ports", str(port), "--json") == 0
        listener.settimeout(5)
        end, _ = listener.accept()
        with end:
            end.settimeout(5)
            assert end.recv(100) == b""  # connected and closed
    told = json.loads(capsys.readouterr().out)
    assert [host["host"] for host in told["hosts"] if host["ports"] == [port]] == ["127.0.0.3"]
    assert told["connections"] == 14


def test_what_to_do_next_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.3", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr("edgetwin.cli.scan_network._SPOKEN", {port: "opc.tcp"})
        assert scan(HERE, "--ports", str(port)) == 0
    page = capsys.readouterr().out
    assert "edgetwin scan opc.tcp://127.0.0.3" in page
    assert "1 listen; 14 connections tried" in page


@pytest.mark.parametrize("limit", [1, 4])
def test_no_more_connections_at_once_than_allowed(knocks: Knocks, limit: int) -> None:
    assert scan(HERE, "--ports", "9", "--at-once", str(limit)) == 1
    assert knocks.most == limit


def test_without_that_limit_there_would_be_more(knocks: Knocks) -> None:
    assert scan(HERE, "--ports", "9", "--at-once", "14") == 1
    assert knocks.most > 4


def test_there_is_a_pause_between_two_connections() -> None:
    began = time.monotonic()
    assert scan(HERE, "--ports", "9", pause="20 ms") == 1
    assert time.monotonic() - began >= 13 * 0.02


def test_every_address_and_no_other_is_tried_once(knocks: Knocks) -> None:
    assert scan("127.0.0.0/29", "--ports", "9,10") == 1
    assert sorted(knocks.places) == [(f"127.0.0.{last}", port) for last in range(1, 7) for port in (9, 10)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--network", "10.0.0.0/21"], "2048 addresses are too many; at most 1024"),
        (["--network", "fd00::/64"], "are too many"),
        (["--network", "8.8.8.0/24"], "not a private network"),
        (["--network", "192.168.0.0/15"], "not a private network"),
        (["--network", "0.0.0.0/0"], "not a private network"),
        (["--network", "2001:db8::/120"], "not a private network"),
        (["--network", "plc1"], "write a network, such as 192.168.10.0/24"),
        (["--network", HERE, "--ports", "0"], "--ports"),
        (["--network", HERE, "--at-once", "1000"], "expected 1 to 256"),
        (["--network", HERE, "modbus-tcp://127.0.0.1"], "give one of them"),
        ([], "what is to be scanned?"),
    ],
)
def test_what_must_not_be_searched_is_refused(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str], knocks: Knocks
) -> None:
    assert main(["scan", *options]) == 2
    assert said in capsys.readouterr().err
    assert knocks.places == []


def test_without_an_address_it_says_what_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan"]) == 2
    said = capsys.readouterr().err
    for way in ("modbus-tcp://", "modbus-rtu://", "opc.tcp://", "--network"):
        assert way in said
