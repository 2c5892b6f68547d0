"""Sensors that publish to a real broker, again and again, whether it is there or not."""

import threading
import time
from collections.abc import Mapping
from typing import Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from real_broker import DEADLINE_S, Mosquitto


def _client(broker: Mosquitto, name: str) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv311)
    client.connect(broker.host, broker.port)
    return client


class Sensors:
    """Publishes the same messages every few milliseconds, in a thread, until it is told to stop."""

    def __init__(self, broker: Mosquitto, messages: Mapping[str, bytes]) -> None:
        self._broker, self._messages = broker, messages
        self._over, self._heard = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._publish, daemon=True)

    def start(self) -> Self:
        """Begin, and wait until the broker has heard from them."""
        self._thread.start()
        assert self._heard.wait(DEADLINE_S)
        return self

    def stop(self) -> None:
        """End."""
        self._over.set()
        self._thread.join(DEADLINE_S)

    def _publish(self) -> None:
        while not self._over.is_set():
            try:
                client = _client(self._broker, "sensors")
            except OSError:  # the broker is away
                self._over.wait(0.05)
                continue
            while not self._over.is_set() and client.loop(0.01) is MQTTErrorCode.MQTT_ERR_SUCCESS:
                for topic, payload in self._messages.items():
                    client.publish(topic, payload)
                self._heard.set()
                self._over.wait(0.01)
            client.disconnect()


class Publisher:
    """Publishes what it is told, at once: `say` returns when the broker has it."""

    def __init__(self, broker: Mosquitto) -> None:
        self._client = _client(broker, "publisher")

    def say(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        """Publish one message."""
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        deadline = time.monotonic() + DEADLINE_S
        while not sent.is_published():
            assert self._client.loop(0.1) is MQTTErrorCode.MQTT_ERR_SUCCESS
            assert time.monotonic() < deadline, "the broker does not acknowledge"

    def stop(self) -> None:
        """Hang up."""
        self._client.disconnect()
