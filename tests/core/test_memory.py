"""What was learned, as named arrays, and how it is carried into another table."""

import numpy as np
import pytest
from by_hand import table

from edgetwin.core.memory import Memory
from edgetwin.core.signals import Signal


def test_an_array_has_the_signals_last_and_is_filled() -> None:
    memory = Memory(table("a", "b", "c"))
    assert memory.array("one", np.float64, np.nan).shape == (3,)
    grid = memory.array("grid", np.int64, 7, rows=(2, 5))
    assert grid.shape == (2, 5, 3)
    assert grid.dtype == np.int64
    assert (grid == 7).all()


def test_two_parts_cannot_have_the_same_memory() -> None:
    memory = Memory(table("a"))
    memory.array("one", np.float64)
    with pytest.raises(ValueError, match="two parts want the memory 'one'"):
        memory.array("one", np.int64)


def test_what_was_learned_follows_its_signal() -> None:
    old, new = Memory(table("a", "b", "c")), Memory(table("c", "x", "a"))
    old.array("one", np.float64)[:] = [1.0, 2.0, 3.0]
    old.array("grid", np.float64, rows=(2,))[:] = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    one, grid = new.array("one", np.float64, -1.0), new.array("grid", np.float64, -1.0, rows=(2,))
    assert new.adopt(old) == 2
    assert one.tolist() == [3.0, -1.0, 1.0]
    assert grid.tolist() == [[3.0, -1.0, 1.0], [6.0, -1.0, 4.0]]


@pytest.mark.parametrize(
    "changed",
    [
        Signal(name="a", unit="K"),
        Signal(name="a", low=0.0),
        Signal(name="a", period_s=2.0),
        Signal(name="a", on_change=True),
    ],
)
def test_a_changed_declaration_is_another_signal(changed: Signal) -> None:
    old, new = Memory(table(Signal(name="a", period_s=1.0))), Memory(table(changed))
    old.array("one", np.float64)[:] = 5.0
    one = new.array("one", np.float64)
    assert new.adopt(old) == 0
    assert one.tolist() == [0.0]


def test_a_signal_that_declares_no_period_is_the_same_signal_twice() -> None:
    old, new = Memory(table(Signal(name="a"))), Memory(table(Signal(name="a")))
    old.array("one", np.float64)[:] = 5.0
    new.array("one", np.float64)
    assert new.adopt(old) == 1


def test_what_one_of_them_does_not_know_or_shapes_otherwise_is_left_alone() -> None:
    old, new = Memory(table("a")), Memory(table("a"))
    old.array("gone", np.float64)[:] = 5.0
    old.array("grown", np.float64, rows=(2,))[:] = 5.0
    grown, fresh = new.array("grown", np.float64, rows=(3,)), new.array("fresh", np.float64, 1.0)
    new.adopt(old)
    assert (grown.tolist(), fresh.tolist()) == ([[0.0]] * 3, [1.0])


def test_the_two_go_separate_ways_afterwards() -> None:
    old, new = Memory(table("a")), Memory(table("a"))
    here, there = old.array("one", np.float64), new.array("one", np.float64)
    new.adopt(old)
    here[:] = 9.0
    assert there.tolist() == [0.0]
