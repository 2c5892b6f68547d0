"""Any table in any dialect comes back as it was written, and no row of any file is lost in silence."""

import csv
import gzip
import io
import re
from pathlib import Path

import numpy as np
import pytest
from csv_reading import read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgetwin.field.table.clock import TimeWish
from edgetwin.field.table.problems import UnusableFile

START = 1_581_168_647_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "in.csv"


tables = st.integers(1, 6).flatmap(
    lambda columns: st.lists(
        st.lists(
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
            min_size=columns,
            max_size=columns,
        ),
        min_size=1,
        max_size=20,
    )
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    table=tables,
    separator=st.sampled_from((",", ";", "\t", "|")),
    decimal=st.sampled_from((".", ",")),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    end=st.sampled_from(("\n", "\r\n", "\r")),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "latin-1", "utf-16")),
    missing=st.sampled_from(("", "NaN", "NA", "-")),
    zipped=st.booleans(),
)
def test_any_table_comes_back_from_any_dialect(  # noqa: PLR0917 - each is one way in which files differ
    file: Path,
    table: list[list[float | None]],
    separator: str,
    decimal: str,
    quoting: int,
    end: str,
    encoding: str,
    missing: str,
    zipped: bool,  # noqa: FBT001 - hypothesis passes by name
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end)  # type: ignore[arg-type] # a plain int here
    writer.writerow(["Zeit", *(f"Öl {n} [°C]" for n in range(len(table[0])))])
    for n, row in enumerate(table):
        cells = [missing if value is None else repr(value).replace(".", decimal) for value in row]
        writer.writerow([f"2020-02-08 13:30:{47 + n}" if n < 13 else f"2020-02-08 13:31:{n - 13:02}", *cells])
    data = text.getvalue().encode(encoding)
    file.write_bytes(gzip.compress(data) if zipped else data)
    times, values, problems, told = read(file)
    assert told == []
    assert problems.total == 0
    assert times.tolist() == [START + n * 10**9 for n in range(len(table))]
    np.testing.assert_array_equal(values, np.array(table, np.float64))


NUMBERS = ("1", "-1.5", "1,5", "nan", "inf", "1e999", "99999999999", "5e9", "1581168647", "1_0", "9" * 40)
DATES = ("2020-02-08 13:30:47", "08.02.2020", "13:30", "03/04/2026", "Feb 30")
WORDS = ("", " ", "time", "T", "a", "#", "_", "\xa0", "true", "x", "\x00", "\ufeff", "sep=;")
odd_cells = st.one_of(
    st.sampled_from(NUMBERS + DATES + WORDS),
    st.text(max_size=5).map(lambda text: re.sub(r'["\r\n,;\t|]', "", text)),
)
clocks = st.one_of(
    st.integers(START, START + 10**12).map(lambda time: str(np.datetime64(time, "ns"))), odd_cells
)
rows_of_odd_cells = st.lists(
    st.tuples(clocks, st.lists(odd_cells, max_size=4)).map(lambda row: [row[0], *row[1]]), max_size=8
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows_of_odd_cells,
    st.sampled_from((",", ";", "\t", "|", " ")),
    st.booleans(),
)
def test_whatever_is_in_a_file_no_row_is_lost_in_silence(
    file: Path,
    rows: list[list[str]],
    separator: str,
    timed: bool,  # noqa: FBT001 - hypothesis passes by position
) -> None:
    lines = [separator.join(row) for row in rows]
    file.write_text("\n".join(lines), encoding="utf-8", newline="")
    try:
        times, values, problems, told = read(file, None if timed else TimeWish(every_ns=10**9))
    except UnusableFile:
        return  # said so, which is what is asked for
    left_out = sum(count for (kind, _), count in problems.counts.items() if "left out" in kind)
    skipped = sum(
        int(note.split()[4].strip(";")) - 1 for note in told if note.startswith("the header is row")
    )
    has_header = not any("no header row" in note for note in told)
    given_up = left_out + skipped + has_header + any(line.strip().startswith("sep=") for line in lines[:1])
    assert len(times) == len(values)
    assert len(times) + given_up >= sum(any(cell.strip().strip("\ufeff") for cell in row) for row in rows)
    assert not np.isinf(values).any()
