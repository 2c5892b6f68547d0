"""The running gateway with real PLCs: what systemd hears, a dead PLC, and the orderly end."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
from noisy_plc import NoisyPlc
from running_gateway import ServiceManager, device_of, running, signal_of, view_where, write_config
from structlog.testing import capture_logs

from edgetwin.config.problems import ConfigProblems
from edgetwin.control_socket import AlreadyRunning
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Frame
from edgetwin.daemon import Gateway, system_clock
from edgetwin.field.link import LinkState
from edgetwin.field.poller import keep
from edgetwin.inbox import Inbox


async def test_systemd_hears_of_a_whole_life(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, ServiceManager(tmp_path) as manager:
        async with running(write_config(tmp_path, plc.tables()), notify=manager.line):
            await manager.hears("READY=1")
            await manager.hears("STATUS=1 of 1 devices up; nothing is published; 0 alerts")
            assert manager.count("STOPPING=1") == 0
        await manager.hears("STOPPING=1")
    assert manager.count("READY=1") == 1


async def test_a_view_tells_all_that_is_known(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, running(path := write_config(tmp_path, plc.tables())):
        view = await view_where(path, lambda view: signal_of(view, "plc1.oil")["quality"] == "good")
    assert list(view) == ["time", "gateway", "signals", "alerts", "devices", "uplink", "counters"]
    assert {name: view["gateway"][name] for name in ("site", "name")} == {"site": "hall", "name": "gw"}
    oil = signal_of(view, "plc1.oil")
    assert abs(oil["value"] - 45.0) < 1.0
    assert 0 < oil["sigma"] < 0.5
    assert oil["unit"] == "degC"
    assert 0 <= oil["age_s"] < 5
    device = device_of(view, "plc1")
    assert device["up"]
    assert device["address"] == f"modbus-tcp://127.0.0.1:{plc.port} unit 1"
    assert view["counters"]["inbox_dropped_frames"] == 0


async def test_the_watchdog_is_fed_while_steps_are_completed(tmp_path: Path) -> None:
    async with (
        NoisyPlc() as plc,
        ServiceManager(tmp_path) as manager,
        running(write_config(tmp_path, plc.tables()), notify=manager.line),
    ):
        await manager.hears("WATCHDOG=1", times=3)


async def test_the_watchdog_is_fed_also_when_every_plc_is_dead(tmp_path: Path) -> None:
    nobody = NoisyPlc()
    async with nobody:
        path = write_config(tmp_path, nobody.tables())
    async with ServiceManager(tmp_path) as manager, running(path, notify=manager.line):
        await manager.hears("WATCHDOG=1", times=3)


async def test_a_pipeline_that_does_not_step_feeds_no_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wedged(_: Inbox, _patience_s: float) -> list[Frame]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Inbox, "take", wedged)
    async with NoisyPlc() as plc, ServiceManager(tmp_path) as manager:
        path = write_config(tmp_path, plc.tables())
        async with running(path, notify=manager.line):
            view = await view_where(path, lambda view: view["gateway"]["up_s"] > 2.0)
            assert view["counters"]["inbox_waiting"] > 0  # all else is alive
            assert view["counters"]["steps"] == 1
            assert manager.count("WATCHDOG=1") == 1  # of the first step, before it was wedged


async def test_a_dead_plc_is_two_lines_and_does_not_stop_the_others(tmp_path: Path) -> None:
    async with NoisyPlc() as dying, NoisyPlc() as living:
        path = write_config(tmp_path, dying.tables("dying"), living.tables("living"))
        with capture_logs() as lines:
            async with running(path):
                await view_where(path, lambda view: all(device["up"] for device in view["devices"]))
                await dying.stop()
                down = await view_where(path, lambda view: len(view["alerts"]) > 0)
                assert not device_of(down, "dying")["up"]
                before = device_of(down, "living")["frames"]
                await view_where(path, lambda view: device_of(view, "living")["frames"] > before + 20)
                assert device_of(down, "dying")["reason"]
                assert {alert["device"] for alert in down["alerts"]} == {"dying"}
                await dying.start()
                await view_where(path, lambda view: device_of(view, "dying")["up"])
    told = [line["event"] for line in lines if line.get("device") == "dying"]
    assert told == ["device up", "device down", "device up"]
    assert [line["event"] for line in lines if line.get("device") == "living"] == ["device up"]


async def test_a_plc_that_falls_silent_is_one_alert_and_not_one_for_each_signal(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, running(path := write_config(tmp_path, plc.tables())) as gateway:
        await view_where(path, lambda view: view["counters"]["readings"] > 20)
        plc.silent = True
        silent = await view_where(path, lambda view: len(view["alerts"]) > 0)
        assert [alert["subject"] for alert in silent["alerts"]] == ["plc1"]
        down = await view_where(path, lambda view: not device_of(view, "plc1")["up"])
        assert "no answer" in device_of(down, "plc1")["reason"]
        assert [alert["subject"] for alert in down["alerts"]] == ["plc1"]
        plc.silent = False
        await view_where(path, lambda view: device_of(view, "plc1")["up"])
        assert {event.subject for event in gateway.chain.recent_alerts} == {"plc1"}


async def test_a_stuck_sensor_is_named_and_its_value_goes_on(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, running(path := write_config(tmp_path, plc.tables())):
        await view_where(path, lambda view: view["counters"]["readings"] > 120)
        plc.stick("bearing", 61.5)
        early = await view_where(path, lambda view: signal_of(view, "plc1.bearing")["quality"] == "bad")
        [alert] = early["alerts"]
        assert (alert["kind"], alert["signal"], alert["active"]) == ("stuck", "plc1.bearing", True)
        row = signal_of(early, "plc1.bearing")
        assert row["raw"] == 61.5
        assert {"stuck", "substituted"} <= set(row["reasons"])
        assert abs(row["value"] - 60.0) < 1.0
        late = await view_where(path, lambda view: view["gateway"]["up_s"] > early["gateway"]["up_s"] + 1.0)
        assert signal_of(late, "plc1.bearing")["sigma"] > row["sigma"]
        assert signal_of(late, "plc1.oil")["quality"] == "good"


async def test_what_was_read_is_decided_before_the_end(tmp_path: Path) -> None:
    async with NoisyPlc() as plc, running(write_config(tmp_path, plc.tables())) as gateway:
        now = system_clock()
        ids = np.array([1], np.int32)
        await view_where(tmp_path / "gw.toml", lambda view: view["counters"]["readings"] > 0)
        gateway.chain.inbox.put(Frame.at(now, ids, np.array([45.0])))
        gateway.stop("at once")
    assert len(gateway.chain.inbox) == 0
    frames = sum(link["frames"] for link in gateway.view()["devices"])
    assert gateway.chain.counters["frames"] == frames + 1


async def test_a_second_gateway_on_the_same_socket_is_refused(tmp_path: Path) -> None:
    async with NoisyPlc() as plc:
        path = write_config(tmp_path, plc.tables())
        async with running(path):
            with pytest.raises(AlreadyRunning, match="another edgetwin is running"):
                await Gateway(path).run()
            assert (await view_where(path, lambda view: view["devices"][0]["up"]))["gateway"]["name"] == "gw"


async def test_a_bug_ends_the_gateway_and_names_the_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with NoisyPlc() as plc:
        gateway = Gateway(write_config(tmp_path, plc.tables()))
        monkeypatch.setattr(Pipeline, "step", broken)
        with pytest.raises(ExceptionGroup) as crash:
            await gateway.run()
    [bug] = crash.value.exceptions
    assert isinstance(bug, ZeroDivisionError)
    assert bug.__notes__ == ["in the task 'pipeline'"]
    assert not (tmp_path / "gw.sock").exists()


async def test_a_wrong_configuration_is_refused_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[gateway]\nnaem = "gw"\n')
    with pytest.raises(ConfigProblems, match=r"bad\.toml:2"):
        Gateway(path)


async def test_a_cancellation_that_a_library_lost_is_heeded_at_the_next_frame() -> None:
    """Before Python 3.12 asyncio.wait_for loses it when it comes together with the answer that is waited for."""

    class Deaf:
        name, address, ids, missed, lost = "deaf", "nowhere", np.array([0], np.int32), 0, 0
        read, cancelled = asyncio.Event(), asyncio.Event()

        async def open(self) -> None:
            pass

        async def frames(self) -> AsyncGenerator[Frame, None]:
            while True:
                try:
                    await asyncio.sleep(0.001)
                except asyncio.CancelledError:
                    self.cancelled.set()
                self.read.set()
                yield Frame.at(system_clock(), self.ids, np.array([1.0]))

        async def close(self) -> None:
            pass

    driver = Deaf()
    link = LinkState("deaf", "nowhere")
    task = asyncio.create_task(keep(driver, lambda _: None, system_clock, link))
    async with asyncio.timeout(20.0):
        await driver.read.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert driver.cancelled.is_set()
