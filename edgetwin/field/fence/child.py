"""The inside of a fence: a process that runs one driver and tells its parent what it reads. See `fence`.

It lives from one `open` of the driver to the `close`, serves one device, and keeps nothing. The kernel limits its
memory: a library that believes in two thousand million elements ends here, and nothing else does. Its event loop says
twice a second that it turns. It writes no log itself: what it has to say, its parent says.
"""

import asyncio
import gc
import logging
import pickle
import resource
import socket
import time
from collections import deque
from collections.abc import Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from edgetwin.core.signals import Stamp
from edgetwin.field.driver import DeviceDown, Driver
from edgetwin.field.fence import wire
from edgetwin.field.fence.wire import Kind
from edgetwin.field.refusals import Refusals

# A server with 5,000 signals needs 30 MB. 128 MB are so much more that no honest server comes near, and so little
# that a gateway of 1 GB can bear a device or two that try.
MEMORY = 128 * 2**20
BEAT_S = 0.5
BUFFER = 256 * 1024  # bytes that may wait for the parent; then the driver waits, and counts what it drops
LINES = 100  # that may wait for the parent, and that it may get between two heartbeats
LONGEST_LINE = 8192

TOO_MUCH = DeviceDown(
    f"an answer of the server took more than {MEMORY >> 20} MB to read, and was given up",
    "no honest answer does: is this an OPC UA server, is its firmware up to date? Other devices are not affected",
)


@dataclass(frozen=True, slots=True)
class Order:
    """Which driver to run. Pickled by the parent; what is in it may be secret."""

    module: str
    driver: str
    name: str
    config: object
    more: tuple[object, ...]


def frozen(table: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """Make a frozen table of the configuration again, as it was before it was pickled."""
    return MappingProxyType(table)


def main(link: socket.socket) -> None:
    """Be the child."""
    _limit_memory()
    asyncio.run(_serve(link))


def _limit_memory() -> None:
    """Let the kernel refuse what is too much: the library gets a MemoryError, or whatever it makes of one."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])  # of data and stack
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _clock() -> Stamp:
    """Read both clocks. Those of the parent are the same: both are the machine's."""
    return Stamp(time.time_ns(), time.monotonic_ns())


class _ToParent:
    """All that goes to the parent. What must not wait is bounded, what may wait does."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.memory_ran_out = asyncio.Event()
        self._writer = writer
        self._lines: deque[bytes] = deque(maxlen=LINES)
        self._left = LINES
        writer.transport.set_write_buffer_limits(BUFFER)

    def say(self, kind: Kind, body: bytes = b"") -> None:
        """Say something now."""
        self.flush()
        self._writer.write(wire.message(kind, body))

    async def read(self, body: bytes) -> None:
        """Pass a frame on, and wait until the parent has taken most of what was said."""
        self.say(Kind.FRAME, body)
        await self._writer.drain()

    def alive(self, driver: Driver) -> None:
        """Say that the loop turns; unless the parent is busy with what it was told before."""
        self._left = LINES
        if self._writer.transport.get_write_buffer_size() < BUFFER:
            facts = dict(getattr(driver, "facts", {}))
            counters = {"missed": driver.missed, "lost": driver.lost, "facts": facts}
            self.say(Kind.ALIVE, wire.pack_words(counters))

    def flush(self) -> None:
        """Say what was logged."""
        while self._lines and self._left:
            self._left -= 1
            self._writer.write(wire.message(Kind.LOG, self._lines.popleft()))

    def line(self, words: EventDict) -> None:
        """Keep a line of the log until the next word."""
        body = wire.pack_words({key: _short(value) for key, value in words.items()})
        if len(body) <= 4 * LONGEST_LINE:
            self._lines.append(body)

    async def end(self) -> None:
        """Wait until the parent has heard all, and hang up."""
        self.flush()
        self._writer.close()
        await self._writer.wait_closed()


def _short(value: object) -> object:
    return value if isinstance(value, int | float | bool | None) else str(value)[:LONGEST_LINE]


class _FarRefusals(Refusals):
    """Refusals whose memory is with the parent, for it outlives this connection."""

    def __init__(self, device: str, parent: _ToParent) -> None:
        super().__init__(device, _clock)
        self._parent = parent

    def refused(self, signal: str, code: int, hint: str) -> None:
        """Pass it on."""
        self._parent.say(Kind.REFUSED, wire.pack_words({"signal": signal, "code": int(code), "hint": hint}))

    def answers(self, signals: Iterable[str]) -> None:
        """Pass it on."""
        self._parent.say(Kind.ANSWERS, wire.pack_words({"signals": list(signals)}))


class _Lines(logging.Handler):
    """Catches what libraries log. They also log, and then forget, that memory ran out."""

    def __init__(self, parent: _ToParent) -> None:
        super().__init__(logging.WARNING)
        self._parent = parent
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it for the parent."""
        if record.exc_info and record.exc_info[0] is not None and issubclass(record.exc_info[0], MemoryError):
            self._parent.memory_ran_out.set()
        self._parent.line(
            {"logger": record.name, "level": record.levelname.lower(), "event": self.format(record)}
        )


def _send_log_to(parent: _ToParent) -> None:
    def keep(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        parent.line({"level": method, **event})
        raise structlog.DropEvent

    structlog.configure(
        processors=[structlog.processors.format_exc_info, keep],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    logging.basicConfig(handlers=[_Lines(parent)], force=True)


async def _serve(link: socket.socket) -> None:
    """Run the driver from the order to the end of the link."""
    reader, writer = await asyncio.open_unix_connection(sock=link)
    try:
        kind, length = wire.head(await reader.readexactly(wire.HEAD.size))
        order = pickle.loads(await reader.readexactly(length))  # noqa: S301 - from the parent, that we are a part of
    except (asyncio.IncompleteReadError, ConnectionError):
        return  # it changed its mind
    if kind is not Kind.ORDER or not isinstance(order, Order):
        raise TypeError(f"no order: {kind}")
    parent = _ToParent(writer)
    _send_log_to(parent)
    gc.freeze()
    make = getattr(import_module(order.module), order.driver)
    refusals = _FarRefusals(order.name, parent)
    driver: Driver = make(order.name, order.config, _clock, *order.more, refusals=refusals)
    working = asyncio.create_task(_work(driver, parent), name="work")
    beating = asyncio.create_task(_beat(driver, parent), name="heartbeat")
    try:
        with suppress(ConnectionError):
            await reader.read(1)  # the parent says no more; it hangs up
    finally:
        for task in (working, beating):
            task.cancel()
        await asyncio.wait([working, beating])
        await driver.close()
        with suppress(ConnectionError):  # it may be gone already
            parent.alive(driver)
            await parent.end()


async def _work(driver: Driver, parent: _ToParent) -> None:
    """Open the driver, and read until the device is away; then say why."""
    reading = asyncio.create_task(_read(driver, parent), name="read")
    exhausted = asyncio.create_task(parent.memory_ran_out.wait(), name="memory")
    try:
        await asyncio.wait([reading, exhausted], return_when=asyncio.FIRST_COMPLETED)
        down = TOO_MUCH if exhausted.done() else reading.result()
    finally:
        for task in (reading, exhausted):
            task.cancel()
        await asyncio.wait([reading, exhausted])
    parent.say(Kind.DOWN, wire.pack_words({"reason": down.reason, "hint": down.hint}))


async def _read(driver: Driver, parent: _ToParent) -> DeviceDown:
    """Read until the device is away, and give why."""
    try:
        await driver.open()
        parent.say(Kind.OPEN)
        async with aclosing(driver.frames()) as frames:
            async for frame in frames:
                await parent.read(wire.pack_frame(frame))
    except MemoryError:
        return TOO_MUCH
    except DeviceDown as down:
        return TOO_MUCH if _memory_ran_out(down) else down
    except Exception as error:  # noqa: BLE001 - a driver that a server has led astray stops nothing but itself
        structlog.get_logger().error("the reader of a device failed", device=driver.name, exc_info=True)
        return DeviceDown(f"its reader failed: {error!r}", "please report this; the log has more")
    return DeviceDown("its reader ended without saying why", "please report this")


async def _beat(driver: Driver, parent: _ToParent) -> None:
    """Say again and again that the loop turns."""
    while True:
        parent.alive(driver)
        await asyncio.sleep(BEAT_S)


def _memory_ran_out(error: BaseException | None) -> bool:
    """Tell whether that was the first cause."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False
