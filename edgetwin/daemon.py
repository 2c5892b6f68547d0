"""The running gateway: one group of named tasks, its start, its reload and its end, and what systemd hears of it.

Errors have three fates. What the configuration gets wrong is refused before anything starts. What the plant or the
network gets wrong is waited for by the part that talks to it. All else is a bug: it ends the gateway with a
traceback in the log, and systemd starts it again. The watchdog is fed after a completed step of the pipeline and by
nothing else: neither a dead PLC nor a dead broker restarts the gateway, and a wedged one does not live on.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from edgetwin import __version__, build
from edgetwin.chain import Chain
from edgetwin.config.problems import ConfigProblems
from edgetwin.config.tree import Config
from edgetwin.control import ControlServer, View
from edgetwin.control_socket import socket_path
from edgetwin.core.signals import Clock, Stamp
from edgetwin.devices import Devices
from edgetwin.field.link import LinkState
from edgetwin.notify import Notify
from edgetwin.view import view

log = structlog.get_logger()

DRAIN_S = 5.0  # the end of the gateway may take so long
SEND_S = 1.0  # a reload waits so long for a broker that takes nothing: meanwhile no device is read
SYSTEMD_NS = 500_000_000  # it hears of us at most so often: a step may come every few milliseconds


def system_clock() -> Stamp:
    """Read both clocks. The one place of the running gateway that does."""
    return Stamp(time.time_ns(), time.monotonic_ns())


class Gateway:
    """One gateway. `run` it in a loop; `stop` and `reload` may be called in that loop at any time.

    Making one reads its configuration file, and raises ConfigProblems when that is wrong. `accepted` is told of each
    configuration that is put to work, the first and those of reloads. `ready` is set once the gateway works.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock = system_clock,
        notify: Notify | None = None,
        drain_s: float = DRAIN_S,
        accepted: Callable[[Config], object] = lambda _: None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._notify = notify or Notify()
        self._drain_s = drain_s
        self._accepted = accepted
        self._started = clock()
        self._chain = self._new_chain(None)
        self._devices = Devices(self._chain.parts.table, self._chain.inbox, clock)
        self._accepted(self._chain.config)
        self._control = ControlServer(socket_path(self._chain.config.gateway.control), self.view)
        self._order = asyncio.Event()
        self._stop_reason: str | None = None
        self._refused = False
        self._status = ""
        self._next_word_ns = 0
        self.ready = asyncio.Event()

    @property
    def chain(self) -> Chain:
        """The configuration that is at work now."""
        return self._chain

    def stop(self, reason: str) -> None:
        """Ask for an orderly end."""
        self._stop_reason = reason
        self._order.set()

    def reload(self) -> None:
        """Ask for the configuration to be read again."""
        self._order.set()

    def view(self) -> View:
        """Give all that the gateway knows at this moment."""
        return view(self._chain, self._devices.links, self._started, self._clock(), self._control.counters)

    async def run(self) -> None:
        """Work until told to stop. Raises AlreadyRunning or NoSocket where the control socket cannot be had."""
        with self._control:
            async with asyncio.TaskGroup() as group:
                control = group.create_task(self._control.run(), name="control")
                self._chain.start(group, self._links)
                self._devices.start(group, self._chain.parts.drivers)
                await self._chain.first_step.wait()
                log.info(
                    "gateway ready",
                    version=__version__,
                    devices=len(self._devices.links),
                    control=str(self._control.path),
                )
                self._notify.ready()
                self.ready.set()
                await self._obey(group)
                log.info("gateway stops", reason=self._stop_reason)
                self._notify.stopping()
                deadline = self._deadline()
                await self._devices.end(deadline)
                if unsent := await self._chain.drain(deadline):
                    reason = self._chain.parts.uplink.state.reason or "out of time"
                    log.warning("messages left behind", count=unsent, reason=reason)
                control.cancel()
        log.info("gateway stopped")

    async def _obey(self, group: asyncio.TaskGroup) -> None:
        """Reload as often as asked, until asked to stop."""
        while True:
            await self._order.wait()
            self._order.clear()
            if self._stop_reason is not None:
                return
            self._notify.reloading()
            await self._swap(group)
            self._notify.ready()
            gc.collect()  # the old parts refer to each other in rings, and may be large

    async def _swap(self, group: asyncio.TaskGroup) -> None:
        """Put the configuration as it is in the file now to work, or say why not and leave all as it is.

        Devices whose part of it is as before go on reading meanwhile; what they read waits for the new pipeline.
        """
        old = self._chain
        try:
            new = await asyncio.to_thread(self._new_chain, old.config)
        except ConfigProblems as refused:
            for problem in refused.problems:
                log.error("configuration refused", problem=str(problem))  # noqa: TRY400 - no bug, so no traceback
            log.warning("the gateway goes on with the old configuration", file=str(self._path))
            self._refused = True
            return
        self._refused = False
        started = [driver.name for driver in new.parts.drivers]
        staying = new.config.device.keys() - started
        deadline = self._deadline()
        leaving = [name for name in self._links() if name not in staying]
        await self._devices.retire(leaving, deadline)
        self._devices.deliver_to(new.parts.table, new.inbox)
        await old.drain(deadline, SEND_S)
        new.adopt(old)
        self._chain = new
        self._accepted(new.config)
        new.start(group, self._links)
        self._devices.start(group, new.parts.drivers)
        log.info(
            "configuration reloaded",
            file=str(self._path),
            devices=len(self._links()),
            started=started,
            gone=[name for name in leaving if name not in started],
        )
        then = socket_path(new.config.gateway.control)
        if then != self._control.path:
            log.warning(
                "the control socket moves at the next start", now=str(self._control.path), then=str(then)
            )

    def _new_chain(self, running: Config | None) -> Chain:
        return Chain(build.from_file(self._path, self._clock, running), self._clock, self._stepped)

    def _links(self) -> Mapping[str, LinkState]:
        return self._devices.links

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._drain_s

    def _stepped(self) -> None:
        """Feed the watchdog. Called by the chain after each completed step, and from nowhere else."""
        now_ns = self._clock().mono
        if now_ns < self._next_word_ns:
            return
        self._next_word_ns = now_ns + SYSTEMD_NS
        self._notify.watchdog()
        status = self._chain.summary(self._links()) + (
            "; the last reload was refused, see the log" if self._refused else ""
        )
        if status != self._status:
            self._status = status
            self._notify.status(status)
