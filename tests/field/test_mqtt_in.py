"""Sensors over MQTT, through a real broker: what arrives, what does not, and what the log says of it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fake_broker import CONNECT, PUBLISH, SUBSCRIBE, WELCOME_5, WELCOME_311, Packet, fake_broker
from field_listening import DEADLINE_S, device, listening
from field_mqtt import Publisher
from field_watch import until
from logbook import Logbook
from real_broker import Mosquitto

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED
from edgetwin.field.driver import DeviceDown
from edgetwin.field.mqtt import link as mqtt_link
from edgetwin.field.mqtt import waiting as mqtt_waiting
from edgetwin.field.mqtt.driver import MqttDriver


async def read_on(driver: MqttDriver) -> None:
    """Open a device and read it until it is down."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            await driver.open()
            async for _ in driver.frames():
                pass
    finally:
        await driver.close()


@pytest.fixture
def publisher(broker: Mosquitto) -> Iterator[Publisher]:
    publisher = Publisher(broker)
    yield publisher
    publisher.stop()


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_what_is_published_arrives(broker: Mosquitto, publisher: Publisher, version: str) -> None:
    signals: dict[str, dict[str, Any]] = {
        "temp": {"topic": "p/temp"},
        "load": {"topic": "p/json", "path": "a[0].v", "time": "ts", "time_unit": "ms"},
        "mode": {"topic": "p/mode", "text": True},
    }
    async with listening(broker.url, signals, version=version) as seen:
        publisher.say("p/temp", "21.5")
        publisher.say("p/json", '{"a": [{"v": 3}], "ts": 1780000000000}')
        publisher.say("p/mode", "clean")
        temp = await seen.good("temp", 21.5)
        assert temp.t_source[list(temp.ids).index(0)] == UNSTAMPED
        load = await seen.good("load", 3.0)
        assert load.t_source[list(load.ids).index(1)] == 1_780_000_000_000_000_000
        mode = await seen.until("mode", lambda _, code: code == status.GOOD)
        assert mode.texts[list(mode.ids).index(2)] == "clean"


async def test_a_broker_that_is_there_is_up_though_nobody_publishes(broker: Mosquitto) -> None:
    async with listening(broker.url, {"temp": {"topic": "t"}}) as seen:
        first = await seen.next()
        assert len(first) == 0


async def test_a_signal_of_which_nothing_is_heard_is_told_after_a_while(
    broker: Mosquitto, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_waiting, "_UNKNOWN_S", 0.1)
    async with listening(
        broker.url, {"temp": {"topic": "t"}, "slow": {"topic": "s", "every": "1 h"}}
    ) as seen:
        told = await seen.code("temp", status.BAD_WAITING)
        assert told.ids.tolist() == [0]  # the other may take its time
        publisher.say("t", "1")
        await seen.good("temp", 1.0)


async def test_what_the_broker_kept_is_uncertain_until_the_next_message(
    broker: Mosquitto, publisher: Publisher
) -> None:
    publisher.say("t", "5", retain=True)
    async with listening(broker.url, {"temp": {"topic": "t"}}) as seen:
        kept = await seen.code("temp", status.UNCERTAIN_LAST_USABLE)
        assert kept.values[0] == 5.0
        publisher.say("t", "6", retain=True)
        await seen.good("temp", 6.0)  # published now, whatever the broker does with it


async def test_a_payload_that_cannot_be_used_is_one_line_and_touches_no_neighbour(
    broker: Mosquitto, publisher: Publisher, logbook: Logbook
) -> None:
    async with listening(broker.url, {"temp": {"topic": "t"}, "other": {"topic": "o"}}) as seen:
        for _ in range(3):
            publisher.say("t", "warm")
        await seen.code("temp", status.BAD_TYPE_MISMATCH)
        publisher.say("o", "1")
        await seen.good("other", 1.0)
        publisher.say("t", "20")
        await seen.good("temp", 20.0)
    (refused,) = logbook.named("signal refused")
    assert (refused["signal"], refused["reason"]) == ("retrofit.temp", "BadTypeMismatch")
    assert len(logbook.named("signal answers")) == 1


async def test_a_burst_beyond_the_queue_is_dropped_from_its_oldest_end_and_counted(
    broker: Mosquitto, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_link, "QUEUE", 10)
    async with listening(
        broker.url, {"a": {"topic": "t", "path": "v"}, "b": {"topic": "t", "path": "v"}}
    ) as seen:
        for number in range(50):
            publisher.say("t", f'{{"v": {number}}}')
        await until(lambda: seen.driver.lost == 80)  # 40 messages of two signals each
        await seen.good("a", 49.0)
        assert [frame.values[0] for frame in seen.frames[1:]] == list(range(40, 50))
    assert seen.driver.lost == 80  # over all connections


async def test_a_queue_is_bounded_in_bytes_too(
    broker: Mosquitto, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_link, "QUEUE_BYTES", 1000)
    async with listening(broker.url, {"a": {"topic": "t"}}) as seen:
        for _ in range(5):
            publisher.say("t", b" " * 900 + b"7")
        await until(lambda: seen.driver.lost == 4)
        await seen.good("a", 7.0)


async def test_a_queue_is_bounded_in_what_its_topics_take_too(
    broker: Mosquitto, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_link, "QUEUE_BYTES", 1000)
    topic = "t" * 900
    async with listening(broker.url, {"a": {"topic": topic}}) as seen:
        for number in range(5):
            publisher.say(topic, str(number))
        await until(lambda: seen.driver.lost == 4)
        await seen.good("a", 4.0)


async def test_a_packet_without_end_ends_the_connection_and_not_the_memory() -> None:
    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_5)
        if packet.kind == SUBSCRIBE:
            writer.write(suback(packet, 1) + bytes([PUBLISH << 4, 0xFF, 0xFF, 0xFF, 0x7F]) + bytes(1000))

    async with fake_broker(answer) as fake:
        with pytest.raises(DeviceDown, match="a message of 268435455 bytes"):
            await read_on(device(fake.url, {"a": {"topic": "t"}}))


def suback(subscribe: Packet, code: int) -> bytes:
    """Answer a SUBSCRIBE of MQTT 5 for one topic."""
    return bytes([0x90, 4, *subscribe.body[:2], 0, code])


async def test_a_topic_that_may_not_be_read_is_refused_alone_and_asked_for_again(
    logbook: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_link, "_TOPICS_PER_CALL", 1)
    asked: list[bytes] = []

    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_5)
        if packet.kind == SUBSCRIBE:
            asked.append(packet.body)
            secret = b"secret" in packet.body and len(asked) <= 2
            writer.write(suback(packet, 0x87 if secret else 1))
            if not secret:
                topic = b"secret" if b"secret" in packet.body else b"open"
                body = len(topic).to_bytes(2, "big") + topic + b"\x00" + b"3"
                writer.write(bytes([PUBLISH << 4, len(body)]) + body)

    async with (
        fake_broker(answer) as fake,
        listening(fake.url, {"open": {"topic": "open"}, "secret": {"topic": "secret"}}) as seen,
    ):
        await seen.code("secret", status.BAD_ACCESS_DENIED)
        await seen.good("open", 3.0)
        await seen.good("secret", 3.0)  # asked for again, and granted
    assert len(asked) == 3
    (refused,) = logbook.named("signal refused")
    assert "subscribe to secret" in refused["hint"]


@pytest.mark.parametrize("welcome", [WELCOME_5, WELCOME_311])
async def test_a_broker_that_does_not_answer_a_subscription_is_down(welcome: bytes) -> None:
    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(welcome)

    version = "5" if welcome is WELCOME_5 else "3.1.1"
    async with fake_broker(answer) as fake:
        with pytest.raises(DeviceDown, match="does not answer to a subscription"):
            await device(fake.url, {"a": {"topic": "t"}}, timeout="200 ms", version=version).open()


async def test_a_topic_that_is_no_text_ends_the_connection_only() -> None:
    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_5)
        if packet.kind == SUBSCRIBE:
            writer.write(suback(packet, 1) + bytes([PUBLISH << 4, 5, 0, 2, 0xFF, 0xFE, 0]))

    async with fake_broker(answer) as fake:
        with pytest.raises(DeviceDown, match="no MQTT"):
            await read_on(device(fake.url, {"a": {"topic": "t"}}))
