"""Brokers that do not want us, or not what we send: one line each, with what to do, and no hammering."""

import asyncio
from pathlib import Path

import pytest
from fake_broker import (
    CONNECT,
    PUBLISH,
    SUBSCRIBE,
    TAKEN_OVER,
    WELCOME_5,
    WELCOME_311,
    Packet,
    acknowledge,
    fake_broker,
)
from logbook import Logbook
from real_broker import Listener, MakeBroker, Mosquitto, free_port, make_passwords
from uplink_cases import alert, make_uplink, outcome, running

from edgetwin.uplink import link

SECRET = "correct horse battery"  # noqa: S105 - of a broker that lives for a second


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(link, "pause_s", lambda _attempt, _chance: 0.01)


@pytest.fixture
def guarded(mosquitto: MakeBroker, tmp_path: Path) -> Mosquitto:
    """Start a broker that wants a password."""
    passwords = make_passwords(tmp_path, {"gw-07": SECRET})
    return mosquitto(["allow_anonymous false", f"password_file {passwords}"])


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_the_right_password_lets_us_in(guarded: Mosquitto, version: str) -> None:
    uplink = make_uplink({"brokers": [guarded.url], "version": version, "user": "gw-07", "password": SECRET})
    async with Listener(guarded, user=("gw-07", SECRET)) as ear, running(uplink):
        await ear.on("/status")


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_wrong_password_is_one_line_that_says_what_to_do_and_not_the_password(
    guarded: Mosquitto, logbook: Logbook, version: str
) -> None:
    wrong = "tr0ub4dor"
    uplink = make_uplink({"brokers": [guarded.url], "version": version, "user": "gw-07", "password": wrong})
    async with running(uplink):
        down = await logbook.until("broker down")
        assert "not authorized" in down["reason"] or "user name" in down["reason"]
        assert "EDGETWIN_MQTT__PASSWORD" in down["hint"]
        assert uplink.state.reason == down["reason"]
        uplink.tell(outcome({0: 1.0}))
        assert uplink.counters["queued"] == 1
    assert wrong not in str(logbook.entries)
    assert wrong not in repr(vars(uplink._link))


async def test_a_wrong_password_is_tried_again_slowly(guarded: Mosquitto, logbook: Logbook) -> None:
    uplink = make_uplink({"brokers": [guarded.url], "user": "gw-07", "password": "wrong"})
    assert await uplink._link._try_all()  # all refused
    nobody = f"mqtt://127.0.0.1:{free_port()}"
    one_is_away = make_uplink({"brokers": [guarded.url, nobody], "user": "gw-07", "password": "wrong"})
    assert not await one_is_away._link._try_all()
    assert len(logbook.named("broker down")) == 3


async def test_who_takes_our_client_id_is_told_of(logbook: Logbook) -> None:
    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_5)
        elif packet.kind == PUBLISH:
            writer.write(TAKEN_OVER)

    async with fake_broker(answer) as fake, running(make_uplink({"brokers": [fake.url]})):
        down = await logbook.until("broker down")
    assert down["reason"] == "session taken over"
    assert "mqtt.client_id" in down["hint"]


async def test_a_broker_that_closes_without_a_word_leaves_a_hint_too(
    broker: Mosquitto, logbook: Logbook
) -> None:
    async with running(make_uplink({"brokers": [broker.url]})):
        await logbook.until("broker connected")
        broker.stop()
        down = await logbook.until("broker down")
    assert (down["reason"], "mqtt.client_id" in down["hint"]) == ("connection lost", True)


async def test_what_the_access_list_forbids_is_counted_and_said_once(
    mosquitto: MakeBroker, tmp_path: Path, logbook: Logbook
) -> None:
    rights = tmp_path / "rights"
    rights.write_text("topic write edgetwin/plant-a/gw-07/status\ntopic read #\n")
    broker = mosquitto(["allow_anonymous true", f"acl_file {rights}"])
    uplink = make_uplink({"brokers": [broker.url]})
    async with running(uplink):
        uplink.tell(outcome({0: 1.0, 1: 1.0}))
        said = await logbook.until("broker rejects messages")
        assert await uplink.drain(5.0) == 0
    assert "access list" in said["hint"]
    assert len(logbook.named("broker rejects messages")) == 1
    assert uplink.counters["rejected"] == 2  # the status was allowed


async def test_a_message_that_is_too_large_for_the_broker_is_left_out_and_said_once(
    mosquitto: MakeBroker, logbook: Logbook
) -> None:
    broker = mosquitto(["allow_anonymous true", "max_packet_size 540"])
    uplink = make_uplink({"brokers": [broker.url]}, {"mode": "every-tick"})
    async with Listener(broker) as ear, running(uplink):
        for _ in range(2):
            uplink.tell(outcome({1: 1.0, 2: 1.0, 3: 1.0}))
        uplink.tell(outcome({1: 1.0}))
        await ear.until(
            lambda heard: heard.topic.endswith("state/plc1") and "mode" not in heard.json["signals"]
        )
    (said,) = logbook.named("message too large for the broker")
    assert said["topic"].endswith("state/plc1")
    assert uplink.counters["dropped_state"] == 2


async def test_a_message_that_no_connection_survives_is_given_up(logbook: Logbook, impatient: None) -> None:
    del impatient

    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_311)
        elif b"poison" in packet.body:
            writer.close()
        elif packet.kind == PUBLISH:
            writer.write(acknowledge(packet))

    async with fake_broker(answer) as fake:
        uplink = make_uplink({"brokers": [fake.url], "version": "3.1.1"})
        uplink.tell(outcome({1: 1.0}, alerts=(alert(name="poison"),)))
        async with running(uplink):
            dropped = await logbook.until("message dropped: connections die with it")
            await logbook.until("broker connected", 6)
            assert await uplink.drain(5.0) == 0
    assert dropped["topic"].endswith("alert/poison")
    assert uplink.counters["dropped_alert"] == 1


async def test_a_broker_that_hangs_up_on_who_asks_for_kept_alerts_is_not_asked_again(
    logbook: Logbook, impatient: None
) -> None:
    del impatient

    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_5)
        elif packet.kind == SUBSCRIBE:
            writer.close()

    async with fake_broker(answer) as fake, running(make_uplink({"brokers": [fake.url]})):
        await logbook.until("broker connected", 2)
        assert fake.got.count(SUBSCRIBE) == 1
