"""One configuration at work, from the plant to the broker: devices -> inbox -> pipeline -> uplink.

It starts the tasks of the parts and ends them in the order of the data, so that nothing that was read is left behind.
It knows no signals of the operating system and no configuration file: `daemon` decides when a chain starts and ends.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Sequence

import structlog

from edgetwin.build import Parts
from edgetwin.config.tree import Config
from edgetwin.core.alerts.event import AlertEvent, Severity
from edgetwin.core.signals import Clock, Frame
from edgetwin.field.driver import Deliver, Driver
from edgetwin.field.link import LinkState
from edgetwin.field.poller import keep
from edgetwin.inbox import Inbox

log = structlog.get_logger()

STEP_S = 1.0  # a step runs at least so often, also when no frame comes: it predicts and ages
HEARTBEAT_S = 1.0  # how often we look for signals that have been silent for long
HEALTH_S = 10.0
AGAIN_S = 1.0  # a task that has not ended by then is cancelled once more
RECENT_ALERTS = 50

Task = asyncio.Task[None]


class Chain:
    """The parts of one configuration, and their tasks. `stepped` is called after each step that was completed."""

    def __init__(self, parts: Parts, clock: Clock, stepped: Callable[[], None]) -> None:
        self.parts = parts
        self.inbox = Inbox()
        self.links = {driver.name: LinkState(driver.name, driver.address) for driver in parts.drivers}
        self.recent_alerts: deque[AlertEvent] = deque(maxlen=RECENT_ALERTS)
        self.first_step = asyncio.Event()
        self._steps = 0
        self._clock = clock
        self._stepped = stepped
        self._draining = False
        self._devices: list[Task] = []
        self._deciding: list[Task] = []
        self._telling: list[Task] = []

    @property
    def config(self) -> Config:
        """Give the configuration that it was built from."""
        return self.parts.config

    @property
    def summary(self) -> str:
        """Say in one line how it is, for `systemctl status`."""
        up = sum(link.up for link in self.links.values())
        uplink = self.parts.uplink.state
        broker = f"broker {uplink.broker} {'connected' if uplink.connected else 'away'}"
        alerts = len(self.parts.pipeline.active_alerts)
        return "; ".join(
            [
                f"{up} of {len(self.links)} devices up",
                broker if self.parts.uplink.enabled else "nothing is published",
                f"{alerts} alerts" if alerts != 1 else "1 alert",
            ]
        )

    @property
    def counters(self) -> dict[str, int]:
        """Give what was counted since the chain started."""
        return {"steps": self._steps, **self.parts.pipeline.counters, **self.inbox.counters}

    def adopt(self, old: "Chain") -> None:
        """Take over what an older chain has learned, before this one starts. Alerts that stand go on standing."""
        self.parts.pipeline.adopt(old.parts.pipeline)
        self.inbox.adopt(old.inbox)
        self.recent_alerts.extend(old.recent_alerts)

    def start(self, group: asyncio.TaskGroup) -> None:
        """Start all tasks, the last in the chain first."""

        def task(name: str, work: Coroutine[None, None, None]) -> Task:
            return group.create_task(self._without_end(name, work), name=name)

        self.parts.uplink.active(self.parts.pipeline.active_alerts)
        self._telling = [
            task("uplink", self.parts.uplink.run()),
            task("heartbeat", self._heartbeat()),
            task("health", self._health()),
        ]
        self._deciding = [task("pipeline", self._decide())]
        self._devices = [
            task(
                f"device {driver.name}",
                keep(driver, self._placed(driver), self._clock, self.links[driver.name]),
            )
            for driver in self.parts.drivers
        ]

    async def drain(self, deadline_s: float, send_s: float = math.inf) -> None:
        """Empty the chain and end it: devices stop, what they read is decided, what was decided is sent.

        All of it takes at most `deadline_s`, and the sending at most `send_s` of that.
        """
        self._draining = True
        loop = asyncio.get_running_loop()
        deadline = loop.time() + deadline_s
        await _end(self._devices, deadline)
        await _end(self._deciding, deadline)
        if frames := self.inbox.take_now():
            self._step(frames)
        await self.parts.uplink.drain(min(send_s, max(0.0, deadline - loop.time())))
        await _end(self._telling, deadline)

    def _placed(self, driver: Driver) -> Deliver:
        """Give what takes the frames of a device: its signals stand in one row somewhere in the table."""
        first, put = self.parts.table.first_of(driver.name), self.inbox.put
        return lambda frame: put(frame.moved(first))

    async def _decide(self) -> None:
        self._step([])
        self.first_step.set()
        while True:
            self._step(await self.inbox.take(STEP_S))

    def _step(self, frames: Sequence[Frame]) -> None:
        outcome = self.parts.pipeline.step(frames, self._clock().mono)
        self.parts.uplink.tell(outcome)
        for event in outcome.alerts:
            _say(event)
        self.recent_alerts.extend(outcome.alerts)
        self._steps += 1
        self._stepped()

    async def _heartbeat(self) -> None:
        """Tell again what has been silent for long. Which signals these are is the uplink's to know."""
        while self.parts.uplink.enabled:
            await asyncio.sleep(HEARTBEAT_S)
            now = self._clock()
            self.parts.uplink.heartbeat(self.parts.pipeline.snapshot(now.mono), now.mono)
        await asyncio.Event().wait()

    async def _health(self) -> None:
        while True:
            devices = {name: {"up": link.up, **link.counters} for name, link in self.links.items()}
            self.parts.uplink.health({**self.counters, "devices": devices})
            await asyncio.sleep(HEALTH_S)

    async def _without_end(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Run a task. One that ends by itself, or fails, is a bug and takes the gateway with it."""
        try:
            await work
        except Exception as bug:
            bug.add_note(f"in the task {name!r}")
            raise
        if not self._draining:
            raise RuntimeError(f"the task {name!r} ended by itself")


def _say(event: AlertEvent) -> None:
    """Write the beginning and the end of an alert to the log of the machine.

    But for `comm`: the poller has said already that the device is away, and why.
    """
    if event.kind == "comm":
        return
    if not event.active:
        log.info("alert over", alert=event.id, **{event.subject_kind: event.subject})
        return
    tell = log.info if event.severity is Severity.INFO else log.warning
    tell(
        "alert", alert=event.id, **{event.subject_kind: event.subject}, kind=event.kind, message=event.message
    )


async def _end(tasks: Collection[Task], deadline: float) -> None:
    """Cancel tasks and wait until they are done. How they ended is the business of their group.

    A library may lose a cancellation (asyncio.wait_for before Python 3.12 does), so it is asked for again.
    """
    waiting, left = set(tasks), 1.0
    while waiting and left > 0.0:
        for task in waiting:
            task.cancel()
        left = deadline - asyncio.get_running_loop().time()
        _, waiting = await asyncio.wait(waiting, timeout=min(AGAIN_S, max(0.1, left)))
    for task in waiting:
        log.warning("a task takes long to end", task=task.get_name())
