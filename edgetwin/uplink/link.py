"""Keeps one connection to one of the brokers, for as long as the gateway lives. The one owner of reconnecting.

The brokers are tried in the order of the configuration. A connection that works is kept, also when a more preferred
broker comes back. Only transitions are logged: one line when the broker is lost or cannot be used, with what to do,
and one line when it is back. What was on its way when a connection died goes back into the outbox.
"""

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from edgetwin.core.signals import Clock, Stamp
from edgetwin.uplink.broker import Broker, BrokerDown, pause_s, refused_pause_s
from edgetwin.uplink.dial import dial
from edgetwin.uplink.mqtt import Session
from edgetwin.uplink.outbox import Message, Outbox
from edgetwin.wire.mqtt_paho import Login

log = structlog.get_logger()

_STEADY_S = 10.0  # a connection that held so long was a good one: the next pause is short again
_ATTEMPTS = 5  # connections that may die with the same message as the oldest on its way
_HEAD_BYTES = 64  # of an MQTT packet, beside topic and payload


@dataclass(frozen=True, slots=True)
class LinkState:
    """What `watch` shows: whether there is a broker, which one, since when (wall clock), and why not."""

    connected: bool
    broker: str
    since_ns: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What is said at each connect: the birth, the last will, and where the broker keeps our alerts."""

    birth: Message
    will: Message
    alerts: str  # topic filter


class Link:
    """The way to the brokers, up or down."""

    def __init__(  # noqa: PLR0913 - what a connection needs, each named
        self,
        brokers: Sequence[Broker],
        login: Login,
        context: ssl.SSLContext | None,
        outbox: Outbox,
        *,
        clock: Clock,
        greet: Callable[[], Greeting],
    ) -> None:
        self._brokers = tuple(brokers)
        self._login = login
        self._context = context
        self._outbox = outbox
        self._clock = clock
        self._greet = greet
        self._session: Session | None = None
        self._told: set[tuple[Broker, str]] = set()  # what was logged about this outage
        self._losing = False  # the queue is full, and that was said
        self._lost_before = 0
        self._too_large: set[str] = set()  # topics, logged once
        self._may_ask = True
        self._closing = False
        self._attempt = 0
        self._ended = {"published": 0, "acknowledged": 0, "rejected": 0}  # of the sessions that are over
        self._connects = 0
        self._settled = asyncio.Event()  # nothing is left to be sent, or nothing can be sent
        self.state = LinkState(connected=False, broker="", since_ns=clock().wall, reason="not connected yet")

    @property
    def counters(self) -> dict[str, int]:
        """What went out over all connections."""
        live = self._session
        counts = {
            name: count + (getattr(live, name) if live is not None else 0)
            for name, count in self._ended.items()
        }
        on_their_way = len(live.on_their_way) if live is not None else 0
        return {
            **counts,
            "queued": len(self._outbox) + on_their_way,
            "reconnects": max(0, self._connects - 1),
        }

    async def run(self) -> None:
        """Connect, and connect again, until cancelled or drained."""
        while True:
            refused = await self._try_all()
            if self._closing:
                return
            chance = random.random()  # noqa: S311 - spreads the reconnects of a plant, protects no secret
            await asyncio.sleep(refused_pause_s(chance) if refused else pause_s(self._attempt, chance))
            self._attempt += 1

    def pump(self) -> None:
        """Send what waits, as far as the broker's window allows."""
        self._say_loss()
        session = self._session
        if session is None:
            return
        while session.room > 0 and (message := self._outbox.take()) is not None:
            size = len(message.payload) + len(message.topic.encode()) + _HEAD_BYTES
            if session.largest and size > session.largest:
                self._refuse_large(message, size, session.largest)
                continue
            session.publish(message)
        if not self._outbox and session.quiet:
            self._losing = False
            self._settled.set()
        else:
            self._settled.clear()

    async def drain(self, farewell: Message, deadline_s: float) -> int:
        """Send what waits, then say goodbye and stop; give the number of messages that were left.

        Without a connection there is nothing to wait for. Whoever cannot get the farewell through lets go without
        a goodbye, so that the broker tells the last will instead.
        """
        self._closing = True
        session = self._session
        if session is None:
            return len(self._outbox)
        said = False
        try:
            async with asyncio.timeout(deadline_s):
                await self._settled.wait()
                self._outbox.put(farewell)
                self.pump()
                await self._settled.wait()
                said = self._session is session
        except TimeoutError:
            pass
        left = self.counters["queued"]
        if said:
            await session.close()
        else:
            session.drop()
        return left

    def _say_loss(self) -> None:
        """Say once, until all is sent again, that the queue is too short."""
        if self._outbox.lost > self._lost_before and not self._losing:
            self._losing = True
            hint = "they are counted in health; mqtt.queue is the room for them"
            log.warning("queue is full, the oldest messages are dropped", hint=hint)
        self._lost_before = self._outbox.lost

    def _refuse_large(self, message: Message, size: int, largest: int) -> None:
        self._drop(message)
        if message.topic not in self._too_large:
            self._too_large.add(message.topic)
            hint = f"the broker takes {largest}: raise its limit, or claim the signals by smaller assets"
            log.warning("message too large for the broker", topic=message.topic, bytes=size, hint=hint)

    async def _try_all(self) -> bool:
        """Use the first broker that accepts us until it is lost; tell whether all of them refused us."""
        refused = True
        for broker in self._brokers:
            try:
                session = await self._open(broker)
            except BrokerDown as down:
                refused = refused and down.refused
                self._down(broker, down)
                continue
            await self._use(session)
            return False
        return refused

    async def _open(self, broker: Broker) -> Session:
        way = await dial(broker, self._context if broker.tls else None)
        return await Session.open(way, self._login, broker, self._greet().will, self.pump)

    async def _use(self, session: Session) -> None:
        started = self._clock()
        try:
            self._up(session, started)
            await asyncio.shield(session.ended)  # our being cancelled is not its end
            self._stopped(session.broker)
        except BrokerDown as down:
            self._lost(session)
            self._down(session.broker, down)
        finally:
            self._lost(session)
            session.drop()
        if self._clock().mono - started.mono >= _STEADY_S * 1e9:
            self._attempt = 0

    def _up(self, session: Session, now: Stamp) -> None:
        self._told.clear()
        self._connects += 1
        self._session = session
        self.state = LinkState(connected=True, broker=str(session.broker), since_ns=now.wall)
        log.info(
            "broker connected",
            broker=str(session.broker),
            queued=len(self._outbox),
            dropped=self._outbox.lost,
        )
        greeting = self._greet()
        self._outbox.put(greeting.birth)
        self._outbox.tell_standing_again()
        if self._may_ask:
            session.ask_for_kept(greeting.alerts, self._on_kept)
        self.pump()

    def _drop(self, message: Message) -> None:
        self._outbox.drop(message)
        self._lost_before = self._outbox.lost  # it was not for want of room

    def _on_kept(self, topic: str) -> None:
        """Have the broker forget an alert from an earlier life of the gateway, which nobody else would end."""
        if topic not in self._outbox.standing:
            self._outbox.tell_again([topic])

    def _lost(self, session: Session) -> None:
        if self._session is not session:
            return
        self._session = None
        self._settled.set()
        for name in self._ended:
            self._ended[name] += getattr(session, name)
        if session.asked and not session.answered:
            self._may_ask = False  # some brokers end the connection of who asks for what he may not read
        back = session.on_their_way
        if back:
            back[0].attempts += 1
            if back[0].attempts >= _ATTEMPTS:
                log.error("message dropped: connections die with it", topic=back[0].topic, attempts=_ATTEMPTS)
                self._drop(back.pop(0))
        self._outbox.put_back(back)

    def _stopped(self, broker: Broker) -> None:
        now = self._clock().wall
        self.state = LinkState(connected=False, broker=str(broker), since_ns=now, reason="stopped")

    def _down(self, broker: Broker, down: BrokerDown) -> None:
        now = self._clock().wall
        since = now if self.state.connected else self.state.since_ns
        self.state = LinkState(connected=False, broker=str(broker), since_ns=since, reason=down.reason)
        if (broker, down.reason) not in self._told:
            self._told.add((broker, down.reason))
            log.warning("broker down", broker=str(broker), reason=down.reason, hint=down.hint)
