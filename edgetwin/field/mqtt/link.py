"""One connection to the broker that sensors publish to: asks for topics, and queues what comes, within bounds.

What is dropped is the oldest, and counted. A broker that is lost ends every wait with DeviceDown.
"""

import asyncio
import math
import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edgetwin.config.url import Endpoint
from edgetwin.core.signals import Clock, Stamp
from edgetwin.field.driver import DeviceDown
from edgetwin.field.unreachable import unreachable
from edgetwin.wire.mqtt_connection import Ended, MqttConnection, Why
from edgetwin.wire.mqtt_dial import dial
from edgetwin.wire.mqtt_paho import Login
from edgetwin.wire.mqtt_reasons import about

QUEUE = 10_000  # messages that may wait for us
QUEUE_BYTES = 32_000_000  # and all of them together, with their topics
LARGEST_PACKET = 8_000_000  # bytes; beyond this the broker is not read any further
DIAL_S = 5.0
_TOPICS_PER_CALL = 100  # some brokers refuse more

_HINTS = {
    "credentials": "are `user` and the password right?",
    "version": 'a broker that speaks only MQTT 3.1.1 needs version = "3.1.1"',
    "client": "set another client_id: this one is taken, or the broker does not allow it",
    "later": "the broker is overloaded or stopping; it is asked again later",
    "rights": "the broker's access list must let this user in",
}
_STRANGER = (
    "is this the port of an MQTT broker (usual is {usual})? One for TLS needs mqtts://; "
    'an older broker may need version = "3.1.1"'
)


class Message(NamedTuple):
    """One message as it arrived. `retained`: the broker had kept it, nobody published it just now."""

    topic: str
    payload: bytes
    retained: bool
    stamp: Stamp

    @property
    def size(self) -> int:
        """How much of the queue it takes. A topic may be long too."""
        return len(self.topic) + len(self.payload)


class MqttLink(MqttConnection):
    """A connection. Open it once, read, close it; then make another."""

    def __init__(self, way: socket.socket, login: Login, endpoint: Endpoint, clock: Clock) -> None:
        self.on_drop: Callable[[str], None] = _nobody_counts
        self._endpoint = endpoint
        self._clock = clock
        self._queue: deque[Message] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._answers: dict[int, asyncio.Future[list[int]]] = {}
        super().__init__(way, login)

    @classmethod
    async def open(
        cls, endpoint: Endpoint, context: ssl.SSLContext | None, login: Login, timeout_s: float, clock: Clock
    ) -> "MqttLink":
        """Connect, or raise DeviceDown with what a technician can do."""
        try:
            way = await dial(endpoint.host, endpoint.port, context, max(timeout_s, DIAL_S))
        except OSError as error:
            raise _untrusted(error) or unreachable(endpoint, error) from error
        link = cls(way, login, endpoint, clock)
        try:
            await link.introduce(timeout_s)
        except Ended as ended:
            raise link.down(ended) from None
        return link

    async def subscribe(self, topics: Mapping[str, int], timeout_s: float) -> dict[str, int]:
        """Ask for topics, each with its QoS; give the broker's reason code for each: below 0x80 it is granted."""
        listed, codes = list(topics.items()), list[int]()
        for first in range(0, len(listed), _TOPICS_PER_CALL):
            some = listed[first : first + _TOPICS_PER_CALL]
            asked = [(topic, SubscribeOptions(qos=qos)) for topic, qos in some] if self._login.mqtt5 else some
            _, mid = self._paho.subscribe(asked)
            answer = self._answers[mid or 0] = self._loop.create_future()
            done, _ = await asyncio.wait(
                {answer, self.ended}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            if self.ended in done:
                raise self._over()
            if not done or len(answer.result()) != len(some):
                raise DeviceDown("the broker does not answer to a subscription", "is it overloaded?")
            codes += answer.result()
        return dict(zip(topics, codes, strict=True))

    async def next(self, patience_s: float) -> Sequence[Message]:
        """Give the messages that have come, oldest first; wait for one, so long at most."""
        if not self._queue and not self.ended.done():
            self._arrived.clear()
            try:
                async with asyncio.timeout(None if math.isinf(patience_s) else patience_s):
                    await self._arrived.wait()
            except TimeoutError:
                return ()
        if not self._queue:
            raise self._over()
        messages = tuple(self._queue)
        self._queue.clear()
        self._bytes = 0
        return messages

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a command. Nobody waits for its acknowledgement: what comes of it is heard, or not."""
        self._paho.publish(topic, payload, qos=0)

    def down(self, ended: Ended) -> DeviceDown:
        """Say in a technician's words why the connection is over."""
        stranger = _STRANGER.format(usual=self._endpoint.usual_port)
        match ended.why:
            case Why.REFUSED:
                return DeviceDown(f"the broker says: {ended.name.lower()}", _HINTS.get(about(ended.code), ""))
            case Why.NO_ANSWER:
                return DeviceDown("it takes the connection but gives no MQTT answer", stranger)
            case Why.STRANGE:
                return DeviceDown(f"it sent something that is no MQTT: {ended.name}", stranger)
            case Why.LARGE:
                return DeviceDown(f"the broker sends a message of {ended.name}", "is `topic` right?")
            case Why.SILENT:
                return DeviceDown(
                    "no sign of life, keep-alive ran out", "is the network up, does the broker run?"
                )
            case Why.LOST:
                hint = "did the broker restart, does another client use the same client_id?"
                return DeviceDown("the connection was lost", hint if ended.accepted else stranger)

    def _over(self) -> BaseException:
        """Give what the end of the connection means to who reads it: the device is down, or a bug of ours."""
        why = self.ended.exception() or Ended(Why.LOST)
        return self.down(why) if isinstance(why, Ended) else why

    def _on_message(self, _paho: Client, _data: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError as error:
            self._end(Ended(Why.STRANGE, name=repr(error)))
            return
        arrived = Message(topic, bytes(message.payload), message.retain, self._clock())
        self._queue.append(arrived)
        self._bytes += arrived.size
        while len(self._queue) > QUEUE or self._bytes > QUEUE_BYTES:
            dropped = self._queue.popleft()
            self._bytes -= dropped.size
            self.on_drop(dropped.topic)
        self._arrived.set()

    def _on_suback(
        self, _paho: Client, _data: object, mid: int, codes: Sequence[ReasonCode], _properties: object
    ) -> None:
        answer = self._answers.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result([code.value for code in codes])

    def _end(self, why: Exception | None) -> None:
        super()._end(why)
        self._arrived.set()


def _nobody_counts(topic: str) -> None:
    """Take no note of a message under this topic that is dropped."""


def _untrusted(error: OSError) -> DeviceDown | None:
    """Say what is wrong with the encryption, if it is that."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeviceDown(
            f"the broker's certificate is not trusted: {error.verify_message}",
            "set ca_file to the CA that signed it, or `connect` to the name in it",
        )
    if isinstance(error, ssl.SSLError):
        why = str(error.reason or error).lower().replace("_", " ")
        return DeviceDown(f"TLS handshake failed: {why}", "is this a TLS port? mqtt:// is for plain ones")
    return None
