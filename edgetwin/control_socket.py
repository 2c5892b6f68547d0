"""The file of the control socket: where it is, and how one gateway at a time takes it.

It is open to its owner alone (0600), from its first moment on. What a gateway left behind that died is removed; the
socket of a living one never is.
"""

import fcntl
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

SOCKET = "control.sock"
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


@contextmanager
def taken(path: Path, backlog: int) -> Iterator[socket.socket]:
    """Listen while the context is open. Raises AlreadyRunning or NoSocket where the socket cannot be had."""
    try:
        listener = _listen(path, backlog)
        inode = path.stat().st_ino
    except OSError as error:
        raise NoSocket(
            f"the control socket {path} cannot be made: {error.strerror or error}; mend that, "
            "or name another place with `control` in [gateway]"
        ) from error
    try:
        yield listener
    finally:
        listener.close()
        with suppress(FileNotFoundError):
            if path.stat().st_ino == inode:  # and not of another gateway that took the place
                path.unlink()


@contextmanager
def _directory_lock(directory: Path) -> Iterator[None]:
    """Let one starting gateway at a time look at the socket and take it. The lock leaves no file behind."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _listen(path: Path, backlog: int) -> socket.socket:
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
            listener.listen(backlog)
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
