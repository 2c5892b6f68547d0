"""Asking a gateway: what comes back, and what the user is told when nothing does."""

import asyncio
import os
import socket
import threading
from pathlib import Path

import pytest

from edgetwin.cli.ask import NoAnswer, ask, find_socket
from edgetwin.control import ControlServer, View


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


def view() -> View:
    return {"time": "now"}


async def test_the_client_side_reads_what_the_server_says(path: Path) -> None:
    with ControlServer(path, view) as server:
        task = asyncio.create_task(server.run())
        views = ask(path, {"verb": "watch", "every": "100 ms"})
        for _ in range(2):
            assert await asyncio.to_thread(next, views) == view()
        await asyncio.to_thread(views.close)
        with pytest.raises(NoAnswer, match="no verb 'dance' here"):
            await asyncio.to_thread(lambda: list(ask(path, {"verb": "dance"})))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_without_a_gateway_the_client_says_what_to_do(path: Path) -> None:
    with pytest.raises(NoAnswer, match="edgetwin run --config"):
        list(ask(path, {"verb": "view"}))


def test_something_else_on_the_socket_is_told_apart(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(os.fspath(path))
        other.listen()

        def answer() -> None:
            client, _ = other.accept()
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        with pytest.raises(NoAnswer, match="no gateway that answers"):
            list(ask(path, {"verb": "view"}))
        answering.join()


def test_a_path_that_cannot_be_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match="cannot be asked"):
        list(ask(tmp_path / ("x" * 200), {"verb": "view"}))


def test_a_silent_gateway_is_not_waited_for_for_ever(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as wedged:
        wedged.bind(os.fspath(path))
        wedged.listen()
        with pytest.raises(NoAnswer, match=r"has said nothing for 0\.05 s"):
            list(ask(path, {"verb": "view"}, patience_s=0.05))


def test_a_client_looks_where_a_socket_is(tmp_path: Path) -> None:
    environ = {"RUNTIME_DIRECTORY": f"{tmp_path}/none", "XDG_RUNTIME_DIR": os.fspath(tmp_path)}
    (tmp_path / "edgetwin").mkdir()
    there = tmp_path / "edgetwin" / "control.sock"
    there.touch()
    assert find_socket(environ) == there
