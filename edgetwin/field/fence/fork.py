"""One small process that forks all fenced children, and what the gateway has to do with it.

The gateway itself must not fork: it has an event loop and threads. A fresh Python for each device would cost 50 MB and
half a second, nearly all of it for the library of the protocol. So one process imports that once, and each child is a
fork of it that shares its memory. It does nothing else, and never hears of a device: it passes a socket on.

All of them end with the gateway, however that ends: this process when its socket to the gateway closes, and with it
its children; and the kernel ends them if this process is killed. They ignore Ctrl-C and SIGTERM, which a terminal and
systemd send to all processes at once: the order in which things stop is the gateway's.
"""

import ctypes
import gc
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import traceback
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import ClassVar

from edgetwin.field.fence import child as fence_child

_ORDER = struct.Struct("<cQ")
_FORK, _KILL = b"F", b"K"
_LINK = 3  # of a child: its only descriptor besides those of every process
_PR_SET_PDEATHSIG = 1
_ORDERS_WAITING = 2**20  # bytes, a thousand or so: all devices may start at once, while it still imports
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Process:
    """The process, and the socket that leads to it."""

    def __init__(self, module: str) -> None:
        self.socket, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ORDERS_WAITING)
        self.socket.setblocking(False)  # noqa: FBT003 - the gateway never waits for it
        code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main({far.fileno()}, {module!r})"
        try:
            self.popen = subprocess.Popen(  # noqa: S603 - it is ourselves
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # a process with threads should not fork
                start_new_session=True,  # Ctrl-C in a terminal is none of its business
            )
        except OSError:
            self.socket.close()
            raise
        finally:
            far.close()

    def tell(self, order: bytes, child: int, sockets: Sequence[int] = ()) -> None:
        """Give an order. OSError when it is lost, or cannot keep up."""
        socket.send_fds(self.socket, [_ORDER.pack(order, child)], sockets)

    def end(self) -> None:
        """End it, and with it all its children."""
        self.socket.close()
        self.popen.kill()
        self.popen.wait()


class Forker:
    """The gateway's end. The process starts with the first child, and again if it was lost."""

    _shared: ClassVar[weakref.WeakValueDictionary[str, "Forker"]] = weakref.WeakValueDictionary()

    def __init__(self, module: str) -> None:
        self._module = module
        self._children = 0
        self._process: _Process | None = None
        self._end: Callable[[], object] = lambda: None

    @classmethod
    def of(cls, module: str) -> "Forker":
        """Give the one whose children know this module. It ends when no device needs it any more."""
        forker = cls._shared.get(module)
        if forker is None:
            cls._shared[module] = forker = cls(module)
        return forker

    @property
    def pid(self) -> int | None:
        """The process, where there is one."""
        return self._process.popen.pid if self._process else None

    def fork(self) -> tuple[int, socket.socket]:
        """Begin a child; give its number and the socket that leads to it. OSError when that cannot be done now."""
        process = self._process
        if process is None or process.popen.poll() is not None:
            self._end()
            process = self._process = _Process(self._module)
            self._end = weakref.finalize(self, process.end)
        self._children += 1
        ours, childs = socket.socketpair()
        with childs:
            try:
                process.tell(_FORK, self._children, [childs.fileno()])
            except OSError:
                ours.close()
                raise
        return self._children, ours

    def kill(self, child: int) -> None:
        """End a child, whatever it is doing. One that has ended already is no mistake."""
        if self._process is not None:
            try:
                self._process.tell(_KILL, child)
            except OSError:  # it is lost, and its children with it; or it does not listen, and goes with them
                self._end()
                self._process = None


def main(number: int, module: str) -> None:
    """Be that process."""
    for each in _IGNORED:
        signal.signal(each, signal.SIG_IGN)
    import_module(module)
    gc.collect()
    gc.freeze()  # a collector that looks at what is shared would copy it
    gateway = socket.socket(fileno=number)
    ended, wake = socket.socketpair()
    wake.setblocking(False)  # noqa: FBT003 - likewise
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, int] = {}  # number -> pid; only here are they reaped, so no pid is another's
    while True:
        ready, _, _ = select.select([gateway, ended], [], [])
        if ended in ready:
            ended.recv(4096)
            gone = set(_reaped())
            children = {child: pid for child, pid in children.items() if pid not in gone}
        if gateway in ready:
            order, sockets, _, _ = socket.recv_fds(gateway, _ORDER.size, 1)
            if not order:
                break
            what, child = _ORDER.unpack(order)
            if what == _FORK and sockets:  # none comes when too many are open
                pid = _fork(sockets[0])
                if pid is not None:
                    children[child] = pid
            elif what == _KILL and child in children:
                os.kill(children[child], signal.SIGKILL)
    for pid in children.values():
        os.kill(pid, signal.SIGKILL)


def _reaped() -> Iterator[int]:
    """Let go of the children that have ended."""
    with suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            yield pid


def _fork(link: int) -> int | None:
    """Begin a child, and give it the socket that leads to the gateway. None when there can be no more."""
    forker = os.getpid()
    try:
        pid = os.fork()
    except OSError:  # the gateway hears that the socket is closed, says so, and tries again
        os.close(link)
        return None
    if pid:
        os.close(link)
        return pid
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == forker:  # else it was lost before the kernel knew what to do then
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(link, _LINK)
            os.closerange(_LINK + 1, os.sysconf("SC_OPEN_MAX"))
            random.seed()
            fence_child.main(socket.socket(fileno=_LINK))
    except BaseException:  # noqa: BLE001 - the last place where it can be written down
        traceback.print_exc()
    finally:
        os._exit(0)
