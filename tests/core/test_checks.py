"""The contract of a check: whatever comes, each gives a mask, and can say when and why."""

import json

import numpy as np
import pytest
from by_hand import table, wall

from edgetwin.core.checks.check import Check, Readings
from edgetwin.core.checks.gap import GapCheck
from edgetwin.core.checks.range import RangeCheck
from edgetwin.core.checks.stuck import StuckCheck
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Signal

SIGNALS = 8
SECOND = 1_000_000_000


def checks() -> dict[str, Check]:
    signals = table(*(Signal(name=f"s{number}", low=-1.0, high=1.0) for number in range(SIGNALS)))
    memory = Memory(signals)
    return {
        "range": RangeCheck(signals, memory),
        "gap": GapCheck(signals, memory),
        "stuck": StuckCheck(signals, memory, np.ones(SIGNALS), 1e6),
    }


def hostile(rows: int) -> list[Readings]:
    """Give readings of every sort, some of them not usable, now of all signals and now of some."""
    rng = np.random.default_rng(1)
    readings = []
    for row in range(rows):
        ids = np.arange(SIGNALS, dtype=np.int32) if row % 3 else np.array([1, 4, 6], np.int32)
        raw = rng.choice([0.0, -0.0, 1.5, np.nan, np.inf, 1e99, -3.0, 0.25], len(ids))
        moment = np.full(len(ids), row * row * SECOND // 7)
        usable = np.isfinite(raw) & (rng.random(len(ids)) < 0.8)
        at = slice(0, SIGNALS) if len(ids) == SIGNALS else ids
        readings.append(Readings(at, ids, raw, moment + wall(0), moment, usable))
    return readings


def repeating(rows: int) -> list[Readings]:
    """Give readings of one signal that repeats itself, after all the others."""
    ids, usable = np.array([2], np.int32), np.array([True])
    moments = [np.array([(300 * 300 // 7 + row) * SECOND]) for row in range(rows)]
    return [Readings(slice(2, 3), ids, np.array([0.25]), m + wall(0), m, usable) for m in moments]


@pytest.mark.parametrize("name", ["range", "gap", "stuck"])
def test_a_check_speaks_of_every_reading_and_blames_none_that_it_may_not_use(name: str) -> None:
    check = checks()[name]
    for readings in hostile(300):
        found = check.look(readings)
        assert (found.dtype, found.shape) == (np.dtype(np.bool_), readings.ids.shape)
        if name != "stuck":  # who is stuck stays so while nothing can be read
            assert not (found & ~readings.usable).any()


@pytest.mark.parametrize("name", ["range", "gap", "stuck"])
def test_a_check_can_say_when_and_why(name: str) -> None:
    check = checks()[name]
    blamed: set[int] = set()
    for readings in [*hostile(300), *repeating(3000)]:
        blamed |= set(readings.ids[check.look(readings)].tolist())
        for number in blamed:
            assert wall(0) <= check.onset_ns(number) <= readings.t_read[0]
    assert blamed
    for number in blamed:
        assert json.dumps(check.evidence(number), allow_nan=False) != "{}"
