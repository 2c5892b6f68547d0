"""SIGHUP as the gateway sees it: a good configuration takes over, a bad one changes nothing."""

import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from noisy_plc import NoisyPlc
from real_broker import Listener, Mosquitto
from running_gateway import ServiceManager, View, device_of, running, signal_of, view_where, write_config
from structlog.testing import capture_logs


async def test_a_reload_keeps_what_was_learned_and_adds_what_is_new(tmp_path: Path) -> None:
    async with NoisyPlc() as first, NoisyPlc() as second, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, first.tables("plc1"))
        async with running(path, notify=manager.line) as gateway:
            before = await view_where(path, lambda view: view["counters"]["readings"] > 100)
            old = weakref.ref(gateway.chain)
            write_config(tmp_path, first.tables("plc1"), second.tables("plc2"))
            gateway.reload()
            await manager.hears("RELOADING=1")
            await manager.hears("READY=1", times=2)
            assert old() is None  # and is not kept in memory
            after = gateway.view()
            assert after["counters"]["readings"] >= before["counters"]["readings"]
            assert signal_of(after, "plc1.oil")["value"] is not None
            assert signal_of(after, "plc2.oil")["value"] is None
            await view_where(path, lambda view: sum(device["up"] for device in view["devices"]) == 2)


async def test_what_a_reload_has_changed_is_told(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, plc.tables("gone"), plc.tables("changes"), plc.tables("stays"))
        with capture_logs() as logs:
            async with running(path, notify=manager.line) as gateway:
                write_config(
                    tmp_path, plc.tables("changes", every="30 ms"), plc.tables("stays"), plc.tables("new")
                )
                gateway.reload()
                await manager.hears("READY=1", times=2)
    [told] = [each for each in logs if each["event"] == "configuration reloaded"]
    assert (sorted(told["started"]), told["gone"]) == (["changes", "new"], ["gone"])


def all_up(*names: str) -> Callable[[View], bool]:
    return lambda view: [each["name"] for each in view["devices"] if each["up"]] == list(names)


@pytest.mark.alone
async def test_a_device_that_stays_as_it_is_misses_no_poll(tmp_path: Path) -> None:
    async with NoisyPlc() as same, NoisyPlc() as other, ServiceManager(tmp_path) as manager:
        stays = same.tables("stays", every="200 ms")
        path = write_config(tmp_path, other.tables("gone"), other.tables("changes"), stays)
        async with running(path, notify=manager.line) as gateway:
            before = await view_where(path, all_up("gone", "changes", "stays"))
            for times, every in enumerate(("21 ms", "22 ms", "23 ms"), start=2):
                new = f"new{times}"
                write_config(tmp_path, stays, other.tables("changes", every=every), other.tables(new))
                gateway.reload()
                await manager.hears("READY=1", times=times)
                after = await view_where(path, all_up("stays", "changes", new))
            counts = device_of(gateway.view(), "stays")
    assert device_of(after, "changes")["since"] > device_of(before, "changes")["since"]
    assert counts["since"] == device_of(before, "stays")["since"]
    assert (counts["missed_polls"], counts["downs"], counts["failures"]) == (0, 0, 0)
    # Its PLC counts too: each request it was sent is a frame that arrived, but for one that is on its way.
    assert same.requests - counts["frames"] in {0, 1}


async def test_what_is_read_while_a_reload_goes_on_is_decided_by_the_new_pipeline(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, NoisyPlc() as leaving, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, leaving.tables("leaving"), plc.tables("stays", every="5 ms"))
        async with running(path, notify=manager.line) as gateway:
            await view_where(path, lambda view: signal_of(view, "stays.oil")["value"] is not None)
            write_config(
                tmp_path, plc.tables("stays", every="5 ms")
            )  # its signals move to the front of the table
            gateway.reload()
            await manager.hears("READY=1", times=2)
            frames = device_of(gateway.view(), "stays")["frames"]
            after = await view_where(path, lambda view: device_of(view, "stays")["frames"] > frames + 10)
            assert gateway.chain.inbox.dropped_frames == 0
    # 60 and 45: nobody has taken the one for the other
    assert abs(signal_of(after, "stays.bearing")["value"] - 60.0) < 2.0
    assert abs(signal_of(after, "stays.oil")["value"] - 45.0) < 2.0


async def test_a_bad_configuration_is_told_and_the_old_one_goes_on(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, plc.tables())
        async with running(path, notify=manager.line) as gateway:
            before = await view_where(path, lambda view: device_of(view, "plc1")["frames"] > 0)
            chain = gateway.chain
            with capture_logs() as lines:
                path.write_text('[gateway]\nnaem = "gw"\n[device.plc1]\nconnect = "nonsense"\n')
                gateway.reload()
                await manager.hears("READY=1", times=2)
            refused = [line["problem"] for line in lines if line["event"] == "configuration refused"]
            assert len(refused) >= 2
            assert refused[0].startswith(f"{path}:2: gateway.naem")
            assert "the gateway goes on with the old configuration" in [line["event"] for line in lines]
            assert gateway.chain is chain
            await manager.hears(
                "STATUS=1 of 1 devices up; nothing is published; 0 alerts; the last reload was refused"
            )
            seen = device_of(before, "plc1")["frames"]
            await view_where(path, lambda view: device_of(view, "plc1")["frames"] > seen)


async def test_an_alert_that_stands_goes_on_standing(tmp_path: Path, broker: Mosquitto) -> None:
    async with NoisyPlc() as plc, Listener(broker) as ear, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, plc.tables(), broker=broker.url)
        async with running(path, notify=manager.line) as gateway:
            await view_where(path, lambda view: view["counters"]["readings"] > 120)
            plc.stick("bearing", 61.5)
            await view_where(path, lambda view: len(view["alerts"]) == 1)
            first = await ear.until(lambda heard: "/alert/" in heard.topic)
            gateway.reload()
            await manager.hears("READY=1", times=2)
            [alert] = gateway.view()["alerts"]
            assert (alert["id"], alert["occurrence"]) == (first.json["id"], 1)
            again = await ear.until(lambda heard: "/alert/" in heard.topic and heard is not first)
    assert again.json["epoch"] != first.json["epoch"]
    assert again.json["active"]
    assert again.json["onset"] == first.json["onset"]


async def test_an_alert_of_a_device_that_was_taken_out_is_forgotten(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with NoisyPlc() as leaving, NoisyPlc() as staying, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, leaving.tables("leaving"), staying.tables("staying"), broker=broker.url)
        async with running(path, notify=manager.line) as gateway:
            await view_where(path, lambda view: view["counters"]["readings"] > 120)
            async with Listener(broker) as ear:
                leaving.stick("bearing", 61.5)
                topic = (await ear.until(lambda heard: "/alert/" in heard.topic)).topic
                write_config(tmp_path, staying.tables("staying"), broker=broker.url)
                gateway.reload()
                await ear.until(lambda heard: heard.topic == topic and heard.payload == b"")
            assert gateway.view()["alerts"] == []


async def test_a_frozen_broker_does_not_keep_a_reload_from_the_plant(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with NoisyPlc() as plc, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, plc.tables(), broker=broker.url)
        async with running(path, notify=manager.line, drain_s=3600.0) as gateway:
            await view_where(path, lambda view: view["uplink"]["connected"])
            broker.freeze()
            await view_where(path, lambda view: view["uplink"]["counters"]["queued"] > 0)
            gateway.reload()
            await manager.hears("READY=1", times=2)
            await view_where(path, lambda view: device_of(view, "plc1")["frames"] > 0)
            broker.stop()


async def test_a_reload_while_the_broker_is_away_loses_nothing_that_waits(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with NoisyPlc() as plc, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, plc.tables(every="50 ms"), broker=broker.url)
        async with running(path, notify=manager.line) as gateway, Listener(broker) as ear:
            epoch = (await ear.until(lambda heard: "/state/" in heard.topic)).json["epoch"]
            broker.freeze()
            await view_where(path, lambda view: view["uplink"]["counters"]["queued"] > 30)
            gateway.reload()
            await manager.hears("READY=1", times=2)
            broker.thaw()
            await ear.until(lambda heard: "/state/" in heard.topic and heard.json["epoch"] != epoch)
            told = {heard.json["seq"] for heard in ear.all_on("/state/") if heard.json["epoch"] == epoch}
    assert len(told) > 30
    assert told == set(range(1, len(told) + 1))


async def test_the_control_socket_stays_where_it_is_until_the_next_start(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, plc.tables())
        async with running(path, notify=manager.line) as gateway:
            path.write_text(path.read_text().replace("gw.sock", "other.sock"))
            with capture_logs() as lines:
                gateway.reload()
                await manager.hears("READY=1", times=2)
            assert "the control socket moves at the next start" in [line["event"] for line in lines]
            await view_where(path, lambda view: view["devices"][0]["up"])
