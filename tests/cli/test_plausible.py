"""What registers may mean: the right type and order comes first, and nothing is certain that is not."""

import random
import struct
from collections.abc import Callable, Iterator

import pytest

from edgetwin.cli.plausible import Meaning, rank

LOOKS = 6

Store = Callable[[float], bytes]


def swapped(words: bytes) -> bytes:
    return b"".join(words[place : place + 2] for place in range(len(words) - 2, -1, -2))


def turned(words: bytes) -> bytes:
    return b"".join(words[place : place + 2][::-1] for place in range(0, len(words), 2))


def float32(value: float) -> bytes:
    return struct.pack(">f", value)


def float64(value: float) -> bytes:
    return struct.pack(">d", value)


def int16(value: float) -> bytes:
    return struct.pack(">h", round(value))


def uint32(value: float) -> bytes:
    return struct.pack(">I", round(value))


# How values are stored, and between which limits those lie that people store so.
STORED: dict[tuple[str, str, str], tuple[Store, float, float]] = {
    ("float32", "high-first", "high-first"): (float32, 0.05, 50_000),
    ("float32", "low-first", "high-first"): (lambda value: swapped(float32(value)), 0.05, 50_000),
    ("float32", "high-first", "low-first"): (lambda value: turned(float32(value)), 0.05, 50_000),
    ("float64", "high-first", "high-first"): (float64, 0.05, 50_000),
    ("uint32", "high-first", "high-first"): (uint32, 200_000, 20_000_000),
    ("uint32", "low-first", "high-first"): (lambda value: swapped(uint32(value)), 200_000, 20_000_000),
}


def measured(chance: random.Random, low: float, high: float) -> Iterator[float]:
    """Make up what a sensor shows in one look after the other, with half a percent of noise."""
    level = low * (high / low) ** chance.random()
    return (level * (1 + chance.gauss(0, 0.005)) for _ in range(LOOKS))


def first_of(looks: list[bytes]) -> Meaning:
    return rank(looks).at[0][0]


@pytest.mark.parametrize("stored", STORED, ids=" ".join)
def test_a_value_that_moves_is_recognised(stored: tuple[str, str, str]) -> None:
    store, low, high = STORED[stored]
    chance = random.Random(1)  # noqa: S311 - noise, no secret
    right = 0
    for _ in range(100):
        best = first_of([store(value) for value in measured(chance, low, high)])
        right += (best.type, best.word_order, best.byte_order) == stored
    assert right >= 90


def test_a_block_is_shared_out_among_what_is_in_it() -> None:
    chance = random.Random(2)  # noqa: S311 - noise, no secret
    columns = [(float32, 61.0), (int16, -136.0), (int16, 412.0), (float64, 1013.2)]
    looks = [
        b"".join(store(level * (1 + chance.gauss(0, 0.005))) for store, level in columns)
        for _ in range(LOOKS)
    ]
    found = [(meaning.position, meaning.type) for meaning in rank(looks).likeliest]
    assert found == [(0, "float32"), (2, "int16"), (3, "uint16"), (4, "float64")]


def test_a_narrow_meaning_has_to_leave_a_meaning_for_the_rest() -> None:
    looks = [int16(-136) + int16(3) + int16(7)] * 2 + [int16(-138) + int16(3) + int16(7)]
    assert first_of(looks).type == "int16"  # and not the low half of a uint32 with a 3 before it


def test_a_round_number_is_recognised_though_it_stands_still() -> None:
    assert (first_of([float32(61.25)]).type, first_of([float32(61.25)]).word_order) == (
        "float32",
        "high-first",
    )


def test_a_range_that_is_known_decides() -> None:
    looks = [int16(412)] * 3
    assert first_of(looks).values == (412.0,) * 3
    best = rank(looks, (35_000, 45_000)).at[0][0]  # nobody expects it, but the user says so
    assert (best.byte_order, "inside the range" in best.why) == ("low-first", True)


def test_zeros_say_little() -> None:
    ranking = rank([bytes(8)] * 3)
    assert [(meaning.type, meaning.why) for meaning in ranking.likeliest] == [
        ("uint16", ("zero, which says little",))
    ] * 4


def test_shares_add_up_and_each_meaning_stands_there_once() -> None:
    for meanings in rank([float32(61.3) + int16(7)]).at:
        assert sum(meaning.share for meaning in meanings) == pytest.approx(1.0)
        assert [meaning.share for meaning in meanings] == sorted(
            (meaning.share for meaning in meanings), reverse=True
        )
        assert len({(meaning.width, meaning.values) for meaning in meanings}) == len(meanings)


def test_what_is_no_number_is_no_meaning() -> None:
    nan = bytes.fromhex("7fc00000")
    assert "float32" not in {
        meaning.type
        for meaning in rank([nan]).at[0]
        if meaning.word_order == meaning.byte_order == "high-first"
    }
