"""MQTT in: sensors that publish to a broker, plainly or by Sparkplug B. What came together is one Frame (or more).

The gateway only listens. The one thing it may say, and only where the configuration allows it, is the command of
Sparkplug that asks an edge node to introduce its metrics again.
"""

import asyncio
import secrets
import ssl
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

import numpy as np
import structlog

from edgetwin.config.mqtt_in import MqttDevice, MqttSignal, edge_of
from edgetwin.core import status
from edgetwin.core.errors import ConfigError
from edgetwin.core.signals import Clock, Frame, Ids
from edgetwin.field.driver import DeviceDown
from edgetwin.field.mqtt import rows as mqtt_rows
from edgetwin.field.mqtt.edge_node import EdgeNode, Told, Wanted
from edgetwin.field.mqtt.link import LARGEST_PACKET, Message, MqttLink
from edgetwin.field.mqtt.rows import Row
from edgetwin.field.mqtt.topic import PlainTopic
from edgetwin.field.mqtt.waiting import Waiting
from edgetwin.field.refusals import Refusals, retry_s
from edgetwin.wire.mqtt_dial import TlsFileError, tls_context
from edgetwin.wire.mqtt_paho import Login
from edgetwin.wire.protobuf import Malformed
from edgetwin.wire.sparkplug import NAMESPACE, decode, rebirth

log = structlog.get_logger()


class MqttDriver:
    """One broker, and the sensors that are heard through it."""

    def __init__(self, name: str, config: MqttDevice, clock: Clock) -> None:
        self.name = name
        self.address = config.address
        self.ids: Ids = np.arange(len(config.signals), dtype=np.int32)
        self.missed = 0  # nothing is asked for in cycles, so no cycle is missed
        self._config = config
        self._clock = clock
        try:  # it is made anew at each connect; but what is wrong with its files now is told at the start
            _context(config)
        except TlsFileError as problem:
            raise ConfigError(("device", name, problem.key), str(problem)) from problem
        self._login = Login(
            client_id=config.client_id or f"edgetwin-{name}-{secrets.token_hex(4)}",
            user=config.user,
            password=None if config.password is None else config.password.get_secret_value(),
            mqtt5=config.version == "5",
            keepalive_s=max(1, round(config.keepalive)),
            largest=LARGEST_PACKET,
        )
        self._names = list(config.signals)
        self._with_texts = any(signal.text for signal in config.signals.values())
        self._topics = _plain_topics(list(config.signals.values()))
        self._edges = _edge_nodes(list(config.signals.values()))
        self._waiting = Waiting([signal.every or config.every for signal in config.signals.values()])
        self._refusals = Refusals(name, clock)
        self._link: MqttLink | None = None
        self._denied: dict[str, int] = {}  # topics that the broker does not give us -> its reason code
        self._dropped = 0
        self._asked_ns: dict[str, int] = {}  # when an edge node may be asked for a birth again
        self._waits_s: dict[str, float] = {}

    @property
    def lost(self) -> int:
        """Readings that were dropped in our queue, that were missing on the way, or that were history."""
        return self._dropped + sum(edge.lost for edge in self._edges.values())

    async def open(self) -> None:
        """Connect to the broker and ask for all topics."""
        config = self._config
        try:
            context = await asyncio.to_thread(_context, config)
        except TlsFileError as problem:
            raise DeviceDown(str(problem), f"is the file of `{problem.key}` whole?") from None
        link = await MqttLink.open(config.endpoint, context, self._login, config.timeout_s, self._clock)
        link.on_drop = self._count_dropped
        try:
            self._denied = _denied(await link.subscribe(self._wishes(), config.timeout_s))
        except BaseException:
            link.drop()
            raise
        for edge in self._edges.values():
            edge.forget()
        self._link = link

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Pass on what is published. The first frame says no more than that the broker is there."""
        link = self._link
        if link is None:
            raise RuntimeError(f"{self.name}: frames before open")
        self._waiting.expect(range(len(self._names)), self._clock().mono)
        denied = list(self._frames(self._denials()))
        for frame in denied or (Frame.failed(self._clock(), self.ids[:0], status.BAD_WAITING),):
            yield frame
        self._ask_for_births(link)
        wait_s = retry_s()
        retry_ns = self._clock().mono + round(wait_s * 1e9)
        while True:
            messages = await link.next(self._patience_s(retry_ns))
            for frame in self._frames(row for message in messages for row in self._rows(message)):
                yield frame
            for frame in self._frames(self._unheard()):
                yield frame
            self._ask_for_births(link)
            if self._denied and self._clock().mono >= retry_ns:
                wait_s = retry_s(wait_s)
                retry_ns = self._clock().mono + round(wait_s * 1e9)
                wishes = {topic: qos for topic, qos in self._wishes().items() if topic in self._denied}
                self._denied = _denied(await link.subscribe(wishes, self._config.timeout_s))

    async def close(self) -> None:
        """Let go of the connection."""
        link, self._link = self._link, None
        if link is not None:
            link.drop()  # there is no last will that a goodbye would spare

    def _wishes(self) -> dict[str, int]:
        """List all topics, each with its QoS."""
        wishes: dict[str, int] = {topic.name: topic.qos for topic in self._topics.values()}
        return wishes | {topic: 1 for edge in self._edges.values() for topic in edge.topics}

    def _patience_s(self, retry_ns: int) -> float:
        """Say how long a message may be waited for before something else is due."""
        now = self._clock().mono
        due = [retry_ns] if self._denied else []
        due += [self._asked_ns.get(edge.name, now) for edge in self._orphans()]
        return min([self._waiting.patience_s(now), *(max(0.0, (moment - now) / 1e9) for moment in due)])

    def _denials(self) -> Iterator[Row]:
        """Say of which signals nothing will be heard, because the broker does not allow it."""
        now = self._clock()
        for topic in self._denied:
            hint = f"the broker's access list must let this user subscribe to {topic}"
            for place in self._places(topic):
                yield Row(place, now, status=status.BAD_ACCESS_DENIED, hint=hint)

    def _unheard(self) -> Iterator[Row]:
        """Say of which signals something should have been heard by now."""
        now = self._clock()
        for place in self._waiting.overdue(now.mono):
            yield Row(place, now, status=status.BAD_WAITING)

    def _places(self, topic: str) -> Sequence[int]:
        """Give the signals that a topic speaks of."""
        plain = self._topics.get(topic)
        if plain is not None:
            return plain.places
        edge = self._edges.get(_edge_name(topic))
        return edge.places if edge is not None else ()

    def _rows(self, message: Message) -> Iterator[Row]:
        """Read one message."""
        plain = self._topics.get(message.topic)
        if plain is not None:
            yield from plain.rows(message.payload, message.stamp, retained=message.retained)
            return
        edge = self._edges.get(_edge_name(message.topic))
        # Sparkplug keeps nothing on the broker: what is kept there is of no session that lives.
        if edge is None or message.retained:
            return
        try:
            told = edge.take(message.topic, decode(message.payload), message.stamp)
        except Malformed:
            told = edge.unreadable()
        self._report(edge, told)
        self._waiting.expect(told.awaited, message.stamp.mono)
        yield from told.rows

    def _frames(self, rows: Iterator[Row]) -> Iterator[Frame]:
        return mqtt_rows.frames(map(self._noted, rows), with_texts=self._with_texts)

    def _noted(self, row: Row) -> Row:
        """Note which signals are heard, and in the log which cannot be read, and which can be again."""
        self._waiting.heard(row.place)
        if row.hint:
            self._refusals.refused(self._names[row.place], row.status, row.hint)
        elif row.status < status.BAD:
            self._refusals.answers((self._names[row.place],))
        return row

    def _report(self, edge: EdgeNode, told: Told) -> None:
        if told.hint:
            log.warning("edge node", device=self.name, edge=edge.name, news=told.news, hint=told.hint)
        elif told.news:
            log.info("edge node", device=self.name, edge=edge.name, news=told.news)

    def _ask_for_births(self, link: MqttLink) -> None:
        """Ask edge nodes that must introduce their metrics again, ever more rarely, where that is allowed."""
        now = self._clock()
        orphans = self._orphans()
        self._waits_s = {edge.name: self._waits_s.get(edge.name, 0.0) for edge in orphans}
        for edge in orphans:
            if now.mono >= self._asked_ns.get(edge.name, 0):
                wait_s = self._waits_s[edge.name] = retry_s(self._waits_s[edge.name])
                self._asked_ns[edge.name] = now.mono + round(wait_s * 1e9)
                link.publish(edge.command, rebirth(now.wall // 1_000_000))

    def _orphans(self) -> list[EdgeNode]:
        """List the edge nodes that may be asked to introduce their metrics again."""
        return [edge for edge in self._edges.values() if edge.needs_birth] if self._config.rebirth else []

    def _count_dropped(self, topic: str) -> None:
        self._dropped += len(self._places(topic)) if topic in self._topics else 1


def _context(config: MqttDevice) -> ssl.SSLContext | None:
    """Read the certificates, where there are some: people renew them while the gateway runs."""
    if config.endpoint.scheme != "mqtts":
        return None
    return tls_context(config.ca_file, config.cert_file, config.key_file)


def _denied(codes: Mapping[str, int]) -> dict[str, int]:
    return {topic: code for topic, code in codes.items() if code >= 0x80}


def _plain_topics(signals: Sequence[MqttSignal]) -> dict[str, PlainTopic]:
    """Group the signals of plain topics by their topic."""
    groups: dict[str, dict[int, MqttSignal]] = {}
    for place, signal in enumerate(signals):
        if signal.topic is not None:
            groups.setdefault(signal.topic, {})[place] = signal
    return {topic: PlainTopic(topic, group) for topic, group in groups.items()}


def _edge_nodes(signals: Sequence[MqttSignal]) -> dict[str, EdgeNode]:
    """Group the Sparkplug metrics by their edge node."""
    groups: dict[tuple[str, str], list[Wanted]] = {}
    for place, signal in enumerate(signals):
        if signal.metric is not None and signal.edge is not None:
            edge = edge_of(signal.edge)
            wanted = Wanted(place, edge.device, signal.metric, signal.text)
            groups.setdefault((edge.group, edge.node), []).append(wanted)
    return {f"{group}/{node}": EdgeNode(group, node, wanted) for (group, node), wanted in groups.items()}


def _edge_name(topic: str) -> str:
    """Give the name of the edge node that a topic of Sparkplug belongs to; nothing for another topic."""
    match topic.split("/"):
        case [sparkplug, group, _, node, *_] if sparkplug == NAMESPACE:
            return f"{group}/{node}"
    return ""
