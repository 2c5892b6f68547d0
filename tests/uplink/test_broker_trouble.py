"""Brokers that are away, fall silent or talk nonsense, and bugs of our own: what is said, and what dies of it."""

import asyncio

import pytest
from fake_broker import (
    CONNECT,
    WELCOME_5,
    Packet,
    fake_broker,
)
from logbook import Logbook
from real_broker import Listener, Mosquitto, free_port
from uplink_cases import make_uplink, outcome, running

from edgetwin.uplink import link, mqtt
from edgetwin.uplink.mqtt import Session


async def test_a_broker_that_is_away_for_long_is_one_line(
    logbook: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = asyncio.Event()

    def pause(attempt: int, _chance: float) -> float:
        if attempt == 5:
            often.set()
        return 0.0

    monkeypatch.setattr(link, "pause_s", pause)
    uplink = make_uplink({"brokers": [f"mqtt://127.0.0.1:{free_port()}"]})
    since = uplink.state.since_ns
    async with running(uplink), asyncio.timeout(30.0):
        await often.wait()
    assert [entry["event"] for entry in logbook.entries] == ["broker down"]
    assert uplink.state.since_ns == since


async def test_a_broker_that_falls_silent_is_noticed_and_what_was_on_its_way_comes_back(
    broker: Mosquitto, logbook: Logbook
) -> None:
    uplink = make_uplink({"brokers": [broker.url], "keepalive": "1 s"})
    async with running(uplink):
        await logbook.until("broker connected")
        broker.freeze()
        uplink.tell(outcome({0: 1.0, 1: 1.0}))
        assert uplink.counters["published"] >= 2
        down = await logbook.until("broker down")
        assert uplink.counters["queued"] >= 2
        assert down["reason"] == "no sign of life, keep-alive ran out"
        broker.stop()
        broker.start()
        async with Listener(broker) as ear:
            await ear.on("state/plc1")
    assert len(logbook.named("broker down")) <= 2  # silent, then for a moment nobody listens


async def test_a_bug_in_a_callback_crashes_the_task(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Session, "_on_puback", bug)
    uplink = make_uplink({"brokers": [broker.url]})
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30.0):
            await uplink.run()
    # Without the guard around callbacks the same bug would pass for a broker that talks nonsense.
    monkeypatch.setattr(Session, "_guard", lambda _self, callback: callback)
    blind = make_uplink({"brokers": [broker.url]})
    assert not await blind._link._try_all()
    assert "ZeroDivisionError" in blind.state.reason


async def test_a_bug_in_what_is_done_with_room_crashes_the_task(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    uplink = make_uplink({"brokers": [broker.url]})
    calls = 0
    pump = uplink._link.pump

    def bug_later() -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise ZeroDivisionError
        pump()

    monkeypatch.setattr(uplink._link, "pump", bug_later)
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30.0):
            await uplink.run()


async def test_a_loss_that_is_told_twice_ends_a_session_once(broker: Mosquitto, logbook: Logbook) -> None:
    uplink = make_uplink({"brokers": [broker.url]})
    async with running(uplink):
        await logbook.until("broker connected")
        session = uplink._link._session
        assert session is not None
        for _ in range(2):
            session._paho._do_on_disconnect(packet_from_broker=False, v1_rc=16)  # type: ignore[arg-type]
        await logbook.until("broker connected", 2)
    assert len(logbook.named("broker down")) == 1
    assert uplink.counters["reconnects"] == 1


async def test_small_messages_do_not_wait_for_each_other(broker: Mosquitto, logbook: Logbook) -> None:
    uplink = make_uplink({"brokers": [broker.url]})
    async with running(uplink):
        await logbook.until("broker connected")
        session = uplink._link._session
        assert session is not None
        way = session._paho.socket()
        assert way is session._way  # paho did not open one of its own
        assert session._way.getsockopt(6, 1) != 0  # TCP_NODELAY


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\x02\x00\x01",
        b"\x20\x03\x00\xfe\x00",
        b"\x00" * 16,
        b"\x20\x00",
    ],
)
@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_broker_that_talks_nonsense_is_down_and_nothing_dies(
    nonsense: bytes, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "_CONNACK_S", 0.2)  # some nonsense looks like half a packet
    async with fake_broker(lambda _packet, writer: writer.write(nonsense)) as fake:
        uplink = make_uplink({"brokers": [fake.url], "version": version})
        async with asyncio.timeout(20.0):
            await uplink._link._try_all()
    assert not uplink.state.connected
    assert uplink.state.reason


async def test_a_broker_of_311_only_is_named_as_such(logbook: Logbook) -> None:
    unacceptable_version = bytes([0x20, 2, 0, 1])  # in the form of 3.1.1, which is all it knows
    async with fake_broker(lambda _packet, writer: writer.write(unacceptable_version)) as fake:
        await make_uplink({"brokers": [fake.url]})._link._try_all()
    assert "mqtt.version" in logbook.named("broker down")[0]["hint"]


async def test_a_port_that_accepts_and_stays_silent_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "_CONNACK_S", 0.05)
    async with fake_broker(lambda _packet, _writer: None) as fake:
        uplink = make_uplink({"brokers": [fake.url]})
        await uplink._link._try_all()
    assert uplink.state.reason == "it takes the connection but gives no answer"


async def test_a_farewell_that_does_not_get_through_leaves_the_last_will_to_the_broker(
    logbook: Logbook,
) -> None:
    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_5)  # and nothing is ever acknowledged

    async with fake_broker(answer) as fake:
        uplink = make_uplink({"brokers": [fake.url]})
        async with running(uplink):
            await logbook.until("broker connected")
            assert await uplink.drain(0.1) == 1  # the birth
    assert 14 not in fake.got  # DISCONNECT
