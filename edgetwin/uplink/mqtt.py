"""One connection to one broker as the uplink needs it: a window of messages on their way, and what becomes of them."""

import socket
from collections.abc import Callable

import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edgetwin.uplink.broker import Broker, over, unacknowledged
from edgetwin.uplink.outbox import Message
from edgetwin.wire.mqtt_connection import Ended, MqttConnection, Will
from edgetwin.wire.mqtt_paho import Login

log = structlog.get_logger()

WINDOW = 100  # messages on their way without an acknowledgement; a broker may ask for fewer
_CONNACK_S = 10.0


class Session(MqttConnection):
    """A connection that the broker has accepted. `ended` is done when it is over, and raises why."""

    def __init__(self, way: socket.socket, login: Login, broker: Broker, on_room: Callable[[], None]) -> None:
        self.broker = broker
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
        self._complaints: set[int] = set()
        super().__init__(way, login)

    @classmethod
    async def open(
        cls, way: socket.socket, login: Login, broker: Broker, will: Message, on_room: Callable[[], None]
    ) -> "Session":
        """Introduce ourselves over an open socket; raise BrokerDown when the broker does not want us."""
        session = cls(way, login, broker, on_room)
        try:
            await session.introduce(_CONNACK_S, Will(will.topic, will.payload, will.retain))
        except Ended as ended:
            raise over(ended) from None
        return session

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

    def _all_read(self) -> None:
        if self.room > 0 and self._accepted.done():
            self._on_room()

    def _welcomed(self, granted: Properties | None) -> None:
        self.window = max(1, min(WINDOW, getattr(granted, "ReceiveMaximum", WINDOW)))
        self.largest = getattr(granted, "MaximumPacketSize", 0)
        self.may_retain = bool(getattr(granted, "RetainAvailable", 1))

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
        super()._end(over(why) if isinstance(why, Ended) else why)
