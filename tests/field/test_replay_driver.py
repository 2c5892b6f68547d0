"""A recording as a device: what is read from it, when, and what happens at its end."""

import asyncio
import gzip
import os
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from field_watch import VirtualTime, clock, until
from recordings import DAY, FAST, SECOND, driver, frames_of, open_files, table
from structlog.testing import capture_logs

from edgetwin.core import status
from edgetwin.core.signals import Frame
from edgetwin.field.driver import DeviceDown, Patient
from edgetwin.field.link import LinkState
from edgetwin.field.poller import keep
from edgetwin.uplink.stamps import iso

SIGNALS = {"temp": {"column": "Bearing Temp"}, "b": {}}


async def the_end_of(name: str, logs: Sequence[Mapping[str, object]]) -> None:
    await until(lambda: any(line["event"] == name for line in logs))


async def nothing_more(frames: AsyncGenerator[Frame, None]) -> bool:
    """Tell whether no frame comes for a while."""
    waiting = asyncio.ensure_future(anext(frames))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    waiting.cancel()
    await asyncio.wait([waiting])
    return not done


async def test_each_row_is_a_frame_with_the_time_of_the_file(tmp_path: Path) -> None:
    time = VirtualTime()
    playing = driver(table(tmp_path), SIGNALS, time)
    assert playing.ids.tolist() == [0, 1]
    began = time()
    frames = await frames_of(playing, 10)
    assert [frame.values[0] for frame in frames] == list(range(10))
    assert [int(frame.t_source[1]) - DAY for frame in frames] == [row * SECOND for row in range(10)]
    assert [int(frame.mono[0]) - began.mono for frame in frames] == [row * SECOND for row in range(10)]
    assert [int(frame.t_read[0]) - began.wall for frame in frames] == [row * SECOND for row in range(10)]
    assert np.isnan(frames[3].values[1])
    assert frames[3].status.tolist() == [status.GOOD, status.BAD_NO_DATA]


async def test_columns_come_in_the_order_of_the_configuration(tmp_path: Path) -> None:
    frames = await frames_of(
        driver(table(tmp_path), {"b": {}, "again": {"column": "b"}, "temp": SIGNALS["temp"]}), 3
    )
    assert frames[2].values.tolist() == [20.0, 20.0, 2.0]


@pytest.mark.parametrize(
    ("speed", "took_s"), [("as recorded", 90.0), ("10x", 9.0), ("as fast as possible", 0.0)]
)
async def test_it_is_played_as_fast_as_it_is_told(tmp_path: Path, speed: str, took_s: float) -> None:
    time = VirtualTime()
    await frames_of(driver(table(tmp_path, period_s=10), SIGNALS, time, speed=speed), 10)
    assert time.now_ns == pytest.approx(took_s * 1e9)


async def test_a_gap_is_waited_out_and_time_that_goes_back_is_not(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    seconds = [0, 1, 601, 602, 2, 3]
    path.write_text("\n".join(["time,b", *(f"{iso(DAY + second * SECOND)},{second}" for second in seconds)]))
    time = VirtualTime()
    frames = await frames_of(driver(path, {"b": {}}, time), len(seconds))
    assert [int(frame.mono[0]) // SECOND for frame in frames] == [0, 1, 601, 602, 602, 603]
    assert [int(frame.t_source[0]) // SECOND - DAY // SECOND for frame in frames] == seconds


async def test_a_late_row_makes_no_later_one_late(tmp_path: Path) -> None:
    time = VirtualTime()
    playing = driver(table(tmp_path), SIGNALS, time)
    await playing.open()
    arrivals = []
    async with aclosing(playing.frames()) as frames:
        async for frame in frames:
            arrivals.append(int(frame.mono[0]) / 1e9)
            if len(arrivals) == 3:
                time.now_ns += round(0.4e9)  # the loop was busy
            if len(arrivals) == 6:
                break
    await playing.close()
    assert arrivals == [0, 1, 2, 3, 4, 5]


async def test_a_table_without_times_has_the_rhythm_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "t.dat"
    path.write_text("a b\n" + "\n".join(f"{row} {row}" for row in range(5)))
    frames = await frames_of(driver(path, {"a": {}}, every="3 min"), 5)
    assert [int(frame.t_source[0]) // SECOND for frame in frames] == [0, 180, 360, 540, 720]


async def test_rows_that_share_a_time_are_spread_over_it(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"2026-01-01 00:{minute:02d},{second}" for minute in range(10) for second in range(60)]
    path.write_text("\n".join(["time,a", *rows]))
    frames = await frames_of(driver(path, {"a": {}}, **FAST), 200)
    steps = np.diff([int(frame.t_source[0]) for frame in frames])
    assert (steps == SECOND).all()


async def test_text_rides_along(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("time,recipe,a\n2026-01-01,lime,1\n2026-01-02,-,2\n2026-01-03,ash,3\n")
    frames = await frames_of(driver(path, {"a": {}, "recipe": {"text": True}}, **FAST), 3)
    assert [frame.texts for frame in frames] == [(None, "lime"), (None, None), (None, "ash")]
    assert frames[0].status.tolist() == [status.GOOD, status.GOOD]
    assert frames[1].status.tolist() == [status.GOOD, status.BAD_NO_DATA]


async def test_at_the_end_it_says_so_once_and_keeps_still(tmp_path: Path) -> None:
    playing = driver(table(tmp_path), SIGNALS, **FAST)
    link, seen = LinkState("rig", playing.address), list[Frame]()
    with capture_logs() as logs:
        keeping = asyncio.create_task(keep(playing, seen.append, clock, link))
        await the_end_of("the recording is over", logs)
        for _ in range(50):
            await asyncio.sleep(0)
        assert not keeping.done()
        keeping.cancel()
        await asyncio.wait([keeping])
    assert len(seen) == link.frames == 10
    assert link.up
    assert [line["event"] for line in logs] == ["device up", "the recording is over"]
    assert (logs[-1]["device"], logs[-1]["file"]) == ("rig", str(tmp_path / "table.csv"))
    assert logs[-1]["rows"] == 10


async def test_what_is_over_is_not_played_again_when_it_is_opened_again(tmp_path: Path) -> None:
    playing = driver(table(tmp_path), SIGNALS, **FAST)
    await playing.open()
    async with aclosing(playing.frames()) as frames:
        for _ in range(10):
            await anext(frames)
        assert await nothing_more(frames)
    await playing.close()
    await playing.open()
    async with aclosing(playing.frames()) as frames:
        assert await nothing_more(frames)
    await playing.close()


async def test_again_goes_on_with_its_stamps(tmp_path: Path) -> None:
    time = VirtualTime()
    with capture_logs() as logs:
        frames = await frames_of(driver(table(tmp_path), SIGNALS, time, at_end="again"), 35)
    stamps = [(int(frame.t_source[0]) - DAY) // SECOND for frame in frames]
    assert stamps == list(range(35))
    assert [int(frame.mono[0]) // SECOND for frame in frames] == list(range(35))
    assert [frame.values[0] for frame in frames] == [row % 10 for row in range(35)]
    assert [line["event"] for line in logs] == ["the recording begins again"]


async def test_broken_lines_are_told_and_counted(tmp_path: Path) -> None:
    playing = driver(table(tmp_path, more="noon,1,2\n2026-01-02,x,5"), SIGNALS, **FAST)
    with capture_logs() as logs:
        frames = await frames_of(playing, 11)
        assert playing.lost == 1  # the row without a time
    assert np.isnan(frames[-1].values[0])
    assert frames[-1].values[1] == 5.0
    assert [line["what"].partition(":")[0] for line in logs] == ["row 12", 'row 13, column "Bearing Temp"']


@pytest.mark.parametrize(
    ("content", "signals", "more", "reason", "hint"),
    [
        (None, {"a": {}}, {}, "cannot be read: No such file", "is the path right"),
        ("", {"a": {}}, {}, "empty", ""),
        ("PK\x03\x04", {"a": {}}, {}, "workbook", "save it as CSV"),
        ("time,a\n2026-01-01,1\n", {"x": {}}, {}, 'no column "x"', 'it has: "a"'),
        ("time,a\n2026-01-01,lime\n", {"a": {}}, {}, "holds text", "text = true"),
        ("time,a\n2026-01-01,1\n", {"a": {"text": True}}, {}, "holds numbers", "leave out text"),
        ("b,a\n1,1\n", {"a": {}}, {}, "no column of the file is a time", 'time = "COLUMN"'),
        ("b,a\n1,1\n", {"a": {}}, {"time": "t"}, 'no column "t"', "it has: b, a"),
        ("time,a\n2026-01-01,1\n", {"a": {"signal": "plc.a"}}, {}, "is a table", "write column"),
    ],
)
async def test_a_file_that_cannot_be_used_is_a_device_that_is_down(  # noqa: PLR0917 - a table of cases
    tmp_path: Path,
    content: str | None,
    signals: dict[str, dict[str, object]],
    more: dict[str, Any],
    reason: str,
    hint: str,
) -> None:
    path = tmp_path / "t.csv"
    if content is not None:
        path.write_text(content)
    playing = driver(path, signals, **more)
    with pytest.raises(DeviceDown, match=reason) as down:
        await playing.open()
    assert hint in down.value.hint
    await playing.close()


async def test_a_folder_and_a_pipe_are_no_recording(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        playing = driver(path, SIGNALS)
        with pytest.raises(DeviceDown, match="no file"):
            await playing.open()
        await playing.close()


async def test_a_file_that_breaks_off_is_a_recording_that_ends_there(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(table(tmp_path, 20_000).read_bytes())[:-4000])
    playing = driver(path, SIGNALS, **FAST)
    seen: list[Frame] = []
    with capture_logs() as logs:
        keeping = asyncio.create_task(keep(playing, seen.append, clock, LinkState("rig", "")))
        await the_end_of("the recording is over", logs)
        keeping.cancel()
        await asyncio.wait([keeping])
    assert 1000 < len(seen) < 20_000
    assert [line["event"] for line in logs][-2:] == ["the recording breaks off", "the recording is over"]


async def test_a_hundred_attempts_leave_nothing_behind(tmp_path: Path) -> None:
    tasks, files = asyncio.all_tasks(), open_files()
    missing, there = driver(tmp_path / "none.csv", SIGNALS), driver(table(tmp_path), SIGNALS)
    for _ in range(50):
        with pytest.raises(DeviceDown):
            await missing.open()
        await missing.close()
        await there.open()
        await there.close()
    await there.close()
    assert asyncio.all_tasks() == tasks
    assert open_files() == files


async def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    path, files = table(tmp_path, 5000), open_files()
    for turns in (0, 1, 2, 5, 50):
        playing = driver(path, SIGNALS, **FAST)
        task = asyncio.create_task(keep(playing, lambda _: None, clock, LinkState("rig", "")))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await until(lambda: open_files() == files)


async def test_a_disk_that_hangs_holds_up_neither_close_nor_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(tmp_path, 500)
    playing = driver(tmp_path / "table.csv", SIGNALS, **FAST)
    await playing.open()
    gate, before = threading.Event(), open_files()

    def hang(*_: object) -> None:
        gate.wait(30)

    monkeypatch.setattr("edgetwin.field.recording.from_table.Moment", hang)
    try:
        async with aclosing(playing.frames()) as frames:
            await anext(frames)  # the thread is reading ahead by now, and hangs
            async with asyncio.timeout(2):
                await playing.close()
    finally:
        gate.set()
    await until(lambda: open_files() == before - 1)


async def test_it_waits_for_room(tmp_path: Path) -> None:
    playing = driver(table(tmp_path), SIGNALS, **FAST)
    assert isinstance(playing, Patient)
    room = asyncio.Event()

    async def until_there_is_room() -> None:
        await room.wait()

    playing.room = until_there_is_room
    await playing.open()
    async with aclosing(playing.frames()) as frames:
        first = asyncio.ensure_future(anext(frames))
        await asyncio.wait([first], timeout=0.05)
        assert not first.done()
        room.set()
        assert len(await first) == 2
    await playing.close()
