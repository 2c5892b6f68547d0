"""Which registers a unit has is found with few requests, and nothing is said to be there that is not."""

from hypothesis import given
from hypothesis import strategies as st

from edgetwin.cli.explore import Explorer


def explored(there: set[int], longest: int = 125, last: int = 65_535) -> tuple[list[range], int]:
    """Explore a unit that has these registers and gives so many at once; count the requests."""
    explorer, requests = Explorer(0, last, 125), 0
    while explorer.wanted is not None:
        address, count = explorer.wanted
        assert 0 <= address <= address + count - 1 <= last
        explorer.answer(given=count <= longest and there.issuperset(range(address, address + count)))
        requests += 1
    return explorer.found, requests


def test_a_block_is_followed_to_both_ends() -> None:
    found, requests = explored(set(range(95, 260)))
    assert found == [range(95, 260)]
    assert requests < 250


def test_a_unit_without_registers_costs_a_look_at_each_place() -> None:
    found, requests = explored(set())
    assert (found, requests < 150) == ([], True)


def test_a_small_gap_is_looked_over() -> None:
    assert explored({*range(10), *range(14, 30), *range(45, 50)})[0] == [
        range(10),
        range(14, 30),
        range(45, 50),
    ]


def test_a_gap_of_any_small_length_is_looked_over() -> None:
    for gap in range(1, 17):
        assert explored({*range(10), *range(10 + gap, 12 + gap)})[0] == [range(10), range(10 + gap, 12 + gap)]


def test_a_unit_that_gives_few_at_once_is_read_all_the_same() -> None:
    found, requests = explored(set(range(300)), longest=20)
    assert found == [range(300)]
    assert requests < 250  # it learns how many it may ask for


def test_everything_can_be_there() -> None:
    found, requests = explored(set(range(65_536)))
    assert found == [range(65_536)]
    assert requests < 800


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60)), max_size=6),
    st.integers(1, 125),
)
def test_what_is_found_is_there_and_ends_where_it_ends(blocks: list[tuple[int, int]], longest: int) -> None:
    there = {place for start, length in blocks for place in range(start, start + length)}
    found, requests = explored(there, longest, last=500)
    for block in found:
        assert there.issuperset(block)
        assert block.start - 1 not in there
        assert block.stop not in there
    assert requests <= 1500
    assert not there or {place for place in there if place < 3} <= {
        place for block in found for place in block
    }
