"""A gateway at work in a test, the service manager it reports to, and the views it gives."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

import orjson

from edgetwin.daemon import DRAIN_S, Gateway
from edgetwin.notify import Notify

DEADLINE_S = 30.0

View = dict[str, Any]


def write_config(folder: Path, *tables: str, gateway: str = "gw", broker: str | None = None) -> Path:
    """Write a configuration whose control socket is in the same folder."""
    path = folder / f"{gateway}.toml"
    mqtt = f'[mqtt]\nbrokers = ["{broker}"]\n[publish]\nheartbeat = "1 s"\n' if broker else ""
    head = f'[gateway]\nsite = "hall"\nname = "{gateway}"\ncontrol = "{control_of(path)}"\n'
    path.write_text(head + mqtt + "\n".join(tables))
    return path


def control_of(config: Path) -> Path:
    return config.with_suffix(".sock")


@asynccontextmanager
async def running(
    path: Path, notify: Notify | None = None, drain_s: float = DRAIN_S
) -> AsyncIterator[Gateway]:
    """Run a gateway in this loop; at the end it is stopped, and must have ended well."""
    gc.freeze()  # as `run` does: a reload looks through what it made, not through what all tests before left behind
    gateway = Gateway(path, notify=notify, drain_s=drain_s)
    task = asyncio.create_task(gateway.run())
    ready = asyncio.create_task(gateway.ready.wait())
    try:
        await asyncio.wait([task, ready], timeout=DEADLINE_S, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        assert gateway.ready.is_set()
        yield gateway
    finally:
        ready.cancel()
        gateway.stop("the test is over")
        async with asyncio.timeout(DEADLINE_S):
            await task


async def view_where(config: Path, wanted: Callable[[View], bool], deadline_s: float = DEADLINE_S) -> View:
    """Watch a gateway, as `edgetwin watch` does, until a view is as wanted."""
    reader, writer = await asyncio.open_unix_connection(control_of(config), limit=1 << 20)
    view: View = {}
    try:
        writer.write(b'{"verb": "watch", "every": "100 ms"}\n')
        async with asyncio.timeout(deadline_s):
            while line := await reader.readline():
                view = orjson.loads(line)
                if wanted(view):
                    return view
    except TimeoutError:
        raise AssertionError(f"not seen within {deadline_s} s; the last view was {view}") from None
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    raise AssertionError("the gateway ended the talk")


def signal_of(view: View, name: str) -> dict[str, Any]:
    return next(row for row in view["signals"] if row["name"] == name)


def device_of(view: View, name: str) -> dict[str, Any]:
    return next(row for row in view["devices"] if row["name"] == name)


class ServiceManager:
    """Hears what a gateway tells systemd, on a real socket."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self.heard: list[str] = []
        self._more = asyncio.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.settimeout(0.0)

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._socket, self._hear)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    @property
    def line(self) -> Notify:
        """What a gateway gets to speak to it."""
        return Notify(self.address, watchdog_s=30.0)

    def count(self, beginning: str) -> int:
        """Count the lines that begin so."""
        return sum(each.startswith(beginning) for each in self.heard)

    async def until(self, wanted: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
        """Wait until something holds; looked at whenever a line is heard."""
        try:
            async with asyncio.timeout(deadline_s):
                while not wanted():
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"not heard within {deadline_s} s; heard {self.heard}") from None

    async def hears(self, beginning: str, times: int = 1) -> None:
        """Wait until so many lines begin so."""
        await self.until(lambda: self.count(beginning) >= times)

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self.heard.extend(self._socket.recv(4096).decode().splitlines())
                self._more.set()
