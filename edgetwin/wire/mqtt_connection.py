"""One connection to one broker, from CONNECT to its end: paho as the codec, our event loop as its engine.

paho is used from the loop's thread only, for the life of one connection, and decides nothing: it never reconnects,
never queues and never resends. What it would do on its own is switched off here, with the reason beside it.

A callback that fails is a bug of ours and ends the process through the task that waits for the connection. What paho
itself cannot make sense of came from the broker and ends the connection only. Why a connection ended is an Ended; in
which words a technician hears of it is for the room that connects.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from paho.mqtt.client import Client, DisconnectFlags, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edgetwin.wire.mqtt_paho import Login, Paho

_TICK_S = 1.0  # how often keep-alive is looked after
_SILENT = 0x8D  # paho's reason code when nobody answers its pings


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker shall tell when we vanish."""

    topic: str
    payload: bytes
    retain: bool


class Why(Enum):
    """How a connection came to its end."""

    REFUSED = "refused"  # the broker said no, or goodbye, with a reason code
    LOST = "lost"  # it ended without a word
    SILENT = "silent"  # nobody answers our pings
    STRANGE = "strange"  # what came is no MQTT
    LARGE = "large"  # a packet larger than we take
    NO_ANSWER = "no answer"  # nobody answered our introduction


class Ended(Exception):  # noqa: N818 - a state of the network, not a programming error
    """A connection is over. `code`, `name`: the reason that the broker gave, if any; `accepted`: it had let us in."""

    def __init__(self, why: Why, *, code: int = 0, name: str = "", accepted: bool = True) -> None:
        super().__init__(name or why.value)
        self.why = why
        self.code = code
        self.name = name
        self.accepted = accepted


class MqttConnection:
    """A connection. `ended` is done when it is over, and raises why: an Ended, or a bug of ours.

    Who uses one overrides the hooks it needs: `_welcomed`, `_on_puback`, `_on_suback`, `_on_message`, `_all_read`.
    """

    def __init__(self, way: socket.socket, login: Login) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._login = login
        self._refused: Ended | None = None
        self._way = way
        self._watched = False
        self._tick: asyncio.TimerHandle | None = None
        self._paho = self._wire(login)

    def _wire(self, login: Login) -> Paho:
        paho = Paho(self._way, login)
        paho.max_inflight_messages = 0  # how many may be on their way is for who uses this to say
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

    async def introduce(self, deadline_s: float, will: Will | None = None) -> None:
        """Send CONNECT and wait for the broker's yes; raise Ended when it does not want us. Leaves nothing behind."""
        try:
            self._connect(will)
            async with asyncio.timeout(deadline_s):
                await self._accepted
        except TimeoutError:
            self.drop()
            raise Ended(Why.NO_ANSWER, accepted=False) from None
        except BaseException:
            self.drop()
            raise

    def _connect(self, will: Will | None) -> None:
        login = self._login
        if will is not None:
            self._paho.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        self._loop.add_reader(self._way, self._readable)
        self._watched = True
        nowhere = "dialled already"  # paho wants a host, for its log
        if login.mqtt5:
            limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            if login.largest:
                limits.MaximumPacketSize = login.largest
            self._paho.connect(nowhere, keepalive=login.keepalive_s, clean_start=True, properties=limits)
        else:
            self._paho.connect(nowhere, keepalive=login.keepalive_s)
        self._tick = self._loop.call_later(_TICK_S, self._look_after)

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
        # TLS may hold what was read with the last record; the socket will not become readable for that.
        more = True
        while more and not self.ended.done():
            self._paho.read_ahead()
            self._run(self._paho.loop_read)
            while self._paho.ahead and not self.ended.done():
                self._run(self._paho.loop_read)
            more = isinstance(self._way, ssl.SSLSocket) and not self.ended.done() and self._way.pending() > 0
        if self._login.largest and self._paho.arriving > self._login.largest:
            self._end(Ended(Why.LARGE, name=f"{self._paho.arriving} bytes"))
        self._all_read()

    def _writable(self) -> None:
        self._run(self._paho.loop_write)

    def _look_after(self) -> None:
        self._tick = self._loop.call_later(_TICK_S, self._look_after)
        self._run(self._paho.loop_misc)

    def _run(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - paho fails in many ways on bytes it does not understand
            self._end(Ended(Why.STRANGE, name=repr(error), accepted=self._accepted.done()))
        if self._paho.socket() is None:  # and no callback has told why
            self._end(Ended(Why.LOST, accepted=self._accepted.done()))

    # What paho calls. Its arguments are many, and few of them matter here.

    def _guard(self, callback: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any) -> None:  # noqa: ANN401 - whatever paho gives
            try:
                callback(*arguments)
            except Exception as bug:  # noqa: BLE001 - raised in the task that waits for the connection
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
            self._refused = Ended(Why.REFUSED, code=code.value, name=str(code), accepted=False)
            return
        self._welcomed(granted)
        if not self._accepted.done():
            self._accepted.set_result(None)

    def _on_disconnect(
        self, _paho: Client, _data: object, flags: DisconnectFlags, code: ReasonCode, _properties: object
    ) -> None:
        if self._refused is not None:
            self._end(self._refused)
        elif flags.is_disconnect_packet_from_server:
            self._end(Ended(Why.REFUSED, code=code.value, name=str(code)))
        elif code.is_failure:
            why = Why.SILENT if code.value == _SILENT else Why.LOST
            self._end(Ended(why, accepted=self._accepted.done()))
        else:
            self._end(None)  # our own goodbye

    # Hooks

    def _welcomed(self, granted: Properties | None) -> None:
        """Take what the broker grants."""

    def _on_puback(
        self, _paho: Client, _data: object, mid: int, code: ReasonCode, _properties: object
    ) -> None:
        """Take the acknowledgement of a message."""

    def _on_suback(
        self, _paho: Client, _data: object, mid: int, codes: Sequence[ReasonCode], _properties: object
    ) -> None:
        """Take the answer to a subscription: one code for each topic."""

    def _on_message(self, _paho: Client, _data: object, message: MQTTMessage) -> None:
        """Take a message."""

    def _all_read(self) -> None:
        """Go on after what had arrived was read."""

    def _end(self, why: Exception | None) -> None:
        """End once, for the first reason: paho tells of some losses twice."""
        if self.ended.done():
            return
        if why is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(why)
            self.ended.exception()  # whoever waits gets it; nobody waits while the connection is being opened
        if not self._accepted.done():
            self._accepted.set_exception(why or Ended(Why.LOST, accepted=False))
            self._accepted.exception()
        if self._tick is not None:
            self._tick.cancel()
        self._unwatch()
        self._paho.on_socket_register_write = self._paho.on_socket_unregister_write = None
        self._paho.on_socket_close = None
        self._way.close()
