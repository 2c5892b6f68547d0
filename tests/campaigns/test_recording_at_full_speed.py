"""A recording that is played as fast as possible: the pipeline sees every row, and a PLC beside it misses no poll.

In `make test` some thousand rows, in `make campaign` 200,000.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from logbook import Logbook
from noisy_plc import NoisyPlc
from running_gateway import running, write_config

from edgetwin import chain
from edgetwin.inbox import Inbox

ROWS = 200_000 if "EDGETWIN_CAMPAIGN" in os.environ else 2_000
COLUMNS = 5
DEADLINE_S = 1500.0

pytestmark = [pytest.mark.timeout(2 * DEADLINE_S), pytest.mark.alone]


def recording(folder: Path, rows: int) -> str:
    """Write a recording; give the part of a configuration that plays it."""
    path = folder / "rig.csv"
    values = np.random.default_rng(1).normal(50.0, 1.0, (rows, COLUMNS)).round(3)
    with path.open("w", encoding="utf-8") as file:
        file.write("time," + ",".join(f"c{column}" for column in range(COLUMNS)) + "\n")
        for row, each in enumerate(values.tolist()):
            file.write(f"{1_767_225_600 + row}," + ",".join(map(str, each)) + "\n")
    signals = "\n".join(f"c{column} = {{}}" for column in range(COLUMNS))
    device = f'[device.rig]\nconnect = "{path.as_uri()}"\nspeed = "as fast as possible"\n'
    return f"{device}[device.rig.signals]\n{signals}\n"


async def play(folder: Path, logbook: Logbook, rows: int) -> dict[str, Any]:
    """Play a recording in a whole gateway, beside a PLC; give what the gateway says of itself at the end."""
    async with NoisyPlc() as plc:
        config = write_config(folder, recording(folder, rows), plc.tables(every="1 s"))
        async with running(config) as gateway, asyncio.timeout(DEADLINE_S):
            while not (over := logbook.named("the recording is over")) or len(gateway.chain.inbox):  # noqa: ASYNC110 - of two
                await asyncio.sleep(0.01)
            assert over[0]["rows"] == rows
            return gateway.view()


async def test_no_row_is_lost_and_nobody_else_waits(tmp_path: Path, logbook: Logbook) -> None:
    view = await play(tmp_path, logbook, ROWS)
    devices = {device["name"]: device for device in view["devices"]}
    assert devices["rig"]["frames"] == ROWS
    assert devices["plc1"]["missed_polls"] == 0
    assert devices["plc1"]["downs"] == 0
    assert view["counters"]["inbox_dropped_frames"] == 0
    assert view["counters"]["frames"] == ROWS + devices["plc1"]["frames"]  # all of them were decided


@pytest.mark.parametrize("waits", [True, False])
async def test_a_small_inbox_is_large_enough_for_who_waits(
    tmp_path: Path, logbook: Logbook, monkeypatch: pytest.MonkeyPatch, *, waits: bool
) -> None:
    """Take the guard away: a driver that does not wait for room loses rows."""

    async def no_need(_: Inbox) -> None:
        """Find that there is always room."""

    monkeypatch.setattr(chain, "Inbox", lambda: Inbox(1_000))
    if not waits:
        monkeypatch.setattr(Inbox, "room", no_need)
    view = await play(tmp_path, logbook, 1_000)
    assert (view["counters"]["inbox_dropped_frames"] == 0) is waits
