"""When a signal is told: it moved by a share of its sigma, its verdict or label changed, or it was silent for long."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uplink_cases import SECOND, TABLE, outcome

from edgetwin.core.signals import Outcome, Reason
from edgetwin.core.status import BAD_TIMEOUT
from edgetwin.uplink.due import Due


def due(*, every_tick: bool = False, share: float = 0.5) -> Due:
    return Due(TABLE, share=share, heartbeat_s=60.0, every_tick=every_tick)


def told(who: Due, what: Outcome, at_s: float = 5.0) -> list[int]:
    return [int(what.ids[row]) for row in who.choose(what, int(at_s * SECOND))]


def test_the_first_reading_is_told() -> None:
    assert told(due(), outcome({0: 1.0, 3: math.nan})) == [0, 3]


def test_a_move_within_the_share_of_sigma_is_not_told_and_one_beyond_it_is() -> None:
    who = due()
    told(who, outcome({0: 10.0, 1: 10.0}, sigma=0.2))
    assert told(who, outcome({0: 10.09, 1: 10.11}, sigma=0.2)) == [1]


def test_small_moves_add_up_since_what_counts_is_what_was_told() -> None:
    who = due()
    steps = [told(who, outcome({0: 10.0 + 0.04 * step}, sigma=0.2)) for step in range(6)]
    assert steps == [[0], [], [], [0], [], []]


def test_a_wide_sigma_keeps_a_wide_move_quiet() -> None:
    who = due()
    told(who, outcome({0: 10.0}, sigma=5.0))
    assert told(who, outcome({0: 12.0}, sigma=5.0)) == []
    assert told(who, outcome({0: 12.0}, sigma=0.5)) == [0]


def test_without_a_sigma_every_move_is_told() -> None:
    who = due()
    told(who, outcome({0: 10.0}, sigma=math.nan))
    assert told(who, outcome({0: 10.0}, sigma=math.nan)) == []
    assert told(who, outcome({0: 10.001}, sigma=math.nan)) == [0]


def test_a_value_that_goes_or_comes_back_is_told_and_its_absence_is_told_once() -> None:
    who = due()
    values = [10.0, math.nan, math.nan, 10.0]
    assert [told(who, outcome({0: value})) for value in values] == [[0], [0], [], [0]]


@pytest.mark.parametrize("change", [{"quality": 1}, {"reasons": Reason.STUCK}, {"status": BAD_TIMEOUT}])
def test_a_new_verdict_is_told_although_nothing_moved(change: dict[str, int]) -> None:
    who = due()
    told(who, outcome({0: 10.0}))
    assert told(who, outcome({0: 10.0})) == []
    assert told(who, outcome({0: 10.0}, **change)) == [0]  # type: ignore[arg-type]
    assert told(who, outcome({0: 10.0}, **change)) == []  # type: ignore[arg-type]


def test_a_new_state_or_text_is_told_once() -> None:
    who = due()
    told(who, outcome({2: 0.0, 3: math.nan}, texts=(None, "A")))
    assert told(who, outcome({2: 0.0, 3: math.nan}, texts=(None, "A"))) == []
    assert told(who, outcome({2: 1.0, 3: math.nan}, texts=(None, "A"))) == [2]
    assert told(who, outcome({2: 1.0, 3: math.nan}, texts=(None, "B"))) == [3]


def test_a_quiet_signal_is_told_at_the_heartbeat() -> None:
    who = due()
    told(who, outcome({0: 10.0}), at_s=0.0)
    assert told(who, outcome({0: 10.0}), at_s=59.9) == []
    assert told(who, outcome({0: 10.0}), at_s=60.0) == [0]
    assert told(who, outcome({0: 10.0}), at_s=61.0) == []


def test_a_heartbeat_tells_only_who_was_silent_and_does_not_look_at_moves() -> None:
    who = due()
    told(who, outcome({0: 10.0, 1: 10.0}), at_s=0.0)
    told(who, outcome({1: 20.0}), at_s=30.0)
    snapshot = outcome({0: 99.0, 1: 99.0})
    assert snapshot.ids[who.overdue(snapshot, 60 * SECOND)].tolist() == [0]
    assert snapshot.ids[who.overdue(snapshot, 61 * SECOND)].tolist() == []
    assert snapshot.ids[who.overdue(snapshot, 90 * SECOND)].tolist() == [1]


def test_a_signal_that_falls_silent_is_told_at_once_though_no_reading_came() -> None:
    who = due()
    told(who, outcome({0: 10.0, 1: 10.0}), at_s=0)
    snapshot = outcome({0: 10.0, 1: 10.0}, quality=2, reasons=int(Reason.STALE))
    assert who.overdue(outcome({0: 10.0, 1: 10.0}), 5 * SECOND).tolist() == []
    assert who.overdue(snapshot, 6 * SECOND).tolist() == [0, 1]
    assert who.overdue(snapshot, 7 * SECOND).tolist() == []


def test_every_tick_tells_all() -> None:
    who = due(every_tick=True)
    assert [told(who, outcome({0: 10.0, 1: 5.0})) for _ in range(2)] == [[0, 1], [0, 1]]


def test_of_several_readings_the_newest_is_told_and_the_others_are_counted() -> None:
    who = due()
    what = outcome([(0, 1.0), (1, 5.0), (0, 2.0), (0, 3.0)])
    rows = who.choose(what, SECOND)
    assert [(int(what.ids[row]), float(what.value[row])) for row in rows] == [(1, 5.0), (0, 3.0)]
    assert who.superseded == 2


def test_an_empty_outcome_is_nothing_to_tell() -> None:
    assert told(due(), outcome()) == []


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 1), st.floats(-10, 10) | st.just(math.nan)), max_size=4), max_size=8
    )
)
def test_what_was_told_is_never_further_off_than_the_share(batches: list[list[tuple[int, float]]]) -> None:
    who, last = due(), {0: math.nan, 1: math.nan}
    for batch in batches:
        what = outcome(batch, sigma=1.0)
        for row in who.choose(what, SECOND):
            last[int(what.ids[row])] = float(what.value[row])
        for number, value in dict(batch).items():
            assert np.isclose(last[number], value, rtol=0, atol=0.5, equal_nan=True)
