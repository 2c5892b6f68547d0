"""Sparkplug B through a real broker: an edge node lives, dies and comes back, and the gateway only listens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from field_mqtt import Publisher
from field_sparkplug import metric, payload
from field_watch import clock, until
from logbook import Logbook
from real_broker import Listener, Mosquitto

from edgetwin.config.mqtt_in import MqttDevice
from edgetwin.core import status
from edgetwin.core.signals import Frame
from edgetwin.field.link import LinkState
from edgetwin.field.mqtt.driver import MqttDriver
from edgetwin.field.poller import keep
from edgetwin.wire.sparkplug import DataType, decode

SIGNALS = {
    "load": {"metric": "Load", "edge": "shop/gw2"},
    "temp": {"metric": "Temp", "edge": "shop/gw2/press"},
}
LOAD, TEMP = range(2)
BIRTH = payload(0, metric("bdSeq", 1, DataType.INT64), metric("Load", 40, DataType.INT32, alias=1))
DEVICE_BIRTH = payload(1, metric("Temp", 20.5, DataType.FLOAT, alias=2))


def topic(kind: str, device: str = "") -> str:
    return f"spBv1.0/shop/{kind}/gw2" + (f"/{device}" if device else "")


class Seen:
    """The last reading of each signal."""

    def __init__(self) -> None:
        self.readings: dict[int, tuple[float, int]] = {}
        self.link = LinkState("", "")

    def __call__(self, frame: Frame) -> None:
        """Take a frame."""
        for number, value, code in zip(frame.ids, frame.values, frame.status, strict=True):
            self.readings[int(number)] = (float(value), int(code))

    async def until(self, place: int, value: float | None, code: int) -> None:
        """Wait until a signal is as it is wanted; None: whatever its value."""
        await until(
            lambda: (
                place in self.readings
                and self.readings[place][1] == code
                and value in (None, self.readings[place][0])
            ),
            10.0,
        )


@asynccontextmanager
async def listening(broker: Mosquitto, **more: Any) -> AsyncIterator[tuple[Seen, MqttDriver]]:  # noqa: ANN401 - keys
    config = MqttDevice.model_validate({"connect": broker.url, "timeout": "5 s", "signals": SIGNALS, **more})
    driver = MqttDriver("retrofit", config, clock)
    seen = Seen()
    seen.link = LinkState("retrofit", driver.address)
    keeping = asyncio.create_task(keep(driver, seen, clock, seen.link))
    await until(lambda: seen.link.up, 10.0)  # its subscriptions stand
    yield seen, driver
    keeping.cancel()
    await asyncio.wait([keeping])


@pytest.fixture
def node(broker: Mosquitto) -> Publisher:
    return Publisher(broker)


async def test_an_edge_node_is_born_speaks_dies_and_comes_back(
    broker: Mosquitto, node: Publisher, logbook: Logbook
) -> None:
    async with listening(broker) as (seen, _):
        node.say(topic("NBIRTH"), BIRTH)
        node.say(topic("DBIRTH", "press"), DEVICE_BIRTH)
        await seen.until(LOAD, 40.0, status.GOOD)
        await seen.until(TEMP, 20.5, status.GOOD)
        node.say(topic("DDATA", "press"), payload(2, metric(None, 21.5, DataType.FLOAT, alias=2)))
        await seen.until(TEMP, 21.5, status.GOOD)
        node.say(topic("NDEATH"), payload(None, metric("bdSeq", 0, DataType.INT64)))  # of a session before
        node.say(topic("NDATA"), payload(3, metric(None, 41, None, alias=1)))
        await seen.until(LOAD, 41.0, status.GOOD)
        node.say(topic("NDEATH"), payload(None, metric("bdSeq", 1, DataType.INT64)))
        await seen.until(LOAD, None, status.BAD_NO_COMMUNICATION)
        await seen.until(TEMP, None, status.BAD_NO_COMMUNICATION)
        node.say(topic("NBIRTH"), BIRTH)
        await seen.until(LOAD, 40.0, status.GOOD)
    node.stop()
    assert [line["news"] for line in logbook.named("edge node")] == ["born", "died", "born"]


async def test_nothing_is_sent_to_the_plant_unless_that_is_allowed(
    broker: Mosquitto, node: Publisher
) -> None:
    async with Listener(broker, "spBv1.0/shop/NCMD/#") as ear, listening(broker) as (seen, driver):
        node.say(topic("NDATA"), payload(9, metric(None, 41, None, alias=1)))  # before any birth
        node.say(topic("NBIRTH"), BIRTH)
        await seen.until(LOAD, 40.0, status.GOOD)
        assert driver.lost == 0
        assert ear.heard == []
    node.stop()


async def test_a_rebirth_is_asked_for_where_it_is_allowed(broker: Mosquitto, node: Publisher) -> None:
    async with Listener(broker, "spBv1.0/shop/NCMD/#") as ear, listening(broker, rebirth=True) as (seen, _):
        node.say(topic("NDATA"), payload(9, metric(None, 41, None, alias=1)))
        command = await ear.until(lambda heard: heard.topic == topic("NCMD"))
        (wanted,) = decode(command.payload).metrics
        assert (wanted.name, wanted.value()) == ("Node Control/Rebirth", True)
        for seq in range(10, 30):  # it is not asked for again and again
            node.say(topic("NDATA"), payload(seq, metric(None, 41, None, alias=1)))
        node.say(topic("NBIRTH"), BIRTH)
        await seen.until(LOAD, 40.0, status.GOOD)
        assert len(ear.heard) < 10
    node.stop()


async def test_a_silent_node_is_asked_for_its_birth_again(broker: Mosquitto) -> None:
    async with Listener(broker, "spBv1.0/shop/NCMD/#") as ear, listening(broker, rebirth=True):
        await until(lambda: len(ear.heard) >= 2, 10.0)


async def test_a_birth_that_a_broker_kept_is_of_no_session_that_lives(
    broker: Mosquitto, node: Publisher
) -> None:
    node.say(topic("NBIRTH"), BIRTH, retain=True)
    async with listening(broker) as (seen, _):
        node.say(topic("NBIRTH"), payload(0, metric("Load", 50, DataType.INT32)))
        await seen.until(LOAD, 50.0, status.GOOD)
        assert LOAD in seen.readings
        assert TEMP not in seen.readings
    node.stop()


async def test_nonsense_is_said_and_counted_and_harms_nobody(
    broker: Mosquitto, node: Publisher, logbook: Logbook
) -> None:
    async with listening(broker) as (seen, driver):
        node.say(topic("NBIRTH"), BIRTH)
        await seen.until(LOAD, 40.0, status.GOOD)
        node.say(topic("NDATA"), b"\xff" * 50)
        node.say(topic("NDATA"), payload(1, metric("Load", 41, DataType.INT32)))
        await seen.until(LOAD, 41.0, status.GOOD)
        assert driver.lost == 1
    node.stop()
    assert [line["news"] for line in logbook.named("edge node")] == [
        "born",
        "a message that is not Sparkplug B",
    ]


async def test_after_the_broker_was_away_a_birth_is_waited_for(broker: Mosquitto, node: Publisher) -> None:
    async with listening(broker) as (seen, _):
        node.say(topic("NBIRTH"), BIRTH)
        await seen.until(LOAD, 40.0, status.GOOD)
        await asyncio.to_thread(broker.stop)
        await seen.until(LOAD, None, status.BAD_NO_COMMUNICATION)
        await asyncio.to_thread(broker.start)
        await until(lambda: seen.link.up, 10.0)
        again = Publisher(broker)
        again.say(topic("NDATA"), payload(1, metric(None, 41, None, alias=1)))
        assert seen.readings[LOAD][1] == status.BAD_NO_COMMUNICATION
        again.say(topic("NBIRTH"), BIRTH)
        await seen.until(LOAD, 40.0, status.GOOD)
        again.stop()
    node.stop()
