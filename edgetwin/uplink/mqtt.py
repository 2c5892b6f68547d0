"""One connection to one broker, from CONNECT to its end: paho as the codec, our event loop as its engine.

paho is used from the loop's thread only, for the life of one connection, and decides nothing: it never reconnects,
never queues and never resends. What it would do on its own is switched off here, with the reason beside it.

A callback that fails is a bug of ours and ends the process through the task that waits for the session. What paho
itself cannot make sense of came from the broker and ends the connection only.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from paho.mqtt.client import Client, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edgetwin.uplink.broker import Broker, BrokerDown, lost, refusal, unacknowledged, unwelcoming
from edgetwin.uplink.outbox import Message

log = structlog.get_logger()

WINDOW = 100  # messages on their way without an acknowledgement; a broker may ask for fewer
_TICK_S = 1.0  # how often keep-alive is looked after
_CONNACK_S = 10.0
_SILENT = 0x8D  # paho's reason code when nobody answers its pings


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How this gateway introduces itself to any broker."""

    client_id: str
    user: str | None = None
    password: str | None = None
    mqtt5: bool = True
    keepalive_s: int = 15

    def __repr__(self) -> str:
        return f"Login(client_id={self.client_id!r}, user={self.user!r})"


class _Paho(Client):
    """paho on a socket that is open already: its own way of opening one blocks, and leaks it when TLS fails."""

    def __init__(self, way: socket.socket, login: Login) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=login.client_id,
            protocol=MQTTProtocolVersion.MQTTv5 if login.mqtt5 else MQTTProtocolVersion.MQTTv311,
            clean_session=None if login.mqtt5 else True,
            reconnect_on_failure=False,  # or it would answer a refusal by connecting again, blocking the loop
        )
        self._way = way

    def _create_socket(self) -> socket.socket:
        return self._way


class Session:
    """A connection that the broker has accepted. `ended` is done when it is over, and raises why."""

    def __init__(self, way: socket.socket, login: Login, broker: Broker, on_room: Callable[[], None]) -> None:
        self.broker = broker
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.window = WINDOW
        self.published = 0
        self.acknowledged = 0
        self.rejected = 0
        self.may_retain = True
        self.largest = 0  # bytes of a packet; 0: the broker set no limit
        self.asked = False  # for what the broker keeps
        self.answered = False
        self._on_room = self._guard(on_room)
        self._on_kept: Callable[[str], None] = lambda _topic: None
        self._on_their_way: dict[int, Message] = {}
        self._accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._refused: BrokerDown | None = None
        self._complaints: set[int] = set()
        self._way = way
        self._watched = False
        self._tick: asyncio.TimerHandle | None = None
        self._paho = self._wire(login)

    def _wire(self, login: Login) -> Client:
        paho = _Paho(self._way, login)
        paho.max_inflight_messages = 0  # the window is ours
        if login.user is not None:
            paho.username_pw_set(login.user, login.password)
        # Set before connecting: with it paho leaves all writing to the loop.
        paho.on_socket_register_write = self._guard(self._want_write)
        paho.on_socket_unregister_write = self._guard(self._no_write)
        paho.on_socket_close = self._guard(self._unwatch)
        paho.on_connect = self._guard(self._on_connack)
        paho.on_disconnect = self._guard(self._on_disconnect)
        paho.on_publish = self._guard(self._on_puback)
        paho.on_subscribe = self._guard(self._on_suback)
        paho.on_message = self._guard(self._on_message)
        return paho

    @classmethod
    async def open(
        cls, way: socket.socket, login: Login, broker: Broker, will: Message, on_room: Callable[[], None]
    ) -> "Session":
        """Introduce ourselves over an open socket; raise BrokerDown when the broker does not want us."""
        session = cls(way, login, broker, on_room)
        try:
            session._connect(login, will)
            async with asyncio.timeout(_CONNACK_S):
                await session._accepted
        except TimeoutError:
            session.drop()
            raise unwelcoming() from None
        except BaseException:
            session.drop()
            raise
        return session

    def _connect(self, login: Login, will: Message) -> None:
        self._paho.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        self._loop.add_reader(self._way, self._readable)
        self._watched = True
        if login.mqtt5:
            self._paho.connect(self.broker.host, self.broker.port, login.keepalive_s, clean_start=True)
        else:
            self._paho.connect(self.broker.host, self.broker.port, login.keepalive_s)
        self._tick = self._loop.call_later(_TICK_S, self._look_after)

    # What others use

    @property
    def room(self) -> int:
        """How many messages may be sent now without waiting for an acknowledgement."""
        return 0 if self.ended.done() else self.window - len(self._on_their_way)

    @property
    def quiet(self) -> bool:
        """Whether all that was sent is acknowledged."""
        return not self._on_their_way

    @property
    def on_their_way(self) -> list[Message]:
        """What was sent and not acknowledged, oldest first."""
        return list(self._on_their_way.values())

    def publish(self, message: Message) -> None:
        """Send one message; its acknowledgement makes room for another."""
        sent = self._paho.publish(
            message.topic, message.payload, qos=1, retain=message.retain and self.may_retain
        )
        self._on_their_way[sent.mid] = message
        self.published += 1

    def ask_for_kept(self, topic_filter: str, on_kept: Callable[[str], None]) -> None:
        """Ask which topics the broker keeps a message of; each is told to `on_kept`."""
        self._on_kept = on_kept
        self.asked = True
        if self._paho.protocol == MQTTProtocolVersion.MQTTv5:
            self._paho.subscribe(topic_filter, options=SubscribeOptions(qos=0, noLocal=True))
        else:
            self._paho.subscribe(topic_filter, qos=0)

    async def close(self) -> None:
        """Say goodbye: the broker then keeps the last will to itself."""
        self._run(self._paho.disconnect)
        await asyncio.wait([self.ended], timeout=1.0)
        self.drop()

    def drop(self) -> None:
        """Let go of the socket without a word: the broker will tell the last will."""
        self._end(None)

    # What the loop calls

    def _readable(self) -> None:
        self._run(self._paho.loop_read)
        # TLS may hold what was read with the last record; the socket will not become readable for that.
        while not self.ended.done() and isinstance(self._way, ssl.SSLSocket) and self._way.pending():
            self._run(self._paho.loop_read)
        if self.room > 0 and self._accepted.done():
            self._on_room()

    def _writable(self) -> None:
        self._run(self._paho.loop_write)

    def _look_after(self) -> None:
        self._tick = self._loop.call_later(_TICK_S, self._look_after)
        self._run(self._paho.loop_misc)

    def _run(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - paho fails in many ways on bytes it does not understand
            self._end(BrokerDown(f"it sent something that is no MQTT: {error!r}", "check mqtt.version"))
        if self._paho.socket() is None:  # and no callback has told why
            self._end(lost(silent=False, accepted=self._accepted.done()))

    # What paho calls. Its arguments are many, and few of them matter here.

    def _guard(self, callback: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any) -> None:  # noqa: ANN401 - whatever paho gives
            try:
                callback(*arguments)
            except Exception as bug:  # noqa: BLE001 - raised in the task that waits for the session
                self._end(bug)

        return call

    def _want_write(self, *_: object) -> None:
        self._loop.add_writer(self._way, self._writable)

    def _no_write(self, *_: object) -> None:
        self._loop.remove_writer(self._way)

    def _unwatch(self, *_: object) -> None:
        if self._watched:
            self._watched = False
            self._loop.remove_reader(self._way)
            self._loop.remove_writer(self._way)

    def _on_connack(
        self, _paho: Client, _data: object, _flags: object, code: ReasonCode, granted: Properties | None
    ) -> None:
        if code.is_failure:
            self._refused = refusal(code.value, str(code))
            return
        self.window = max(1, min(WINDOW, getattr(granted, "ReceiveMaximum", WINDOW)))
        self.largest = getattr(granted, "MaximumPacketSize", 0)
        self.may_retain = bool(getattr(granted, "RetainAvailable", 1))
        if not self._accepted.done():
            self._accepted.set_result(None)

    def _on_disconnect(
        self, _paho: Client, _data: object, flags: DisconnectFlags, code: ReasonCode, _properties: object
    ) -> None:
        if self._refused is not None:
            self._end(self._refused)
        elif flags.is_disconnect_packet_from_server:
            self._end(refusal(code.value, str(code)))
        elif code.is_failure:
            self._end(lost(silent=code.value == _SILENT, accepted=self._accepted.done()))
        else:
            self._end(None)  # our own goodbye

    def _on_puback(
        self, _paho: Client, _data: object, mid: int, code: ReasonCode, _properties: object
    ) -> None:
        message = self._on_their_way.pop(mid, None)
        if message is None:
            return
        if not code.is_failure:
            self.acknowledged += 1
            return
        self.rejected += 1
        if code.value not in self._complaints:  # once per connection and reason
            self._complaints.add(code.value)
            hint = unacknowledged(code.value)
            log.warning("broker rejects messages", topic=message.topic, reason=str(code), hint=hint)

    def _on_suback(self, *_: object) -> None:
        self.answered = True

    def _on_message(self, _paho: Client, _data: object, message: MQTTMessage) -> None:
        if message.retain and message.payload:
            self._on_kept(message.topic)

    def _end(self, why: Exception | None) -> None:
        """End once, for the first reason: paho tells of some losses twice."""
        if self.ended.done():
            return
        if why is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(why)
            self.ended.exception()  # whoever waits gets it; nobody waits while the session is being opened
        if not self._accepted.done():
            self._accepted.set_exception(why or BrokerDown("connection closed"))
            self._accepted.exception()
        if self._tick is not None:
            self._tick.cancel()
        self._unwatch()
        self._paho.on_socket_register_write = self._paho.on_socket_unregister_write = None
        self._paho.on_socket_close = None
        self._way.close()
