"""Recordings for tests, and what a driver makes of them when it plays one."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import orjson
from field_watch import VirtualTime

from edgetwin.config.recording import RecordedDevice
from edgetwin.core.signals import Frame
from edgetwin.field.recording.driver import ReplayDriver
from edgetwin.uplink.stamps import iso

DAY = 1_767_225_600 * 10**9  # 2026-01-01
SECOND = 10**9
FAST: dict[str, Any] = {"speed": "as fast as possible"}


def table(folder: Path, rows: int = 10, *, period_s: int = 1, more: str = "") -> Path:
    """Write a table of two columns: a counts the rows, b is ten times as much and empty in row 3."""
    path = folder / "table.csv"
    lines = [
        f"{iso(DAY + row * period_s * SECOND)},{row},{'' if row == 3 else row * 10}" for row in range(rows)
    ]
    path.write_text("\n".join(["time,Bearing Temp,b", *lines, more]), encoding="utf-8")
    return path


def row(name: str, raw: float | None, second: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON has it
    """Give one row of a message of state, as the uplink tells it."""
    read = iso(DAY + round(second * SECOND))
    judged = {"value": -1.0, "sigma": 0.1, "quality": "good", "reasons": [], "surprise": None}
    return {"signal": name, "raw": raw, **judged, "status": 0, "t_source": None, "t_read": read, **more}


def message(*rows: dict[str, Any], **more: Any) -> str:  # noqa: ANN401 - as JSON has it
    """Give one message of state as a line."""
    head = {"v": 1, "site": "s", "gateway": "g", "epoch": "e", "time": iso(DAY), "seq": 1, "device": "plc1"}
    signals = {str(number): each for number, each in enumerate(rows)}
    return orjson.dumps({**head, "signals": signals, **more}).decode()


def driver(
    path: Path,
    signals: Mapping[str, Mapping[str, object]],
    clock: VirtualTime | None = None,
    **more: Any,  # noqa: ANN401 - as TOML has it
) -> ReplayDriver:
    """Make a driver in virtual time."""
    time = clock or VirtualTime()
    config = RecordedDevice.model_validate({"connect": path.as_uri(), "signals": signals, **more})
    return ReplayDriver("rig", config, time, time.sleep)


async def frames_of(playing: ReplayDriver, count: int) -> list[Frame]:
    """Play so many frames."""
    frames: list[Frame] = []
    await playing.open()
    try:
        async with asyncio.timeout(30), aclosing(playing.frames()) as coming:
            while len(frames) < count:
                frames.append(await anext(coming))
    finally:
        await playing.close()
    return frames


def open_files() -> int:
    """Count what this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
