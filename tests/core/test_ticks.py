"""Frames to ticks: no signal twice in one, and the order of time is kept."""

import numpy as np
import pytest
from by_hand import frame, table
from hypothesis import given, settings
from hypothesis import strategies as st

from edgetwin.core.pipeline import Pipeline
from edgetwin.core.ticks import joined, place_of, ticks_of


def cut(*ids: int, texts: tuple[str | None, ...] = ()) -> list[list[tuple[int, float]]]:
    """Give the ticks of a frame as (id, value); the value tells the place in the frame."""
    one = frame(0, np.arange(float(len(ids))), ids=ids, texts=texts)
    return [list(zip(tick.ids.tolist(), tick.values.tolist(), strict=True)) for tick in ticks_of(one)]


def test_a_frame_with_ascending_ids_is_one_tick_as_it_is() -> None:
    one = frame(0, [1.0, 2.0, 3.0], ids=[0, 4, 9])
    assert [tick is one for tick in ticks_of(one)] == [True]


def test_an_empty_frame_has_no_ticks() -> None:
    assert cut() == []


def test_ids_out_of_order_are_put_in_order() -> None:
    assert cut(5, 1, 3) == [[(1, 1.0), (3, 2.0), (5, 0.0)]]


def test_the_second_reading_of_a_signal_goes_into_the_second_tick() -> None:
    assert cut(2, 1, 2, 2, 1) == [[(1, 1.0), (2, 0.0)], [(1, 4.0), (2, 2.0)], [(2, 3.0)]]


@settings(derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=30))
def test_no_reading_is_lost_and_each_signals_order_is_kept(ids: list[int]) -> None:
    ticks = cut(*ids)
    readings = [reading for tick in ticks for reading in tick]
    assert sorted(value for _, value in readings) == list(range(len(ids)))
    for signal in set(ids):
        mine = [value for number, value in readings if number == signal]
        assert mine == sorted(mine)
    for tick in ticks:
        numbers = [number for number, _ in tick]
        assert numbers == sorted(set(numbers))


def test_texts_stay_with_their_readings() -> None:
    one = frame(0, [0.0, 1.0, 2.0], ids=[1, 0, 1], texts=("b", "a", "b again"))
    assert [tick.texts for tick in ticks_of(one)] == [("a", "b"), ("b again",)]


@pytest.mark.parametrize(
    ("ids", "place"),
    [([3], slice(3, 4)), ([3, 4, 5], slice(3, 6)), ([0, 1], slice(0, 2)), ([3, 5], None), ([1, 3, 4], None)],
)
def test_signals_side_by_side_are_a_slice(ids: list[int], place: slice | None) -> None:
    numbers = np.array(ids, np.int32)
    found = place_of(numbers)
    assert found == place if place else found is numbers


def test_outcomes_are_joined_in_their_order_with_their_types() -> None:
    pipeline = Pipeline(table("a", "b"))
    parts = [pipeline.step([frame(second, [1.0, second])], 0) for second in (0, 1, 2)]
    whole = joined(parts, ())
    assert whole.raw.tolist() == [1.0, 0.0, 1.0, 1.0, 1.0, 2.0]
    nothing = joined([], ())
    assert len(nothing) == 0
    for name in ("ids", "value", "quality", "reasons", "t_read"):
        assert getattr(whole, name).dtype == getattr(nothing, name).dtype == getattr(parts[0], name).dtype


def test_texts_of_some_parts_leave_the_others_without() -> None:
    pipeline = Pipeline(table("a", "b"))
    parts = [
        pipeline.step([frame(0, [1.0], ids=[0])], 0),
        pipeline.step([frame(1, [1.0, 2.0], texts=(None, "hello"))], 0),
    ]
    assert joined(parts, ()).texts == (None, None, "hello")
