"""The simulated plant, the gateway as a process, a mosquitto: from the sensor to the subscriber."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from gateway_process import edgetwin
from real_broker import Heard, Listener, Mosquitto
from running_gateway import control_of, view_where

from edgetwin.plant.config_text import demo_config
from edgetwin.plant.live import LivePlant
from edgetwin.plant.plant import Plant

LEARNED = 40  # frames of each device before something breaks: enough to know its habits
DEADLINE_S = 60.0


@asynccontextmanager
async def plant_at_work() -> AsyncIterator[LivePlant]:
    """Run a plant in which nothing breaks by itself."""
    async with LivePlant(Plant(seed=3), scheduled_faults=False) as live:
        time_passing = asyncio.create_task(live.run())
        try:
            yield live
        finally:
            time_passing.cancel()
            with suppress(asyncio.CancelledError):
                await time_passing


def flow_of(heard: Heard, topic: str) -> dict[str, Any]:
    """Give what a message tells of the flow of one asset; nothing when it is about something else."""
    row: dict[str, Any] = heard.json["signals"].get("flow", {}) if heard.topic.endswith(topic) else {}
    return row


def is_alert(signal: str, heard: Heard) -> bool:
    return "/alert/" in heard.topic and bool(heard.json["signal"] == signal)


def is_called_stuck(topic: str, heard: Heard) -> bool:
    return "stuck" in flow_of(heard, topic).get("reasons", [])


async def test_sensors_that_stick_are_named_whichever_protocol_they_speak(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with plant_at_work() as live, Listener(broker) as ear:
        config = tmp_path / "plant.toml"
        text = demo_config(
            live.mill.port, live.feed.port, broker.host, broker.port, control=control_of(config)
        )
        for slow, fast in (('"10 s"', '"1 s"'), ('"500 ms"', '"100 ms"'), ('"200 ms"', '"100 ms"')):
            text = text.replace(slow, fast)
        config.write_text(text)
        async with edgetwin("run", "--config", str(config)) as gateway:
            await gateway.ready()
            await view_where(
                config,
                lambda view: all(device["frames"] > LEARNED for device in view["devices"]),
                deadline_s=DEADLINE_S,
            )
            live.plant.break_("mill.water_flow", "stuck")
            live.plant.break_("feed.dose_flow", "stuck")
            for signal, topic in (
                ("mill.water_flow", "/state/grinding/mill1/bearing"),
                ("feed.dose_flow", "/state/feed/dosing/pump"),
            ):
                alert = await ear.until(partial(is_alert, signal), DEADLINE_S)
                assert alert.json["kind"] == "stuck"
                told = await ear.until(partial(is_called_stuck, topic), DEADLINE_S)
                row = flow_of(told, topic)
                assert (row["quality"], row["signal"]) == ("bad", signal)
                truth = live.plant.truth[signal]
                assert isinstance(truth, float)
                assert abs(row["value"] - truth) < 0.2 * abs(truth)
                assert row["sigma"] > 0
