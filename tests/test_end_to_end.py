"""The whole path with real parts: a Modbus PLC, the gateway as a process, a mosquitto, an MQTT client."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import orjson
import pytest
from gateway_process import edgetwin
from noisy_plc import NoisyPlc
from real_broker import Heard, Listener, Mosquitto
from running_gateway import control_of, device_of, view_where, write_config

BASE = "edgetwin/hall/gw"


def bearing(heard: Heard) -> dict[str, Any]:
    row: dict[str, Any] = (
        heard.json["signals"].get("bearing", {}) if heard.topic == f"{BASE}/state/plc1" else {}
    )
    return row


def sigma(heard: Heard) -> float:
    return float(bearing(heard)["sigma"])


async def test_a_stuck_sensor_is_named_upstream_and_its_corrected_value_goes_on(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with NoisyPlc() as plc, Listener(broker) as ear:
        config = write_config(tmp_path, plc.tables(), broker=broker.url)
        async with edgetwin("run", "--config", str(config)) as gateway:
            await gateway.ready()
            birth = await ear.on("/status")
            assert birth.json["online"]
            await view_where(config, lambda view: view["counters"]["readings"] > 120)
            healthy = await ear.until(lambda heard: bearing(heard).get("quality") == "good")
            assert abs(bearing(healthy)["value"] - 60.0) < 1.0

            plc.stick("bearing", 61.5)
            alert = (await ear.until(lambda heard: "/alert/" in heard.topic)).json
            assert (alert["signal"], alert["kind"], alert["active"]) == ("plc1.bearing", "stuck", True)
            assert alert["onset"] < alert["detected"]

            held = await ear.until(lambda heard: "stuck" in bearing(heard).get("reasons", []))
            assert bearing(held)["raw"] == 61.5
            assert bearing(held)["quality"] == "bad"
            assert abs(bearing(held)["value"] - 60.0) < 1.0
            later = await ear.until(
                lambda heard: "stuck" in bearing(heard).get("reasons", []) and sigma(heard) > sigma(held)
            )
            assert abs(bearing(later)["value"] - 60.0) < 1.0

            gateway.send(signal.SIGTERM)
            assert await gateway.end() == 0
            farewell = await ear.until(
                lambda heard: heard.topic == f"{BASE}/status" and not heard.json["online"]
            )
            assert farewell.json["reason"] == "stopped"
    assert gateway.events[-2:] == ["gateway stops", "gateway stopped"]


async def test_sigterm_ends_it_within_seconds_also_when_plc_and_broker_are_away(tmp_path: Path) -> None:
    async with NoisyPlc() as plc:
        config = write_config(tmp_path, plc.tables(), broker="mqtt://127.0.0.1:9")
    async with edgetwin("run", "--config", str(config)) as gateway:
        await gateway.logs(lambda line: "device down" in line)
        gateway.send(signal.SIGTERM)
        async with asyncio.timeout(7.0):
            assert await gateway.end() == 0
    assert not control_of(config).exists()


async def test_a_broker_that_has_frozen_does_not_hold_the_end_up(tmp_path: Path, broker: Mosquitto) -> None:
    async with NoisyPlc() as plc:
        config = write_config(tmp_path, plc.tables(), broker=broker.url)
        async with edgetwin("run", "--config", str(config)) as gateway:
            await gateway.logs(lambda line: "broker connected" in line)
            broker.freeze()
            gateway.send(signal.SIGTERM)
            async with asyncio.timeout(8.0):
                assert await gateway.end() == 0


async def test_ctrl_c_is_an_orderly_end_too(tmp_path: Path) -> None:
    async with (
        NoisyPlc() as plc,
        edgetwin("run", "--config", str(write_config(tmp_path, plc.tables()))) as gateway,
    ):
        await gateway.logs(lambda line: "device up" in line)
        gateway.send(signal.SIGINT)
        assert await gateway.end() == 0


async def test_sighup_reads_the_configuration_again(tmp_path: Path) -> None:
    async with NoisyPlc() as first, NoisyPlc() as second:
        config = write_config(tmp_path, first.tables("plc1"))
        async with edgetwin("run", "--config", str(config)) as gateway:
            await gateway.logs(lambda line: "device up" in line)
            config.write_text("nonsense")
            gateway.send(signal.SIGHUP)
            line = await gateway.logs(lambda line: "configuration refused" in line)
            assert f"{config}:1" in line
            write_config(tmp_path, first.tables("plc1"), second.tables("plc2"))
            gateway.send(signal.SIGHUP)
            await view_where(config, lambda view: sum(device["up"] for device in view["devices"]) == 2)


async def test_a_broker_that_was_away_is_found_again(tmp_path: Path, broker: Mosquitto) -> None:
    async with NoisyPlc() as plc:
        config = write_config(tmp_path, plc.tables(), broker=broker.url)
        async with edgetwin("run", "--config", str(config)) as gateway:
            await gateway.ready()
            await view_where(config, lambda view: view["uplink"]["connected"])
            broker.stop()
            away = await view_where(config, lambda view: not view["uplink"]["connected"])
            await view_where(config, lambda view: view["counters"]["steps"] > away["counters"]["steps"] + 10)
            broker.start()
            await view_where(config, lambda view: view["uplink"]["connected"])


async def test_health_says_what_was_dropped(tmp_path: Path, broker: Mosquitto) -> None:
    async with NoisyPlc() as plc, Listener(broker) as ear:
        config = write_config(tmp_path, plc.tables(), broker=broker.url)
        async with edgetwin("run", "--config", str(config)):
            health = (await ear.on("/health")).json
    assert health["counters"]["inbox_dropped_frames"] == 0
    assert health["counters"]["inbox_dropped_readings"] == 0
    assert health["uplink"]["dropped_state"] == 0


async def test_all_mistakes_of_a_configuration_are_told_at_once(tmp_path: Path) -> None:
    config = tmp_path / "bad.toml"
    config.write_text('[gateway]\nnaem = "gw"\n[publish]\nheartbeat = "60"\n')
    async with edgetwin("run", "--config", str(config)) as gateway:
        assert await gateway.end() == 78
    assert [line.split(": ")[:2] for line in gateway.lines] == [
        [f"{config}:1", "device"],
        [f"{config}:2", "gateway.naem"],
        [f"{config}:4", "publish.heartbeat"],
    ]
    assert "did you mean name?" in gateway.lines[1]


async def test_a_configuration_that_is_not_there_is_a_configuration_mistake(tmp_path: Path) -> None:
    async with edgetwin("run", "--config", str(tmp_path / "none.toml")) as gateway:
        assert await gateway.end() == 78
    assert "none.toml" in gateway.lines[0]


async def test_a_crash_has_its_own_exit_code_and_a_traceback(tmp_path: Path) -> None:
    code = "from edgetwin.core.pipeline import Pipeline\nPipeline.step = lambda *_: 1 / 0"
    async with NoisyPlc() as plc:
        config = write_config(tmp_path, plc.tables())
        async with edgetwin("run", "--config", str(config), code=code) as gateway:
            assert await gateway.end() == 70
    crash = orjson.loads(gateway.lines[-1].removeprefix("<2>"))
    assert "ZeroDivisionError" in crash["exception"]
    assert "in the task 'pipeline'" in crash["exception"]


async def test_a_control_socket_that_cannot_be_made_has_its_own_exit_code(tmp_path: Path) -> None:
    async with NoisyPlc() as plc:
        config = write_config(tmp_path, plc.tables())
        control_of(config).mkdir()
        async with edgetwin("run", "--config", str(config)) as gateway:
            assert await gateway.end() == 73
    assert "something else of that name is in the way" in gateway.lines[-1]
    assert str(control_of(config)) in gateway.lines[-1]


async def test_a_second_gateway_says_that_there_is_one(tmp_path: Path) -> None:
    async with NoisyPlc() as plc:
        config = write_config(tmp_path, plc.tables())
        async with (
            edgetwin("run", "--config", str(config)) as first,
            edgetwin("run", "--config", str(config)) as second,
        ):
            codes = [asyncio.create_task(each.end()) for each in (first, second)]
            [done], [still] = await asyncio.wait(codes, return_when=asyncio.FIRST_COMPLETED, timeout=20)
            assert done.result() == 75
            loser = (first, second)[codes.index(done)]
            assert "another edgetwin is running" in loser.lines[-1]
            (first, second)[codes.index(still)].send(signal.SIGTERM)
            assert await still == 0


async def test_watch_shows_a_running_gateway(tmp_path: Path) -> None:
    async with NoisyPlc() as plc:
        config = write_config(tmp_path, plc.tables())
        async with edgetwin("run", "--config", str(config)) as gateway:
            await gateway.ready()
            await view_where(config, lambda view: view["devices"][0]["up"])
            async with edgetwin("watch", "--once", "--config", str(config)) as watch:
                out, _ = await watch.process.communicate()
            assert "plc1 up" in out.decode()
            assert "bearing" in out.decode()
            assert watch.process.returncode == 0


@pytest.mark.parametrize("words", [["--once"], ["--json"], []])
async def test_watch_without_a_gateway_says_what_to_do(tmp_path: Path, words: list[str]) -> None:
    async with edgetwin("watch", "--socket", str(tmp_path / "none.sock"), *words) as watch:
        assert await watch.end() == 69
    assert "edgetwin run --config FILE" in watch.lines[0]


async def test_watch_says_when_the_gateway_goes_away_and_finds_it_again(tmp_path: Path) -> None:
    async with NoisyPlc() as plc:
        config = write_config(tmp_path, plc.tables())
        words = ("watch", "--json", "--every", "100 ms", "--socket", str(control_of(config)))
        async with edgetwin("run", "--config", str(config)) as gateway:
            await gateway.logs(lambda line: "device up" in line)
            async with edgetwin(*words) as watch:
                assert await watch.shows(lambda view: device_of(view, "plc1")["up"])
                gateway.send(signal.SIGTERM)
                await gateway.end()
                assert "has gone away" in await watch.logs(lambda _: True)
                async with edgetwin("run", "--config", str(config)) as again:
                    await again.ready()
                    assert await watch.shows(lambda view: view["time"] > again.ready_at)
