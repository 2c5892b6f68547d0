"""One configuration at work, from what was read to the broker: inbox -> pipeline -> uplink.

It starts the tasks of the parts and ends them in the order of the data, so that nothing that was read is left behind.
It knows no signals of the operating system and no configuration file: `daemon` decides when a chain starts and ends.
The devices that fill the inbox stand outside of it, for they may outlive it.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import structlog

from edgetwin.build import Parts
from edgetwin.config.tree import Config
from edgetwin.core.alerts.event import AlertEvent, Severity
from edgetwin.core.signals import Clock, Frame
from edgetwin.field.link import LinkState
from edgetwin.inbox import Inbox
from edgetwin.tasks import Tasks

log = structlog.get_logger()

STEP_S = 1.0  # a step runs at least so often, also when no frame comes: it predicts and ages
HEARTBEAT_S = 1.0  # how often we look for signals that have been silent for long
HEALTH_S = 10.0
RECENT_ALERTS = 50


class Chain:
    """The parts of one configuration, and their tasks. `stepped` is called after each step that was completed."""

    def __init__(self, parts: Parts, clock: Clock, stepped: Callable[[], None]) -> None:
        self.parts = parts
        self.inbox = Inbox()
        self.recent_alerts: deque[AlertEvent] = deque(maxlen=RECENT_ALERTS)
        self.first_step = asyncio.Event()
        self._steps = 0
        self._clock = clock
        self._stepped = stepped
        self._deciding = Tasks()
        self._telling = Tasks()

    @property
    def config(self) -> Config:
        """Give the configuration that it was built from."""
        return self.parts.config

    def summary(self, links: Mapping[str, LinkState]) -> str:
        """Say in one line how it is, for `systemctl status`."""
        up = sum(link.up for link in links.values())
        uplink = self.parts.uplink.state
        broker = f"broker {uplink.broker} {'connected' if uplink.connected else 'away'}"
        alerts = len(self.parts.pipeline.active_alerts)
        return "; ".join(
            [
                f"{up} of {len(links)} devices up",
                broker if self.parts.uplink.enabled else "nothing is published",
                f"{alerts} alerts" if alerts != 1 else "1 alert",
            ]
        )

    @property
    def counters(self) -> dict[str, int]:
        """Give what was counted since the chain started."""
        return {"steps": self._steps, **self.parts.pipeline.counters, **self.inbox.counters}

    def adopt(self, old: "Chain") -> None:
        """Take over what an older chain has learned and could not send, before this one starts.

        Alerts that stand go on standing.
        """
        self.parts.pipeline.adopt(old.parts.pipeline)
        self.inbox.adopt(old.inbox)
        self.parts.uplink.adopt(old.parts.uplink)
        self.recent_alerts.extend(old.recent_alerts)

    def start(self, group: asyncio.TaskGroup, links: Callable[[], Mapping[str, LinkState]]) -> None:
        """Start all tasks, the last in the chain first. `links` tells how the devices are doing."""
        self.parts.uplink.active(self.parts.pipeline.active_alerts)
        self._telling.start(group, "uplink", self.parts.uplink.run())
        self._telling.start(group, "heartbeat", self._heartbeat())
        self._telling.start(group, "health", self._health(links))
        self._deciding.start(group, "pipeline", self._decide())

    async def drain(self, deadline: float, send_s: float = math.inf) -> int:
        """Empty the chain and end it: what was read is decided, what was decided is sent. Give what could not be sent.

        It is done by `deadline`, a time of the loop; the sending takes at most `send_s` of that.
        """
        await self._deciding.end(deadline)
        if frames := self.inbox.take_now():
            self._step(frames)
        left = max(0.0, deadline - asyncio.get_running_loop().time())
        unsent = await self.parts.uplink.drain(min(send_s, left))
        await self._telling.end(deadline)
        return unsent

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

    async def _health(self, links: Callable[[], Mapping[str, LinkState]]) -> None:
        while True:
            devices = {
                name: {"up": link.up, **link.clocks, **link.counters} for name, link in links().items()
            }
            self.parts.uplink.health({**self.counters, "devices": devices})
            await asyncio.sleep(HEALTH_S)


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
