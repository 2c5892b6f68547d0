"""Public recordings of real plants, where they stand beside the project: every number is read as it was written."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from csv_reading import read

from edgetwin.field.table.clock import TimeWish

DATA = Path(__file__).parents[3] / "shared" / "data"


def skab() -> Iterator[Path]:
    yield from sorted((DATA / "skab").glob("*/*.csv"))


@pytest.mark.skipif(
    not DATA.is_dir(), reason="the public data sets are not beside the project (../shared/data)"
)
def test_all_runs_of_a_real_rig_are_read_without_a_problem() -> None:
    files = list(skab())
    assert files
    for path in files:
        times, values, problems, told = read(path)
        expected = np.genfromtxt(path, delimiter=";", skip_header=1, usecols=range(1, 1 + values.shape[1]))
        assert problems.total == 0, path
        assert told == [], path
        np.testing.assert_array_equal(values, expected)
        first = path.read_text().splitlines()[1].split(";")[0]
        assert times[0] == int(np.datetime64(first, "ns").astype(np.int64))


@pytest.mark.skipif(
    not DATA.is_dir(), reason="the public data sets are not beside the project (../shared/data)"
)
def test_columns_aligned_with_blanks_are_read_as_well() -> None:
    path = DATA / "tep" / "d01_te.dat"
    _, values, problems, _ = read(path, TimeWish(every_ns=180 * 10**9))
    assert problems.total == 0
    np.testing.assert_array_equal(values, np.loadtxt(path))
