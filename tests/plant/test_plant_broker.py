"""The demo's own broker is a broker: real clients publish and subscribe, and it ends with its block."""

import asyncio
import sys
from collections.abc import Callable

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edgetwin.plant.broker import Broker
from edgetwin.plant.extra import ExtraMissing

DEADLINE_S = 20.0


class Client:
    """A paho client whose events arrive in the loop."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.connected, self.subscribed, self.gone = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.messages: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue()
        self.paho = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        self.paho.on_connect = lambda *_: self._tell(self.connected.set)
        self.paho.on_subscribe = lambda *_: self._tell(self.subscribed.set)
        self.paho.on_disconnect = lambda *_: self._tell(self.gone.set)
        self.paho.on_message = lambda _c, _u, m: self._tell(
            lambda: self.messages.put_nowait((m.topic, bytes(m.payload), m.retain))
        )
        self.paho.connect_async(broker.host, broker.port)

    def _tell(self, what: Callable[[], None]) -> None:
        self.loop.call_soon_threadsafe(what)

    async def open(self) -> None:
        """Connect."""
        self.paho.loop_start()
        await asyncio.wait_for(self.connected.wait(), DEADLINE_S)

    async def subscribe(self, topic: str) -> None:
        """Subscribe, and wait until the broker has agreed."""
        self.paho.subscribe(topic, qos=1)
        await asyncio.wait_for(self.subscribed.wait(), DEADLINE_S)

    async def next(self) -> tuple[str, bytes, bool]:
        """Wait for a message: its topic, its payload and whether it was retained."""
        return await asyncio.wait_for(self.messages.get(), DEADLINE_S)

    async def close(self) -> None:
        """Disconnect and end the thread."""
        self.paho.disconnect()
        await asyncio.to_thread(self.paho.loop_stop)


async def test_a_message_goes_round() -> None:
    async with Broker() as broker:
        client = Client(broker, "one")
        await client.open()
        await client.subscribe("edgetwin/#")
        client.paho.publish("edgetwin/demo/state", b"42", qos=1)
        assert await client.next() == ("edgetwin/demo/state", b"42", False)
        await client.close()


async def test_a_late_subscriber_gets_what_is_retained() -> None:
    async with Broker() as broker:
        early, late = Client(broker, "early"), Client(broker, "late")
        await early.open()
        await early.subscribe("status")
        early.paho.publish("status", b"online", qos=1, retain=True)
        await early.next()
        await late.open()
        await late.subscribe("status")
        assert await late.next() == ("status", b"online", True)
        await early.close()
        await late.close()


async def test_it_ends_with_clients_still_connected() -> None:
    async with asyncio.timeout(DEADLINE_S):
        async with Broker() as broker:
            client = Client(broker, "stays")
            await client.open()
        await client.gone.wait()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(broker.host, broker.port)
    await client.close()


async def test_without_its_package_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amqtt.broker", None)
    with pytest.raises(ExtraMissing, match=r"pip install .*demo.*--broker host:port"):
        async with Broker():
            pass
