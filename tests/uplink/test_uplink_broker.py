"""The uplink with a real broker: what a consumer sees, while all goes well and when the broker does not stay."""

import asyncio

import pytest
from logbook import Logbook
from real_broker import Heard, Listener, MakeBroker, Mosquitto, free_port
from uplink_cases import SECOND, START_NS, Watch, alert, make_uplink, outcome, running, validate

from edgetwin.core.signals import Reason, Stamp
from edgetwin.uplink.stamps import iso

BASE = "edgetwin/plant-a/gw-07"
BEARING = "state/plant-a/grinding/mill1/bearing"
ALERT = "alert/plc1.bearing_temp/stuck"


def is_birth(heard: Heard) -> bool:
    return heard.topic.endswith("/status") and bool(heard.json["online"])


def is_farewell(heard: Heard) -> bool:
    return heard.topic.endswith("/status") and not heard.json["online"]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_gateway_is_born_speaks_and_says_goodbye(broker: Mosquitto, version: str) -> None:
    uplink = make_uplink({"brokers": [broker.url], "version": version})
    async with Listener(broker) as ear, running(uplink):
        birth = validate("status", (await ear.until(is_birth)).payload)
        uplink.tell(outcome({0: 61.5}, quality=2, reasons=Reason.STUCK))
        told = validate("state", (await ear.on(BEARING)).payload)
        uplink.health({"steps": 7})
        health = validate("health", (await ear.on("/health")).payload)
        assert await uplink.drain(5.0) == 0
        farewell = validate("status", (await ear.until(is_farewell)).payload)
    assert (birth["gateway"], birth["version"], birth["epoch"]) == ("gw-07", "0.1.0", "1-00c0ffee")
    assert (told["signals"]["temp"]["reasons"], told["seq"]) == (["stuck"], 1)
    assert health["counters"] == {"steps": 7}
    assert health["uplink"]["published"] >= 2
    assert farewell["reason"] == "stopped"
    assert (uplink.state.connected, uplink.state.reason) == (False, "stopped")
    assert (uplink.counters["published"], uplink.counters["acknowledged"]) == (4, 4)


async def test_whoever_comes_later_learns_from_the_broker_that_the_gateway_is_there(
    broker: Mosquitto, logbook: Logbook
) -> None:
    async with running(make_uplink({"brokers": [broker.url]})):
        await logbook.until("broker connected")
        async with Listener(broker) as ear:
            assert (await ear.until(is_birth)).topic == f"{BASE}/status"


async def test_the_broker_tells_the_last_will_of_a_gateway_whose_socket_dies(broker: Mosquitto) -> None:
    uplink = make_uplink({"brokers": [broker.url]})
    async with Listener(broker) as ear:
        async with running(uplink):
            await ear.until(is_birth)
        will = validate("status", (await ear.until(is_farewell)).payload)
    assert will["reason"] == "connection lost"


async def test_a_goodbye_keeps_the_last_will_unsaid(broker: Mosquitto) -> None:
    uplink = make_uplink({"brokers": [broker.url]})
    async with Listener(broker) as ear:
        async with running(uplink):
            await ear.until(is_birth)
            assert await uplink.drain(5.0) == 0
        async with running(make_uplink({"brokers": [broker.url], "topic": "end"})):
            await ear.on("end/status")  # so whatever came before it was heard
    assert [heard.json["reason"] for heard in ear.heard if is_farewell(heard)][:1] == ["stopped"]
    assert [heard.json["reason"] for heard in ear.all_on(BASE) if is_farewell(heard)] == ["stopped"]


async def test_an_alert_is_kept_by_the_broker_until_it_ends(broker: Mosquitto) -> None:
    uplink = make_uplink({"brokers": [broker.url]})
    async with Listener(broker) as ear, running(uplink):
        uplink.tell(outcome(alerts=(alert(),)))
        began = validate("alert", (await ear.on(ALERT)).payload)
        async with Listener(broker) as late:
            assert (await late.on(ALERT)).retain
        uplink.tell(outcome(alerts=(alert(active=False),)))
        await ear.until(lambda heard: heard.topic.endswith(ALERT) and not heard.payload)
        async with Listener(broker) as later:
            await later.until(is_birth)  # all that is kept comes at once
            assert later.all_on("alert") == []
    ended = validate("alert", ear.all_on(ALERT)[1].payload)
    assert (began["active"], began["seq"], ended["active"], ended["seq"]) == (True, 1, False, 2)


async def test_an_alert_of_an_earlier_life_is_forgotten_and_one_that_still_stands_is_not(
    broker: Mosquitto,
) -> None:
    before = make_uplink({"brokers": [broker.url]})
    async with running(before):
        before.tell(outcome(alerts=(alert(), alert(name="old"))))
        async with Listener(broker) as ear:
            await ear.on("alert/old")
            await ear.on(ALERT)
    now = make_uplink({"brokers": [broker.url]})
    now.active([alert()])
    async with Listener(broker) as ear, running(now):
        await ear.until(lambda heard: heard.topic.endswith("alert/old") and not heard.payload)
        async with Listener(broker) as late:
            await late.on(ALERT)
            assert late.all_on("alert/old") == []


async def test_the_truth_about_alerts_can_be_set_anew(broker: Mosquitto) -> None:
    uplink = make_uplink({"brokers": [broker.url]})
    async with Listener(broker) as ear, running(uplink):
        uplink.active([alert(name="a"), alert(name="b"), alert(name="c", active=False)])
        await ear.on("alert/b")
        uplink.active([alert(name="b")])
        await ear.until(lambda heard: heard.topic.endswith("alert/a") and not heard.payload)
        assert len(ear.all_on("alert/b")) == 1
        assert ear.all_on("alert/c") == []


async def test_a_broker_that_dies_costs_nothing_that_fits_the_queue(
    broker: Mosquitto, logbook: Logbook
) -> None:
    uplink = make_uplink({"brokers": [broker.url]})
    async with running(uplink):
        async with Listener(broker) as ear:
            uplink.tell(outcome({1: 1.0}, alerts=(alert(),)))
            await ear.on("state/plc1")
        await logbook.until("broker connected")
        broker.stop()
        await logbook.until("broker down")
        for value in (2.0, 3.0):
            uplink.tell(outcome({1: value}))
        assert not uplink.state.connected
        assert uplink.counters["queued"] == 2
        broker.start()  # it kept nothing
        async with Listener(broker) as ear:
            await ear.until(lambda heard: heard.topic.endswith("state/plc1") and heard.json["seq"] == 3)
            await ear.on(ALERT)
        async with Listener(broker) as late:
            assert (await late.on(ALERT)).retain
            assert (await late.until(is_birth)).retain
    assert uplink.counters["reconnects"] == 1
    assert uplink.counters["dropped_state"] == 0
    assert len(logbook.named("broker connected")) == 2


async def test_what_does_not_fit_the_queue_is_counted_and_said_in_health(
    broker: Mosquitto, logbook: Logbook
) -> None:
    uplink = make_uplink({"brokers": [broker.url], "queue": 3}, {"mode": "every-tick"})
    for value in range(8):
        uplink.tell(outcome({1: float(value)}))
    async with Listener(broker) as ear, running(uplink):
        await ear.until(lambda heard: heard.topic.endswith("state/plc1") and heard.json["seq"] == 8)
        uplink.health({})
        health = validate("health", (await ear.on("/health")).payload)
        seqs = [heard.json["seq"] for heard in ear.all_on("state/plc1")]
    assert seqs == [6, 7, 8]  # so a consumer sees that 1 to 5 are missing
    assert health["uplink"]["dropped_state"] == 5
    assert len(logbook.named("queue is full, the oldest messages are dropped")) == 1


async def test_the_next_broker_of_the_list_is_used_when_the_first_is_away(
    broker: Mosquitto, logbook: Logbook
) -> None:
    nobody = f"mqtt://127.0.0.1:{free_port()}"
    uplink = make_uplink({"brokers": [nobody, broker.url]})
    async with running(uplink):
        await logbook.until("broker connected")
        assert (uplink.state.connected, uplink.state.broker) == (True, broker.url)
    (down,) = logbook.named("broker down")
    assert (down["broker"], down["reason"]) == (nobody, "nothing listens there")
    assert "check the port" in down["hint"]


async def test_a_heartbeat_tells_quiet_signals_with_their_original_stamps(broker: Mosquitto) -> None:
    clock = Watch()
    uplink = make_uplink({"brokers": [broker.url]}, {"heartbeat": "60 s"}, clock=clock)
    uplink.tell(outcome({1: 1.0}))
    clock.now = Stamp(START_NS + 70 * SECOND, 75 * SECOND)
    uplink.heartbeat(outcome({1: 1.0}), clock.now.mono)
    uplink.heartbeat(outcome({1: 1.0}), clock.now.mono)
    async with Listener(broker) as ear, running(uplink):
        await ear.until(lambda heard: heard.topic.endswith("state/plc1") and heard.json["seq"] == 2)
        assert await uplink.drain(5.0) == 0
        beat = ear.all_on("state/plc1")[1].json
    assert len(ear.all_on("state/plc1")) == 2
    assert beat["time"] == iso(START_NS + 70 * SECOND)
    assert beat["signals"]["motor_kw"]["t_read"] == iso(START_NS)


async def test_single_signals_are_kept_by_the_broker_if_wanted(broker: Mosquitto) -> None:
    uplink = make_uplink({"brokers": [broker.url]}, {"signal_topics": True})
    async with running(uplink):
        uplink.tell(outcome({0: 1.0}))
        uplink.tell(outcome({0: 2.0}))
        async with Listener(broker) as ear:
            await ear.until(lambda heard: heard.topic.endswith("/signal/plc1/bearing_temp"))
    async with Listener(broker) as late:
        kept = await late.on("/signal/plc1/bearing_temp")
    assert kept.retain
    assert validate("signal", kept.payload)["value"] == 2.0


async def test_a_thousand_messages_arrive_in_order_through_a_narrow_window(mosquitto: MakeBroker) -> None:
    broker = mosquitto(["allow_anonymous true", "max_inflight_messages 5"])
    uplink = make_uplink({"brokers": [broker.url]}, {"mode": "every-tick"})
    async with Listener(broker) as ear, running(uplink):
        await ear.until(is_birth)
        for value in range(1000):
            uplink.tell(outcome({1: float(value)}))
        session = uplink._link._session
        assert session is not None
        assert session.window == 5
        assert len(session.on_their_way) <= 5
        await ear.until(lambda heard: heard.topic.endswith("state/plc1") and heard.json["seq"] == 1000)
        assert await uplink.drain(5.0) == 0
    assert [heard.json["seq"] for heard in ear.all_on("state/plc1")] == list(range(1, 1001))
    assert uplink.counters["queued"] == 0


async def test_without_a_broker_in_the_configuration_nothing_is_done_and_it_is_said(logbook: Logbook) -> None:
    uplink = make_uplink({})
    async with running(uplink):
        await logbook.until("nothing is published: no broker is configured")
        uplink.tell(outcome({0: 1.0}, alerts=(alert(),)))
        uplink.heartbeat(outcome({0: 1.0}), SECOND)
        uplink.health({})
        uplink.active([alert()])
        assert await uplink.drain(5.0) == 0
    assert not uplink.enabled
    assert uplink.counters["queued"] == 0


async def test_messages_left_behind_are_counted() -> None:
    uplink = make_uplink({"brokers": [f"mqtt://127.0.0.1:{free_port()}"]})
    async with running(uplink):
        uplink.tell(outcome({0: 1.0, 1: 1.0}))
        async with asyncio.timeout(1.0):  # without a broker there is nothing to wait for
            assert await uplink.drain(60.0) == 2
