"""The control socket: for its owner alone, one gateway per socket, and no client can hold the gateway."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from edgetwin import control
from edgetwin.control import ControlServer, View, rhythm_s
from edgetwin.control_socket import AlreadyRunning, NoSocket, socket_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "control.sock"


def view() -> View:
    return {"time": "now", "signals": []}


@asynccontextmanager
async def serving(path: Path, view: Callable[[], View] = view) -> AsyncIterator[ControlServer]:
    with ControlServer(path, view) as server:
        task = asyncio.create_task(server.run())
        try:
            yield server
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def say(path: Path, line: bytes) -> list[View]:
    """Send a line and read to the end, or the first answer of a stream."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    async with asyncio.timeout(20.0):
        answer = await reader.readline()
    writer.close()
    return [orjson.loads(answer)] if answer else []


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something holds."""
    async with asyncio.timeout(20.0):
        while not condition():  # noqa: ASYNC110 - the server tells nobody when it drops a client
            await asyncio.sleep(0)


async def test_view_answers_once_and_ends(path: Path) -> None:
    async with serving(path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"verb": "view"}\n')
        async with asyncio.timeout(20.0):
            assert orjson.loads(await reader.readline()) == view()
            assert await reader.read() == b""
        writer.close()


async def test_watch_goes_on_until_the_client_leaves(path: Path) -> None:
    async with serving(path) as server:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"verb": "watch", "every": "100 ms"}\n')
        async with asyncio.timeout(20.0):
            for _ in range(3):
                assert orjson.loads(await reader.readline()) == view()
        assert server.counters["control_clients"] == 1
        writer.close()
        await until(lambda: server.counters["control_clients"] == 0)


def test_the_socket_is_for_its_owner_alone(path: Path) -> None:
    with ControlServer(path, view):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_socket_of_a_successor_is_left_alone(path: Path) -> None:
    with ControlServer(path, view):
        path.unlink()
        with ControlServer(path, view):
            pass
        successor = ControlServer(path, view)
        successor.__enter__()
    assert path.exists()
    successor.__exit__()
    assert not path.exists()


async def test_clients_that_ask_together_share_a_view(path: Path) -> None:
    made = 0

    def counted() -> View:
        nonlocal made
        made += 1
        return view()

    async with serving(path, counted):
        answers = await asyncio.gather(*(say(path, b'{"verb": "view"}\n') for _ in range(10)))
    assert answers == [[view()]] * 10
    assert made < 10


def test_the_socket_is_gone_afterwards(path: Path) -> None:
    with ControlServer(path, view):
        assert path.exists()
    assert list(path.parent.iterdir()) == []


async def test_a_second_gateway_is_refused_and_the_first_goes_on(path: Path) -> None:
    async with serving(path):
        with pytest.raises(AlreadyRunning, match="another edgetwin"), ControlServer(path, view):
            pass
        assert await say(path, b'{"verb": "view"}\n') == [view()]


@pytest.fixture
def dead(path: Path) -> Path:
    """Leave the socket of a gateway that was killed."""
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(os.fspath(path))
    assert path.exists()
    return path


async def test_the_socket_of_a_dead_gateway_is_taken_over(dead: Path) -> None:
    path = dead
    async with serving(path):
        assert await say(path, b'{"verb": "view"}\n') == [view()]


def test_a_file_that_is_no_socket_is_not_removed(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("precious")
    with pytest.raises(NoSocket, match="in the way"), ControlServer(path, view):
        pass
    assert path.read_text() == "precious"


def test_a_path_too_long_for_a_socket_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoSocket, match="longer than 107 bytes"), ControlServer(tmp_path / ("x" * 108), view):
        pass


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"hello\n", "not a JSON line"),
        (b"[1]\n", "expected a request"),
        (b'{"verb": "stop"}\n', "no verb 'stop' here; expected view or watch"),
        (b'{"verb": "watch", "every": "1 lightyear"}\n', "lightyear"),
        (b'{"verb": "' + b"x" * 100_000 + b'"}\n', "at most 4096 bytes"),
    ],
)
async def test_a_bad_request_is_told_why(path: Path, line: bytes, complaint: str) -> None:
    async with serving(path):
        [answer] = await say(path, line)
        assert complaint in answer["error"]
        assert await say(path, b'{"verb": "view"}\n') == [view()]


async def test_one_client_too_many_is_sent_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "CLIENTS", 1)
    async with serving(path) as server:
        _, first = await asyncio.open_unix_connection(path)
        await until(lambda: server.counters["control_clients"] == 1)
        [answer] = await say(path, b"")
        assert "try again later" in answer["error"]
        assert server.counters["control_refused"] == 1
        first.close()
        await until(lambda: server.counters["control_clients"] == 0)
        assert await say(path, b'{"verb": "view"}\n') == [view()]


async def test_a_client_that_does_not_read_is_dropped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ANSWER_S", 0.05)
    monkeypatch.setattr(control, "EVERY_MIN_S", 0.001)
    large = {"text": "x" * 1_000_000}
    async with serving(path, lambda: large) as server:
        with socket.socket(socket.AF_UNIX) as lazy:
            lazy.settimeout(0.0)
            await asyncio.get_running_loop().sock_connect(lazy, os.fspath(path))
            lazy.send(b'{"verb": "watch", "every": "1 ms"}\n')
            await until(lambda: server.counters["control_dropped"] == 1)
        await until(lambda: server.counters["control_clients"] == 0)


async def test_a_client_that_asks_nothing_is_dropped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "REQUEST_S", 0.01)
    async with serving(path) as server:
        _, silent = await asyncio.open_unix_connection(path)
        await until(lambda: server.counters["control_dropped"] == 1)
        silent.close()


async def test_a_view_that_crashes_is_a_bug_and_ends_the_server(path: Path) -> None:
    def broken() -> View:
        raise RuntimeError("a bug")

    with ControlServer(path, broken) as server:
        task = asyncio.create_task(server.run())
        assert await say(path, b'{"verb": "view"}\n') == []
        with pytest.raises(ExceptionGroup):
            await task


def test_the_place_of_the_socket() -> None:
    systemd = {"RUNTIME_DIRECTORY": "/run/edgetwin:/run/other", "XDG_RUNTIME_DIR": "/run/user/7"}
    assert socket_path(Path("/x/y.sock"), systemd) == Path("/x/y.sock")
    assert socket_path(None, systemd) == Path("/run/edgetwin/control.sock")
    assert socket_path(None, {"XDG_RUNTIME_DIR": "/run/user/7"}) == Path("/run/user/7/edgetwin/control.sock")
    assert str(socket_path(None, {})) == f"/tmp/edgetwin-{os.getuid()}/control.sock"  # noqa: S108 - as it says


def test_a_rhythm_has_a_unit_and_a_least_value() -> None:
    assert rhythm_s("2 s") == 2.0
    assert rhythm_s("1 ms") == control.EVERY_MIN_S
    with pytest.raises(ValueError, match="not a duration"):
        rhythm_s("soon")
