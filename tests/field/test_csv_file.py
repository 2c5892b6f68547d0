"""A CSV file as a device: whatever its dialect, the same rows come out, and it is never held as a whole."""

import gzip
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from csv_reading import read

from edgetwin.core.signals import UNSTAMPED
from edgetwin.core.status import BAD_NO_DATA, GOOD
from edgetwin.field.table import lines as csv_open
from edgetwin.field.table.clock import TimeWish
from edgetwin.field.table.file import CsvFile
from edgetwin.field.table.problems import TOLD_IN_FULL, Problems, UnusableFile

START = 1_581_168_647_000_000_000


def unusable(path: Path, wish: TimeWish | None = None) -> str:
    with pytest.raises(UnusableFile) as caught:
        read(path, wish)
    return str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "in.csv"


def test_each_row_is_one_frame_with_all_columns(file: Path) -> None:
    file.write_text("time,a,b\n1581168647,1,\n1581168648,2,3\n")
    with CsvFile(str(file), Problems(pytest.fail)) as rows:
        (block,) = rows.blocks()
    first, second = block.frames(np.array([4, 7], np.int32))
    assert first.ids.tolist() == second.ids.tolist() == [4, 7]
    assert first.status.tolist() == [GOOD, BAD_NO_DATA]
    assert second.values.tolist() == [2.0, 3.0]
    assert first.mono.tolist() == first.t_read.tolist() == [START, START]
    assert second.mono.tolist() == [START + 10**9] * 2
    assert first.t_source.tolist() == [UNSTAMPED, UNSTAMPED]


def test_a_text_rides_along_in_its_frame(file: Path) -> None:
    file.write_text("time,recipe,a\n1581168647,mix,1\n1581168648,,2\n")
    with CsvFile(str(file), Problems(lambda _: None)) as rows:
        (block,) = rows.blocks()
    first, second = block.frames(np.arange(2, dtype=np.int32))
    assert first.texts == ("mix", None)
    assert first.status.tolist() == [GOOD, GOOD]
    assert second.texts == (None, None)
    assert second.status.tolist() == [BAD_NO_DATA, GOOD]


def test_the_size_of_the_blocks_changes_nothing(file: Path) -> None:
    rows = [f"{1581168647 + n},{n / 3!r},{'x' if n % 7 == 0 else n}" for n in range(300)]
    file.write_text("time,a,b\n" + "\n".join(rows) + "\n")
    expected = read(file, rows=1)
    for size in (2, 64, 1000):
        times, values, problems, told = read(file, rows=size)
        assert times.tolist() == expected[0].tolist()
        np.testing.assert_array_equal(values, expected[1])
        assert problems.counts == expected[2].counts
        assert told == expected[3]


def test_a_broken_column_is_named_ten_times_and_then_counted(file: Path) -> None:
    file.write_text("time,a,b\n1581168647,1,2\n" + "".join(f"{1581168648 + n},ERR,3\n" for n in range(1500)))
    _, values, problems, told = read(file)
    assert told[0] == "row 3, column \"a\": 'ERR' is no number; the cell counts as missing"
    assert len(told) == TOLD_IN_FULL + 1
    assert problems.totals() == ['1500 x text in a number column, column "a"']
    assert np.isnan(values[1:, 0]).all()
    assert (values[1:, 1] == 3).all()


def test_the_file_is_streamed(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    with file.open("w") as out:
        out.write("time,a\n")
        out.writelines(f"{1581168647 + n},{n}.5\n" for n in range(200_000))
    with CsvFile(str(file), Problems(pytest.fail)) as rows:
        assert rows.size == file.stat().st_size
        blocks = rows.blocks()
        next(blocks)
        assert 0 < rows.position < rows.size / 4
        seen = [rows.position for _ in blocks]
    assert all(earlier <= later for earlier, later in pairwise(seen))
    assert seen[-1] == file.stat().st_size


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"time,a\n", "has a header and no rows"),
        (b"a,b\n1,2\n3,1\n", '--every "1 s"'),
        (b"time\n1581168647\n", "no signals"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"\x7fELF\0\0\0", "no text file"),
        (b"Uhrzeit;a\n10:00:00;1\n", "no dates"),
        (
            b"2020-02-08T13:30:47,1,inf\n2020-02-08T13:30:47,1,08.02.2020\n1,13:30\n1,13:30\n",
            "no row has a time",
        ),
        (gzip.compress(b"time,a\n1581168647,1\n", mtime=0)[:-12], "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    assert message in unusable(file)


def test_a_file_without_lines_is_not_read_into_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_open, "LONGEST_LINE", 1000)
    file.write_text("time,a\n" + "1" * 999 + "2", encoding="utf-8")
    assert unusable(file) == "a line of it does not end; is it a CSV file?"


def test_a_column_that_is_asked_for_and_not_there_is_named_with_those_that_are(file: Path) -> None:
    file.write_text("time,a\n1581168647,1\n")
    assert 'no column "clock"; it has: time, a' in unusable(file, TimeWish(column="clock"))


def test_the_user_names_the_column_of_time(file: Path) -> None:
    file.write_text("n,beat,a\n1,10,5\n2,20,6\n3,30,7\n")
    times, values, _, _ = read(file, TimeWish(column="beat"))
    assert times.tolist() == [10 * 10**9, 20 * 10**9, 30 * 10**9]
    assert values[:, 1].tolist() == [5, 6, 7]


def test_rows_that_share_a_time_are_spread_over_it_for_intervals_alone(file: Path) -> None:
    file.write_text("time,a\n" + "".join(f"2020-02-08 13:{30 + n // 4}:00,{n}\n" for n in range(40)))
    told: list[str] = []
    with CsvFile(str(file), Problems(told.append)) as rows:
        (block,) = rows.blocks()
    assert told == ["about 4 rows share each time; for intervals they are spread over it"]
    assert np.diff(block.mono).tolist() == [15 * 10**9] * 39
    assert (block.mono - block.times < 60 * 10**9).all()
    frame = block.frames(np.zeros(1, np.int32))[5]
    assert (frame.t_read[0], frame.mono[0]) == (block.times[5], block.mono[5])


def test_a_row_that_stands_twice_is_left_as_it_is(file: Path) -> None:
    file.write_text("time,a\n" + "".join(f"{START // 10**9 + n - n // 10},{n}\n" for n in range(40)))
    with CsvFile(str(file), Problems(pytest.fail)) as rows:
        (block,) = rows.blocks()
    assert block.mono.tolist() == block.times.tolist()


@pytest.mark.parametrize(("step", "message"), [(0, "all have the same time"), (-1, "turn the file round")])
def test_a_clock_that_does_not_run_forward_is_refused(file: Path, step: int, message: str) -> None:
    file.write_text("time,a\n" + "".join(f"2020-02-08 13:30:{40 + step * n},{n}\n" for n in range(30)))
    assert message in unusable(file)


def test_a_temperature_called_t_is_no_clock(file: Path) -> None:
    file.write_text("T,stamp\n20.5,2020-02-08 13:30:47\n20.6,2020-02-08 13:30:48\n")
    times, values, _, _ = read(file)
    assert times[0] == START
    assert values[:, 0].tolist() == [20.5, 20.6]


def test_an_index_without_a_name_is_the_clock_when_it_holds_dates(file: Path) -> None:
    file.write_text(",a\n2020-02-08 13:30:47,1\n")
    times, _, _, told = read(file)
    assert times.tolist() == [START]
    assert told == []


def test_a_cell_that_swallows_the_file_does_not_end_it(file: Path) -> None:
    swallowed = "".join(f"{1581168700 + n},1\n" for n in range(20_000))
    file.write_text(f'time,a\n1581168647,1\n1581168648,"2\n{swallowed}')
    times, _, problems, _ = read(file)
    assert problems.total > 0
    assert len(times) + 1 < 20_000  # not all could be had, and it is said how many lines are gone
    assert any("cannot be read" in total or "several lines" in total for total in problems.totals())
