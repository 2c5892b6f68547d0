"""The control socket: where other processes ask the running gateway what it knows (`cli.ask` is how they do).

A unix socket for its owner alone (0600). One JSON object per line in both directions. Two verbs are answered:

    {"verb": "view"}                        one view
    {"verb": "watch", "every": "1 s"}       one view now, and one more each `every`, until the client goes

A client can never hold the gateway: requests are short, the number of clients is bounded, and whoever does
not read its answers is dropped. The server never changes anything in the gateway.
"""

import asyncio
import fcntl
import os
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import orjson
import structlog

from edgetwin.config.units import typed_seconds

log = structlog.get_logger()

View = dict[str, Any]  # any: what JSON can hold, as it stands in `edgetwin.view`

SOCKET = "control.sock"
CLIENTS = 16
REQUEST_BYTES = 4096
REQUEST_S = 10.0  # a client that asks nothing for so long is sent away
ANSWER_S = 5.0  # a client that reads nothing for so long is dropped
EVERY_MIN_S = 0.1  # a view is made at most so often, however many clients want one
_LONGEST_PATH = 107  # what fits into a unix socket address


class NoSocket(Exception):  # noqa: N818 - a state of the machine, said to the user
    """The control socket cannot be made. The message says why."""


class AlreadyRunning(Exception):  # noqa: N818 - a state of the machine, said to the user
    """Another gateway answers on this socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"another edgetwin is running and answers on {path}; stop it, or give this one its own socket "
            "with `control` in [gateway]"
        )


def rhythm_s(text: object) -> float:
    """Read how often a client wants a view, such as "1 s"; ValueError says what is wrong with it."""
    return max(EVERY_MIN_S, typed_seconds(text))


def runtime_directories(environ: Mapping[str, str]) -> list[Path]:
    """Name the places for a socket, best first: systemd's, the session's, and our own in /tmp."""
    places = []
    if given := environ.get("RUNTIME_DIRECTORY"):
        places.append(Path(given.split(":")[0]))
    if session := environ.get("XDG_RUNTIME_DIR"):
        places.append(Path(session) / "edgetwin")
    places.append(Path(f"/tmp/edgetwin-{os.getuid()}"))  # noqa: S108 - made 0700 and checked to be ours
    return places


def socket_path(configured: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Say where the gateway listens."""
    return configured or runtime_directories(environ)[0] / SOCKET


class ControlServer:
    """Answers clients while its context is open. `view` gives what the gateway knows at this moment."""

    def __init__(self, path: Path, view: Callable[[], View]) -> None:
        self.path = path
        self._view = view
        self._socket: socket.socket | None = None
        self._inode = 0
        self._newest = b""
        self._newest_until = 0.0
        self._clients = 0
        self.counters = {"control_clients": 0, "control_refused": 0, "control_dropped": 0}

    def __enter__(self) -> Self:
        """Take the socket, or raise AlreadyRunning or NoSocket."""
        try:
            self._socket = _listen(self.path)
            self._inode = self.path.stat().st_ino
        except OSError as error:
            raise NoSocket(
                f"the control socket {self.path} cannot be made: {error.strerror or error}; mend that, "
                "or name another place with `control` in [gateway]"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()
            with suppress(FileNotFoundError):
                if self.path.stat().st_ino == self._inode:  # and not of another gateway that took the place
                    self.path.unlink()

    async def run(self) -> None:
        """Serve until cancelled. A client's task that crashes is a bug, and ends this one."""
        async with asyncio.TaskGroup() as clients:

            def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                clients.create_task(self._serve(reader, writer), name="control client")

            server = await asyncio.start_unix_server(meet, sock=self._socket, limit=REQUEST_BYTES)
            try:
                await asyncio.get_running_loop().create_future()  # until cancelled
            finally:
                server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        self.counters["control_clients"] = self._clients
        try:
            if self._clients > CLIENTS:
                self.counters["control_refused"] += 1
                await _send(writer, _error(f"{CLIENTS} clients are being served already, try again later"))
            else:
                await self._answer(reader, writer)
        except TimeoutError:
            self.counters["control_dropped"] += 1
            log.info("a control client was dropped, it does not read or ask")
        except ConnectionError:
            pass  # it went away, as clients do
        finally:
            self._clients -= 1
            self.counters["control_clients"] = self._clients
            _let_go(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                line = await reader.readline()
        except ValueError:  # longer than any request of ours
            await _send(writer, _error(f"a request has at most {REQUEST_BYTES} bytes"))
            return
        if not line:
            return
        try:
            every_s = _read_request(line)
        except ValueError as error:
            await _send(writer, _error(str(error)))
            return
        await _send(writer, self._line())
        while every_s is not None:
            await asyncio.sleep(every_s)
            await _send(writer, self._line())

    def _line(self) -> bytes:
        """Give the view as one line; clients that ask at the same time share it."""
        now = asyncio.get_running_loop().time()
        if now >= self._newest_until:
            self._newest = _json(self._view())
            self._newest_until = now + EVERY_MIN_S
        return self._newest


def _read_request(line: bytes) -> float | None:
    """Give the period of a `watch`, or None for one `view`; ValueError says what is wrong with it."""
    try:
        request = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not a JSON line: {error}") from None
    match request:
        case {"verb": "view"}:
            return None
        case {"verb": "watch"}:
            return rhythm_s(request.get("every", "1 s"))
        case {"verb": verb}:
            raise ValueError(f"no verb {str(verb)[:40]!r} here; expected view or watch")
        case _:
            raise ValueError('expected a request such as {"verb": "view"}')


def _json(content: Mapping[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def _error(complaint: str) -> bytes:
    return _json({"error": complaint})


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    """Write one line. What waits for a slow client is at most one answer more than the transport's limit."""
    writer.write(line)
    async with asyncio.timeout(ANSWER_S):
        await writer.drain()


def _let_go(writer: asyncio.StreamWriter) -> None:
    """Close politely, but leave nothing behind for a client that does not read."""
    if writer.transport.get_write_buffer_size() > 0 and not writer.is_closing():
        asyncio.get_running_loop().call_later(ANSWER_S, writer.transport.abort)
    writer.close()


@contextmanager
def _directory_lock(directory: Path) -> Iterator[None]:
    """Let one starting gateway at a time look at the socket and take it. The lock leaves no file behind."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _listen(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise OSError(f"its path is longer than {_LONGEST_PATH} bytes")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = path.parent.lstat()
    if path.parent.parent == Path("/tmp") and (  # noqa: S108 - here anybody may have made it before us
        not stat.S_ISDIR(place.st_mode) or place.st_uid != os.getuid() or place.st_mode & 0o022
    ):
        raise OSError(f"{path.parent} is not a directory that belongs to this user alone")
    with _directory_lock(path.parent):
        _remove_stale(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)  # never, not even for a moment, open to others
        try:
            listener.bind(os.fspath(path))
            listener.listen(CLIENTS)
        except OSError:
            listener.close()
            raise
        finally:
            os.umask(mask)
    listener.settimeout(0.0)
    return listener


def _remove_stale(path: Path) -> None:
    """Remove the socket of a gateway that died; a living one keeps its own."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            if not stat.S_ISSOCK(path.lstat().st_mode):
                raise OSError("something else of that name is in the way") from None
            path.unlink()
            return
        except (TimeoutError, BlockingIOError):  # its backlog is full: alive, and busy or wedged
            pass
    raise AlreadyRunning(path)
