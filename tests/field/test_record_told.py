"""What a gateway has told, played again: its raw readings, and never what it made of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import DAY, FAST, SECOND, driver, frames_of, message, row
from structlog.testing import capture_logs

from edgetwin.config.recording import RecordedDevice
from edgetwin.core import status
from edgetwin.core.signals import Frame
from edgetwin.field.driver import DeviceDown
from edgetwin.field.recording.from_told import blocks
from edgetwin.field.recording.moment import Wanted
from edgetwin.field.table.problems import Problems
from edgetwin.uplink.stamps import iso

SIGNALS = {"temp": {"signal": "plc1.bearing_temp"}, "load": {"signal": "plc1.load"}}


def written(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


async def played(path: Path, lines: Sequence[str], count: int, **signals: dict[str, object]) -> list[Frame]:
    return await frames_of(driver(written(path, lines), signals or SIGNALS, **FAST), count)


@pytest.mark.parametrize("topic", ["", "edgetwin/s/g/state/plc1 "])
async def test_the_raw_reading_is_taken_with_its_status_and_its_stamps(tmp_path: Path, topic: str) -> None:
    line = message(
        row("plc1.load", 7.5, 3.0, status=status.UNCERTAIN),
        row("plc1.bearing_temp", 61.25, 3.0, t_source=iso(DAY + 2 * SECOND)),
        row("plc1.other", 1.0, 3.0),
    )
    (frame,) = await played(tmp_path / "told.jsonl", [topic + line], 1)
    assert frame.ids.tolist() == [0, 1]
    assert frame.values.tolist() == [61.25, 7.5]  # and not -1, which is what the gateway made of it
    assert frame.status.tolist() == [status.GOOD, status.UNCERTAIN]
    assert [(int(stamp) - DAY) // SECOND for stamp in frame.t_source] == [2, 3]


async def test_a_signal_without_another_name_is_called_as_here(tmp_path: Path) -> None:
    (frame,) = await played(tmp_path / "told", [message(row("rig.temp", 5.0, 0.0))], 1, temp={})
    assert frame.values.tolist() == [5.0]


async def test_what_is_told_for_the_second_time_is_no_new_reading(tmp_path: Path) -> None:
    lines = [
        message(row("plc1.bearing_temp", 1.0, 0.0), row("plc1.load", 5.0, 0.0)),
        message(row("plc1.bearing_temp", 1.0, 0.0)),  # a heartbeat
        message(row("plc1.bearing_temp", 2.0, 1.0), row("plc1.load", 5.0, 0.0)),
        message(row("plc1.bearing_temp", 2.0, 2.0)),
    ]
    frames = await played(tmp_path / "told", lines, 3)
    assert [frame.ids.tolist() for frame in frames] == [[0, 1], [0], [0]]
    assert [(int(frame.t_source[0]) - DAY) // SECOND for frame in frames] == [0, 1, 2]


async def test_a_reading_that_failed_failed_again(tmp_path: Path) -> None:
    line = message(
        row("plc1.bearing_temp", None, 0.0, status=status.BAD_DEVICE_FAILURE | 2), row("plc1.load", None, 0.0)
    )
    (frame,) = await played(tmp_path / "told", [line], 1)
    assert np.isnan(frame.values).all()
    assert frame.status.tolist() == [status.BAD_DEVICE_FAILURE | 2, status.BAD_NO_DATA]


async def test_text_is_its_label(tmp_path: Path) -> None:
    line = message(row("rig.recipe", None, 0.0, label="lime"), row("rig.x", 1.0, 0.0))
    (frame,) = await played(tmp_path / "told", [line], 1, x={}, recipe={"text": True})
    assert frame.texts == (None, "lime")
    assert frame.status.tolist() == [status.GOOD, status.GOOD]


async def test_other_messages_are_passed_over_and_broken_ones_are_told(tmp_path: Path) -> None:
    good = message(row("plc1.load", 1.0, 0.0))
    lacking = row("plc1.load", 1.0, 1.0)
    del lacking["t_read"]
    lines = [
        "edgetwin/s/g/status " + orjson.dumps({"v": 1, "online": True}).decode(),
        good,
        '{"v": 1, "signal": "plc1.load", "kind": "stuck", "active": true}',  # an alert
        good[: len(good) // 2],
        message(lacking),
        message(row("plc1.load", "7", 2.0)),  # type: ignore[arg-type]
        message(row("plc1.load", 1.0, 2.0, status=-1)),
        "[1]",
        "",
        orjson.dumps(row("plc1.load", 3.0, 3.0)).decode(),  # the topic of one signal
    ]
    with capture_logs() as logs:
        frames = await played(tmp_path / "told", lines, 2)
    assert [frame.values.tolist() for frame in frames] == [[1.0], [3.0]]
    assert [str(line["what"]).split(":")[0].split(",")[0] for line in logs] == [
        f"row {number}" for number in (4, 5, 6, 7, 8)
    ]


async def test_the_file_of_a_replay_is_played_too(tmp_path: Path) -> None:
    lines = [
        "time,signal,raw,value,sigma,quality,reasons,surprise",
        f"{iso(DAY)},Bearing Temp,1.5,-1,0.1,good,,0.1",
        f"{iso(DAY)},recipe,lime,,,good,,",
        f"{iso(DAY)},other,9,-1,0.1,good,,0.1",
        f"{iso(DAY + SECOND)},Bearing Temp,,-1,0.1,bad,gap,",
        f"{iso(DAY + SECOND)},Bearing Temp,2.5,-1,0.1,good,,",  # two rows of the file shared a time
        "noon,Bearing Temp,1,1,1,good,,",
        f"{iso(DAY)[:-1]}789Z,recipe,ash,,,good,,",
    ]
    signals: dict[str, dict[str, object]] = {
        "temp": {"signal": "Bearing Temp"},
        "recipe": {"signal": "recipe", "text": True},
    }
    with capture_logs() as logs:
        frames = await played(tmp_path / "out.csv", lines, 4, **signals)
    assert [frame.ids.tolist() for frame in frames] == [[0, 1], [0], [0], [1]]
    assert [frame.values[0] for frame in frames[::2]] == [1.5, 2.5]
    assert frames[1].status.tolist() == [status.BAD_NO_DATA]
    assert [frame.texts for frame in frames] == [(None, "lime"), (), (), ("ash",)]
    assert int(frames[3].t_source[0]) - DAY == 789
    assert [str(line["what"]).split(",")[0] for line in logs] == ["row 7"]


async def test_what_is_infinite_or_broken_in_the_file_of_a_replay_is_told(tmp_path: Path) -> None:
    lines = [
        "time,signal,raw",
        f"{iso(DAY)},Bearing Temp,inf",
        f"{iso(DAY + SECOND)},Bearing Temp,{'9' * 200_000}",  # more than a CSV reader takes
        f"{iso(DAY + 2 * SECOND)},Bearing Temp,2.5",
    ]
    with capture_logs() as logs:
        frames = await played(tmp_path / "out.csv", lines, 2, temp={"signal": "Bearing Temp"})
    assert [frame.status.tolist() for frame in frames] == [[status.BAD_NO_DATA], [status.GOOD]]
    assert np.isnan(frames[0].values[0])
    assert frames[1].values.tolist() == [2.5]
    assert [str(line["what"]).split(":")[0].split(",")[0] for line in logs] == ["row 2", "row 3"]


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.lists(st.none(), max_size=1)
)


@given(
    changes=st.dictionaries(
        st.sampled_from(["raw", "status", "t_read", "t_source", "label"]), ANYTHING, max_size=3
    ),
    gone=st.sets(st.sampled_from(["raw", "status", "t_read", "t_source"]), max_size=1),
)
def test_whatever_stands_in_a_row_it_is_a_reading_or_a_problem(
    changes: dict[str, Any], gone: set[str]
) -> None:
    signals = {"load": {"signal": "plc1.load", "text": True}}
    wanted = Wanted.of("rig", RecordedDevice.model_validate({"connect": "file:///told", "signals": signals}))
    changed = {
        key: value for key, value in {**row("plc1.load", 1.0, 0.0), **changes}.items() if key not in gone
    }
    problems = Problems(lambda _: None)
    line = json.dumps({"signals": {"a": changed}})
    moments = [moment for block in blocks(iter([(1, line)]), wanted, problems) for moment in block]
    assert len(moments) + problems.total == 1
    for moment in moments:
        assert np.isfinite(moment.values).all() or moment.texts or moment.status[0] >= status.BAD


@pytest.mark.parametrize(
    ("signals", "reason", "hint"),
    [
        ({"a": {"column": "a"}}, "have no column", "write signal"),
        ({"a": {"signal": "p.x"}, "b": {"signal": "p.x"}}, "two signals are to be p.x", "one of them"),
        ({"a": {"signal": "p.nowhere"}}, "none of the signals", "called in the file"),
    ],
)
async def test_signals_that_are_not_there_are_told(
    tmp_path: Path, signals: dict[str, dict[str, object]], reason: str, hint: str
) -> None:
    path = tmp_path / "told"
    path.write_text(message(row("p.x", 1.0, 0.0)))
    playing = driver(path, signals)
    with pytest.raises(DeviceDown, match=reason) as down:
        await playing.open()
    assert hint in down.value.hint
    await playing.close()
