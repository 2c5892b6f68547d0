"""The uplink as the rest of the house sees it: tell it what was decided, and it tells the plant.

It never blocks and never fails for want of a broker: what cannot go out waits in the outbox, and what the outbox
cannot hold is counted. Nothing here decides what is true; that was done in `core`.
"""

import asyncio
from collections.abc import Iterable, Mapping

import structlog

from edgetwin.config.gateway import Gateway, Publish, PublishMode
from edgetwin.config.mqtt import Mqtt
from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.signals import Clock, Outcome, SignalTable
from edgetwin.uplink.broker import Broker
from edgetwin.uplink.dial import tls_context
from edgetwin.uplink.due import Due, Rows
from edgetwin.uplink.link import Greeting, Link, LinkState
from edgetwin.uplink.messages import Envelope, RowWriter
from edgetwin.uplink.outbox import Lane, Message, Outbox
from edgetwin.uplink.subjects import Subjects
from edgetwin.uplink.topics import Topics
from edgetwin.wire.mqtt_paho import Login

log = structlog.get_logger()


class Uplink:
    """What leaves the gateway. Without a configured broker every call is a cheap no-op.

    `assets` maps the path of each asset in the plant to its signals: role -> "device.signal".
    """

    def __init__(  # noqa: PLR0913 - its branches of the configuration and what it tells of, each named
        self,
        *,
        gateway: Gateway,
        mqtt: Mqtt,
        publish: Publish,
        table: SignalTable,
        assets: Mapping[str, Mapping[str, str]],
        clock: Clock,
        epoch: str,
        version: str,
    ) -> None:
        brokers = [Broker.at(endpoint) for endpoint in mqtt.endpoints]
        self._enabled = bool(brokers)
        self.topics = Topics(mqtt.topic.format(site=gateway.site, gateway=gateway.name))
        self._subjects = Subjects(table, assets)
        self._clock = clock
        self._version = version
        self._signal_topics = publish.signal_topics
        self._envelope = Envelope(gateway.site, gateway.name, epoch)
        self._rows = RowWriter(table)
        self._due = Due(
            table,
            share=publish.share,
            heartbeat_s=publish.heartbeat,
            every_tick=publish.mode is PublishMode.EVERY_TICK,
        )
        self._outbox = Outbox(mqtt.queue)
        self._link = Link(
            brokers,
            Login(
                client_id=mqtt.client_id or f"edgetwin-{gateway.site}-{gateway.name}",
                user=mqtt.user,
                password=None if mqtt.password is None else mqtt.password.get_secret_value(),
                mqtt5=mqtt.version == "5",
                keepalive_s=max(1, round(mqtt.keepalive)),
            ),
            tls_context(mqtt) if any(broker.tls for broker in brokers) else None,
            self._outbox,
            clock=clock,
            greet=self._greet,
        )

    @property
    def enabled(self) -> bool:
        """Whether there is anyone to tell."""
        return self._enabled

    @property
    def state(self) -> LinkState:
        """Whether there is a broker, which one, since when, and why not."""
        return self._link.state

    @property
    def counters(self) -> dict[str, int]:
        """What went out, what waits and what was lost since the start."""
        dropped = {f"dropped_{lane.value}": count for lane, count in self._outbox.dropped.items()}
        return {**self._link.counters, **dropped, "superseded": self._due.superseded}

    def tell(self, outcome: Outcome) -> None:
        """Tell what one step decided: alerts first, then the signals that are due."""
        if not self._enabled:
            return
        now = self._clock().wall
        for event in outcome.alerts:
            self._tell_alert(event, now)
        if len(outcome):
            self._tell_rows(outcome, self._due.choose(outcome, int(outcome.mono.max())), now)
        self._link.pump()

    def heartbeat(self, snapshot: Outcome, now_mono_ns: int) -> None:
        """Tell the last state, with its original stamps, of every signal that was not told for a heartbeat."""
        if not self._enabled:
            return
        self._tell_rows(snapshot, self._due.overdue(snapshot, now_mono_ns), self._clock().wall)
        self._link.pump()

    def health(self, counters: Mapping[str, object]) -> None:
        """Tell the counters of the gateway, and our own beside them."""
        if not self._enabled:
            return
        payload = self._envelope.health(self._clock().wall, counters, self.counters)
        self._outbox.put(Message(Lane.HEALTH, self.topics.health, payload))
        self._link.pump()

    def active(self, alerts: Iterable[AlertEvent]) -> None:
        """Set the truth about alerts: these stand, and the broker forgets all others. After a restart or a reload."""
        if not self._enabled:
            return
        now = self._clock().wall
        true = {self.topics.alert(event.id): event for event in alerts if event.active}
        for topic in [topic for topic in self._outbox.standing if topic not in true]:
            self._outbox.forget(topic)
        for topic, event in true.items():
            if topic not in self._outbox.standing:
                self._tell_alert(event, now)
        self._link.pump()

    def adopt(self, old: "Uplink") -> None:
        """Take over what an older uplink could not send, before this one is told anything. Its broker may be away."""
        waiting = old._outbox  # noqa: SLF001 - two of a kind
        if self._enabled:
            self._outbox.adopt(waiting)
        elif waiting:
            reason = "no broker is configured any more"
            log.warning("messages left behind", count=len(waiting), reason=reason)

    async def run(self) -> None:
        """Keep the way to the broker open until cancelled. After `drain` it keeps still, and waits for that."""
        if self._enabled:
            await self._link.run()
        else:
            hint = 'set mqtt.brokers = ["mqtt://HOST:1883"]'
            log.warning("nothing is published: no broker is configured", hint=hint)
        await asyncio.Event().wait()

    async def drain(self, deadline_s: float) -> int:
        """Send what waits, say that the gateway stops, and disconnect; give the number of messages left behind."""
        if not self._enabled:
            return 0
        return await self._link.drain(self._status(online=False, reason="stopped"), deadline_s)

    def _tell_alert(self, event: AlertEvent, now_ns: int) -> None:
        payload = self._envelope.alert(event, now_ns)
        message = Message(Lane.ALERT, self.topics.alert(event.id), payload, retain=event.active)
        if event.active:
            self._outbox.begin(message)
        else:
            self._outbox.end(message)

    def _tell_rows(self, outcome: Outcome, picked: Rows, now_ns: int) -> None:
        if not len(picked):
            return
        rows = self._rows.rows(outcome, picked)
        numbers = outcome.ids[picked].tolist()
        for subject, payload in self._envelope.state(self._subjects, numbers, rows, now_ns):
            self._outbox.put(Message(Lane.STATE, self.topics.state(subject.name), payload))
        if self._signal_topics:
            for row in rows:
                topic = self.topics.signal(row["signal"])
                self._outbox.put(Message(Lane.SIGNAL, topic, self._envelope.signal(row, now_ns), retain=True))

    def _greet(self) -> Greeting:
        return Greeting(
            birth=self._status(online=True),
            will=self._status(online=False, reason="connection lost"),
            alerts=self.topics.any_alert,
        )

    def _status(self, *, online: bool, reason: str = "") -> Message:
        payload = self._envelope.status(self._clock().wall, self._version, online=online, reason=reason)
        return Message(Lane.STATUS, self.topics.status, payload, retain=True)
