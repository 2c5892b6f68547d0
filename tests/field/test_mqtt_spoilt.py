"""A broker whose bytes are spoilt on the way is a device that is down, never a bug and never a hang."""

import asyncio
import random
from typing import Any

import pytest
from fake_broker import CONNECT, PUBLISH, SUBSCRIBE, WELCOME_5, WELCOME_311, Packet, fake_broker
from field_sparkplug import metric, payload
from field_watch import clock

from edgetwin.config.mqtt_in import MqttDevice
from edgetwin.field.driver import DeviceDown
from edgetwin.field.mqtt import driver as mqtt_in
from edgetwin.field.mqtt.driver import MqttDriver
from edgetwin.wire.protobuf import Malformed
from edgetwin.wire.sparkplug import DataType, Payload, decode

ROUNDS = 150
SIGNALS = {
    "plain": {"topic": "a/plain"},
    "json": {"topic": "a/json", "path": "v[0]", "time": "ts", "time_unit": "ms"},
    "text": {"topic": "a/text", "text": True},
    "load": {"metric": "Load", "edge": "shop/gw2"},
}
BIRTH = payload(0, metric("Load", 40, DataType.INT32, alias=1))
MESSAGES = [
    (b"a/plain", b"21.5"),
    (b"a/json", b'{"v": [1.5], "ts": 1780000000000}'),
    (b"a/text", "für".encode()),
    (b"spBv1.0/shop/NBIRTH/gw2", BIRTH),
    (b"spBv1.0/shop/NDATA/gw2", payload(1, metric(None, 41, None, alias=1))),
]


def published(*, mqtt5: bool) -> bytes:
    """Write one message under each topic."""
    out = b""
    for topic, content in MESSAGES:
        body = len(topic).to_bytes(2, "big") + topic + (b"\x00" if mqtt5 else b"") + content
        out += bytes([PUBLISH << 4, len(body)]) + body
    return out


def spoilt(stream: bytes, chance: random.Random) -> bytes:
    """Change, drop, repeat or add some bytes."""
    data = bytearray(stream)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randint(1, 10)]
            case 2:
                data[at:at] = chance.randbytes(chance.randint(1, 10))
            case _:
                data[at:at] = data[: chance.randint(1, 30)]
    return bytes(data)


async def campaign(version: str, rounds: int) -> list[int]:
    """Connect so often to a broker that spoils all its streams but the first; give the readings of each."""
    chance = random.Random(20_261_120)  # noqa: S311 - a fixed campaign, guards nothing
    mqtt5 = version == "5"
    streams: list[bytes] = []

    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_5 if mqtt5 else WELCOME_311)
        if packet.kind == SUBSCRIBE:
            whole = published(mqtt5=mqtt5)
            streams.append(spoilt(whole, chance) if streams else whole)
            granted = len(SIGNALS) - 1 + 6
            head = packet.body[:2] + (b"\x00" if mqtt5 else b"")
            writer.write(bytes([0x90, len(head) + granted]) + head + bytes(granted) + streams[-1])
            # It hangs up a little later, or nothing would be read; with the whole stream it waits longer.
            asyncio.get_running_loop().call_later(1.0 if len(streams) == 1 else 0.01, writer.close)

    config: dict[str, Any] = {"timeout": "5 s", "version": version, "signals": SIGNALS}
    async with fake_broker(answer) as fake:
        driver = MqttDriver("d", MqttDevice.model_validate({"connect": fake.url, **config}), clock)
        return [await read_until_down(driver) for _ in range(rounds)]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_whatever_a_broker_sends_the_driver_reads_on_or_is_down(version: str) -> None:
    readings = await campaign(version, ROUNDS)
    assert readings[0] == len(MESSAGES)  # it was not spoilt
    assert min(readings) < readings[0]  # some were really spoilt


async def test_the_campaign_finds_a_decoder_that_fails_in_its_own_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def careless(data: bytes) -> Payload:
        try:
            return decode(data)
        except Malformed as error:
            raise IndexError from error

    monkeypatch.setattr(mqtt_in, "decode", careless)
    with pytest.raises(IndexError):
        await campaign("5", ROUNDS)


async def read_until_down(driver: MqttDriver) -> int:
    """Read until the device is down, and give how many readings there were. Any other error is a bug."""
    readings = 0
    try:
        async with asyncio.timeout(20):
            await driver.open()
            async for frame in driver.frames():
                readings += len(frame)
    except DeviceDown:
        pass
    finally:
        await driver.close()
    return readings
