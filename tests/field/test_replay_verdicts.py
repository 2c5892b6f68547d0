"""What the gateway says of a recording does not depend on how fast it is played, nor on which form it has."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from by_hand import noise
from field_watch import VirtualTime
from recordings import DAY, SECOND, driver, frames_of, message

from edgetwin import build
from edgetwin.config.tree import Config
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Kind, Outcome, Quality, SignalTable
from edgetwin.uplink.messages import RowWriter
from edgetwin.uplink.stamps import iso

SIGNALS = {"x": {}, "y": {"range": [0, 100]}}
VERDICTS = ("ids", "raw", "value", "sigma", "quality", "reasons", "surprise", "status", "t_source")


def recording(folder: Path) -> Path:
    """Write one with a hole of ten minutes, a spike, an empty stretch, a value out of range and a stuck sensor."""
    seconds = [*range(200), *range(800, 1100)]
    x, y = noise(len(seconds)), noise(len(seconds), seed=2)
    x[150], y[160], y[250:300], x[400:] = 90.0, 400.0, np.nan, x[400]
    rows = [
        f"{iso(DAY + second * SECOND)},{a},{'' if np.isnan(b) else b}"
        for second, a, b in zip(seconds, x.tolist(), y.tolist(), strict=True)
    ]
    path = folder / "rig.csv"
    path.write_text("\n".join(["time,x,y", *rows, ""]))
    return path


def table_of(path: Path, signals: Mapping[str, Mapping[str, object]] = SIGNALS) -> SignalTable:
    device = {"connect": path.as_uri(), "signals": signals}
    return build.signal_table(Config.model_validate({"device": {"rig": device}}))


async def decided(
    path: Path, count: int, signals: Mapping[str, Mapping[str, object]], speed: str
) -> list[Outcome]:
    """Play a recording through a pipeline that also makes a step in each second in which nothing comes."""
    time, pipeline = VirtualTime(), Pipeline(table_of(path, signals))
    outcomes: list[Outcome] = []
    now = 0
    for frame in await frames_of(driver(path, signals, time, speed=speed), count):
        for second in range(now + SECOND, int(frame.mono[0]), SECOND):
            pipeline.step([], second)
        now = int(frame.mono[0])
        outcomes.append(pipeline.step([frame], now))
    return outcomes


def column(outcomes: Sequence[Outcome], name: str) -> bytes:
    return b"".join(getattr(outcome, name).tobytes() for outcome in outcomes)


@pytest.mark.parametrize("speed", ["10x", "as fast as possible"])
async def test_the_verdicts_are_the_same_at_every_speed(tmp_path: Path, speed: str) -> None:
    path = recording(tmp_path)
    play = partial(decided, path, 500, SIGNALS)
    on_the_day, now = await play("as recorded"), await play(speed)
    for name in VERDICTS:
        assert column(on_the_day, name) == column(now, name), name
    assert {int(quality) for outcome in now for quality in outcome.quality} == set(Quality)


async def test_the_records_of_a_gateway_give_the_verdicts_that_it_gave(tmp_path: Path) -> None:
    """What was told of a recording is played: the same raw readings, so the same outcome; nothing is learned twice."""
    path = recording(tmp_path)
    first = await decided(path, 500, SIGNALS, "as fast as possible")
    writer = RowWriter(table_of(path))
    told = tmp_path / "told.jsonl"
    lines = [message(*writer.rows(outcome, np.arange(len(outcome)))) for outcome in first]
    told.write_text("\n".join(lines))
    second = await decided(told, 500, SIGNALS, "as fast as possible")
    for name in VERDICTS:
        assert column(first, name) == column(second, name), name


def test_its_signals_live_in_the_time_of_the_file() -> None:
    x, y, recipe = table_of(Path("/rig.csv"), {**SIGNALS, "recipe": {"text": True}})
    assert all(signal.recorded and not signal.on_change for signal in (x, y, recipe))
    assert np.isnan(x.period_s)  # learned from the stamps, however fast it is played
    assert (y.high, recipe.kind) == (100.0, Kind.TEXT)
    device = {"connect": "file:///rig.dat", "every": "3 min", "signals": SIGNALS}
    (x, _) = build.signal_table(Config.model_validate({"device": {"rig": device}}))
    assert x.period_s == 180.0
