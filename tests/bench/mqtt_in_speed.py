"""How many messages a second come from a broker into frames on one core, beside paho's own loop on the same stream.

    python tests/bench/mqtt_in_speed.py [--messages 100000]

A thread plays the broker: it accepts, and then sends prepared bytes as fast as they are taken. Two streams: a plain
number under each of 100 topics, and JSON with five signals and a time in each message. The baseline is paho alone
with a callback that counts, which parses and decides nothing. Times are processor time of the reading thread.
"""

import argparse
import asyncio
import platform
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import orjson
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edgetwin.config.mqtt_in import MqttDevice
from edgetwin.daemon import system_clock
from edgetwin.field.mqtt import link as mqtt_link
from edgetwin.field.mqtt.driver import MqttDriver

TOPICS = 100
_CONNACK, _CONNECT, _SUBSCRIBE = bytes([0x20, 2, 0, 0]), 1, 8


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def publish(topic: str, payload: bytes) -> bytes:
    """Write a PUBLISH of QoS 0."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + payload
    length, rest = bytearray(), len(body)
    while rest >= 128:
        length.append(rest & 127 | 128)
        rest >>= 7
    return bytes([0x30, *length, rest]) + body


def plain(messages: int) -> bytes:
    """Write a stream of plain numbers."""
    return b"".join(
        publish(f"line/sensor{n % TOPICS}", b"%.3f" % (20 + n % 977 / 100)) for n in range(messages)
    )


def json(messages: int) -> bytes:
    """Write a stream of JSON messages with five values and a time."""
    return b"".join(
        publish(
            f"line/box{n % TOPICS}",
            orjson.dumps({"ts": 1_780_000_000_000 + n, "v": [n % 7 + k / 10 for k in range(5)]}),
        )
        for n in range(messages)
    )


def broker(stream: bytes) -> int:
    """Serve one connection in a thread; give the port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = server.accept()
        with peer, server:
            while True:
                packet = peer.recv(65_536)
                if packet[0] >> 4 == _CONNECT:
                    peer.sendall(_CONNACK)
                elif packet[0] >> 4 == _SUBSCRIBE:
                    place = 2 if packet[1] < 128 else 3
                    asked = packet.count(b"line/")
                    peer.sendall(bytes([0x90, 2 + asked]) + packet[place : place + 2] + bytes(asked) + stream)
                    peer.recv(1)  # until it hangs up
                    return

    threading.Thread(target=serve, daemon=True).start()
    port: int = server.getsockname()[1]
    return port


def paho_alone(stream: bytes, messages: int) -> float:
    """Give the processor seconds of paho's own loop."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
    heard = 0

    def hear(*_: object) -> None:
        nonlocal heard
        heard += 1

    client.on_message = hear
    client.on_connect = lambda *_: client.subscribe("line/#") and None
    client.connect("127.0.0.1", broker(stream))
    began = time.thread_time()
    while heard < messages:
        client.loop()
    took = time.thread_time() - began
    client.disconnect()
    return took


async def frames(port: int, signals: dict[str, dict[str, Any]], readings: int) -> tuple[float, int, int]:
    """Give the processor seconds until so many readings stood in frames, how many frames, and how many were lost."""
    config = {
        "connect": f"mqtt://127.0.0.1:{port}",
        "version": "3.1.1",
        "timeout": "10 s",
        "signals": signals,
    }
    driver = MqttDriver("bench", MqttDevice.model_validate(config), system_clock)
    began = time.thread_time()
    await driver.open()
    seen = made = 0
    async for frame in driver.frames():
        made += 1
        seen += len(frame)
        if seen + driver.lost >= readings:
            break
    took = time.thread_time() - began
    await driver.close()
    return took, made, driver.lost


def measure(
    name: str, write: Callable[[int], bytes], signals: dict[str, dict[str, Any]], messages: int
) -> None:
    """Measure one stream and print it."""
    stream = write(messages)
    each = len(signals) // TOPICS
    bare_s = paho_alone(stream, messages)
    ours_s, made, lost = asyncio.run(frames(broker(stream), signals, messages * each))
    say(
        f"{name:7} {messages / ours_s:9,.0f} messages/s ({messages * each / ours_s:9,.0f} readings/s), {made} frames, "
        f"{lost} lost; paho alone {messages / bare_s:9,.0f}; ratio {bare_s / ours_s:.2f}"
    )


def main() -> None:
    """Measure both streams."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=50_000, help="in each stream")
    messages = parser.parse_args().messages
    say(f"{platform.machine()}, Python {platform.python_version()}; queue of {mqtt_link.QUEUE} messages")
    measure("plain", plain, {f"s{n}": {"topic": f"line/sensor{n}"} for n in range(TOPICS)}, messages)
    boxes = {
        f"s{n}_{k}": {"topic": f"line/box{n}", "path": f"v[{k}]", "time": "ts", "time_unit": "ms"}
        for n in range(TOPICS)
        for k in range(5)
    }
    measure("json", json, boxes, messages)


if __name__ == "__main__":
    main()
