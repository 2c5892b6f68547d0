"""Fences a driver in: it runs in a process of its own, so that its library can stop one device and no other.

Some libraries trust what a server says. asyncua makes as many objects as an answer claims to hold, not as many as it
has bytes for: one answer of 100 bytes stops its event loop for half a minute and takes gigabytes, and no limit of the
transport is in the way. So the driver lives in a child whose memory the kernel limits (`child`), and that is
stopped when its event loop no longer turns. Towards the poller it is a driver like all others. A child lives from
`open` to `close`; what has to outlive a connection (what was refused, what was counted) is kept here.

What it never does: take a child's word for anything that could hurt (`wire` checks it), or leave one behind.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

import numpy as np
import structlog

from edgetwin.core.signals import Clock, Frame, Ids
from edgetwin.field.driver import DeviceDown
from edgetwin.field.fence import wire
from edgetwin.field.fence.child import Order
from edgetwin.field.fence.fork import Forker
from edgetwin.field.fence.link import Child
from edgetwin.field.fence.wire import Kind
from edgetwin.field.refusals import Refusals

log = structlog.get_logger()

SETTLED_S = 30.0  # after which a driver that finds nothing odd of its device is believed
REMEMBERED = 256  # lines that are not said again
CLOSE_S = 0.85  # to take leave of the server; then it is stopped. The contract allows a second


class Fenced(Protocol):
    """What a fence must know of a configuration. The rest is its driver's business."""

    @property
    def address(self) -> str:
        """Where the device is."""
        ...

    @property
    def signals(self) -> Mapping[str, Any]:
        """The signals of the device, by name."""
        ...


class Fence:
    """A driver in a process of its own."""

    def __init__(
        self, module: str, driver: str, name: str, config: Fenced, clock: Clock, *more: object
    ) -> None:
        """Name the class of the driver and the module it is in, so that nobody has to import it here.

        It is made there as `driver(name, config, clock, *more, refusals=...)`.
        """
        self.name = name
        self.address = config.address
        self.ids: Ids = np.arange(len(config.signals), dtype=np.int32)
        self.missed = 0
        self.lost = 0
        self.facts: dict[str, float] = {}
        self._signals = frozenset(config.signals)
        self._forker = Forker.of(module)
        self._order = Order(module, driver, name, config, more)
        self._refusals = Refusals(name, clock)
        self._before = (0, 0)  # missed and lost in the children that are gone
        self._said: dict[str, int] = {}  # lines for the log, and which child said them first
        self._children = 0
        self._child: Child | None = None
        self._opened_s = 0.0

    async def open(self) -> None:
        """Start a child, and wait until its driver is connected."""
        child = Child(self._forker)
        self._children += 1
        self._before = (self.missed, self.lost)
        self._opened_s = asyncio.get_running_loop().time()
        try:
            await child.start(self._order)
            while await self._hear(child) is not Kind.OPEN:
                pass
        except BaseException:
            child.stop()
            raise
        self._child = child

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Pass on what the child reads."""
        child = self._child
        if child is None:
            raise RuntimeError(f"{self.name}: frames before open")
        while True:
            heard = await self._hear(child)
            if isinstance(heard, Frame):
                yield heard

    async def close(self) -> None:
        """Let the child take leave of its server, and end it in any case."""
        child, self._child = self._child, None
        if child is None:
            return
        try:
            with contextlib.suppress(TimeoutError, DeviceDown):
                async with asyncio.timeout(CLOSE_S):
                    child.hang_up()
                    while True:
                        await self._hear(child)
        finally:
            child.stop()
        await asyncio.sleep(0)  # the socket is closed in the next round of the loop

    async def _hear(self, child: Child) -> Kind | Frame:
        """Hear the child's next word, and heed it. DeviceDown when it was its last."""
        try:
            kind, body = await child.hear()
            if kind is Kind.FRAME:
                return wire.frame(body, len(self.ids))
            self._heed(kind, wire.words(body) if body else {})
        except wire.Nonsense as nonsense:
            child.stop()
            raise DeviceDown(f"its reader has lost its mind: {nonsense}", "please report this") from nonsense
        return kind

    def _heed(self, kind: Kind, words: dict[str, Any]) -> None:
        match kind, words:
            case Kind.ALIVE, {"missed": int(missed), "lost": int(lost), "facts": dict(facts)}:
                self.missed, self.lost = self._before[0] + missed, self._before[1] + lost
                self._learn({name: fact for name, fact in facts.items() if isinstance(fact, int | float)})
            case Kind.REFUSED, {"signal": str(signal), "code": int(code), "hint": str(hint)}:
                if signal in self._signals:
                    self._refusals.refused(signal, code, hint)
            case Kind.ANSWERS, {"signals": list(signals)}:
                self._refusals.answers(signal for signal in signals if isinstance(signal, str))
            case Kind.LOG, {"level": str(level), "event": str(event), **more}:
                if self._is_news(words):
                    _log(level, event, more)
            case Kind.DOWN, {"reason": str(reason), "hint": str(hint)}:
                raise DeviceDown(reason, hint)
            case Kind.OPEN, _:
                pass
            case _:
                raise wire.Nonsense(f"{kind.name} with {', '.join(words)}")

    def _learn(self, facts: dict[str, float]) -> None:
        """Take what the driver knows. One that has just begun knows nothing yet, and the one before it may have."""
        if any(facts.values()) or asyncio.get_running_loop().time() - self._opened_s >= SETTLED_S:
            self.facts = facts

    def _is_news(self, line: dict[str, Any]) -> bool:
        """Tell whether no child before this one has said it. A driver that lives on says most things only once."""
        if len(self._said) >= REMEMBERED:
            self._said.pop(next(iter(self._said)))
        return self._said.setdefault(repr(line), self._children) == self._children


def _log(level: str, event: str, more: dict[str, Any]) -> None:
    """Say what the child has to say, as if it were said here."""
    number = logging.getLevelNamesMapping().get(
        "ERROR" if level == "exception" else level.upper(), logging.INFO
    )
    if isinstance(library := more.get("logger"), str):
        logging.getLogger(library).log(number, "%s", event)
        return
    named = {name: value for name, value in more.items() if name.isidentifier()}
    log.log(number, event, **named)
