"""What systemd hears, on a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgetwin.notify import Notify


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Listen as a service manager does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def heard(manager: socket.socket) -> dict[str, str]:
    return dict(line.split("=", 1) for line in manager.recv(4096).decode().splitlines())


def speaking_to(manager: socket.socket, **environ: str) -> Notify:
    return Notify.from_environment({"NOTIFY_SOCKET": manager.getsockname(), **environ})


def test_a_life_in_five_messages(manager: socket.socket) -> None:
    notify = speaking_to(manager, WATCHDOG_USEC="30000000")
    assert notify.ready()
    assert heard(manager) == {"READY": "1"}
    assert notify.status("2 devices up")
    assert heard(manager) == {"STATUS": "2 devices up"}
    assert notify.watchdog()
    assert heard(manager) == {"WATCHDOG": "1"}
    assert notify.reloading()
    reload = heard(manager)
    assert reload.pop("RELOADING") == "1"
    assert int(reload.pop("MONOTONIC_USEC")) > 0
    assert not reload
    assert notify.stopping()
    assert heard(manager) == {"STOPPING": "1"}


def test_a_status_cannot_smuggle_in_another_message(manager: socket.socket) -> None:
    assert speaking_to(manager).status("plc1 says\nREADY=1\r\nSTOPPING=1")
    assert heard(manager) == {"STATUS": "plc1 says READY=1 STOPPING=1"}


def test_an_abstract_socket_is_reached() -> None:
    name = f"edgetwin-notify-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(5)
        assert Notify.from_environment({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert heard(listening) == {"READY": "1"}


def test_without_systemd_nothing_is_sent() -> None:
    notify = Notify.from_environment({})
    assert notify.watchdog_s is None
    assert not any(
        [notify.ready(), notify.status("x"), notify.watchdog(), notify.reloading(), notify.stopping()]
    )


def test_a_manager_that_went_away_stops_nothing(manager: socket.socket) -> None:
    notify = speaking_to(manager)
    Path(manager.getsockname()).unlink()
    assert not notify.ready()


def test_a_manager_that_does_not_read_blocks_nothing(manager: socket.socket) -> None:
    notify = speaking_to(manager)
    sent = 0
    while notify.ready():
        sent += 1
        assert sent < 1_000_000
    assert sent > 0


@pytest.mark.parametrize(
    ("environ", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_PID": "7"}, None),
    ],
)
def test_the_watchdog_is_fed_only_if_it_watches_us(
    manager: socket.socket, environ: dict[str, str], watchdog_s: float | None
) -> None:
    notify = Notify.from_environment({"NOTIFY_SOCKET": manager.getsockname(), **environ}, pid=7)
    assert notify.watchdog_s == watchdog_s
    assert notify.watchdog() is (watchdog_s is not None)
