"""Polling times do not drift, what is missed is counted, and nobody waits long for a first value."""

from itertools import pairwise

from field_watch import VirtualTime
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.field.schedule import Schedule

MS = 1_000_000


async def test_a_poll_that_takes_time_does_not_shift_the_next_one() -> None:
    time = VirtualTime()
    schedule = Schedule([0.1], time.now_ns)
    asked = []
    for _ in range(1000):
        await schedule.wait(time, time.sleep)
        asked.append(time.now_ns)
        time.now_ns += 37 * MS  # the poll
    assert asked == [100 * MS * number for number in range(1000)]
    assert schedule.missed == 0


async def test_a_rhythm_is_not_shifted_by_fractions_that_binary_numbers_cannot_hold() -> None:
    time = VirtualTime()
    schedule = Schedule([0.1, 0.3], time.now_ns)
    for _ in range(30_000):
        due = await schedule.wait(time, time.sleep)
    assert time.now_ns == 29_999 * 100 * MS
    assert due == (0,)
    assert await schedule.wait(time, time.sleep) == (0, 1)


async def test_polls_that_were_overslept_are_skipped_and_counted() -> None:
    time = VirtualTime()
    schedule = Schedule([0.1], time.now_ns)
    await schedule.wait(time, time.sleep)
    time.now_ns += 350 * MS
    assert await schedule.wait(time, time.sleep) == (0,)
    assert time.naps == []  # late as it is, it is made at once
    assert schedule.missed == 2
    await schedule.wait(time, time.sleep)
    assert time.now_ns == 400 * MS  # and the grid is the old one


async def test_a_poll_that_is_late_by_less_than_its_period_is_not_missed() -> None:
    time = VirtualTime()
    schedule = Schedule([0.1], time.now_ns)
    await schedule.wait(time, time.sleep)
    time.now_ns += 199 * MS
    await schedule.wait(time, time.sleep)
    assert schedule.missed == 0


async def test_rhythms_that_fall_together_are_due_together() -> None:
    time = VirtualTime()
    schedule = Schedule([0.2, 1.0], time.now_ns)
    due = [await schedule.wait(time, time.sleep) for _ in range(11)]
    assert due == [(0, 1), (0,), (0,), (0,), (0,), (0, 1), (0,), (0,), (0,), (0,), (0, 1)]


async def test_each_rhythm_keeps_to_its_phase_wherever_it_starts() -> None:
    time = VirtualTime()
    time.now_ns = 12_345 * MS
    schedule = Schedule([0.2, 1.0], time.now_ns, [0.03, 0.25])
    asked: dict[int, list[int]] = {0: [], 1: []}
    for _ in range(40):
        for number in await schedule.wait(time, time.sleep):
            asked[number].append(time.now_ns)
    # The first one of each may come before its grid.
    assert {at % (200 * MS) for at in asked[0][1:]} == {30 * MS}
    assert {at % (1000 * MS) for at in asked[1][1:]} == {250 * MS}
    assert schedule.missed == 0


async def test_rhythms_with_the_same_phase_share_their_frames() -> None:
    time = VirtualTime()
    schedule = Schedule([0.2, 0.4], time.now_ns, [0.1, 0.1])
    due = [await schedule.wait(time, time.sleep) for _ in range(4)]
    assert due == [(0, 1), (0,), (0, 1), (0,)]


@given(st.integers(1, 10**13), st.integers(1, 90_000), st.floats(0, 1, exclude_max=True))
def test_the_first_poll_comes_within_little_more_than_a_second_and_the_second_within_a_period(
    start_ns: int, period_ms: int, share: float
) -> None:
    period = period_ms * MS
    schedule = Schedule([period / 1e9], start_ns, [share * period / 1e9])
    first = schedule.next_ns
    assert start_ns <= first <= start_ns + min(period, 1250 * MS)
    assert schedule.take(first) == (0,)
    second = schedule.next_ns
    assert min(period, 1000 * MS) // 4 <= second - first <= period
    assert schedule.take(second) == (0,)
    assert schedule.next_ns - second == period
    assert schedule.missed == 0


def test_two_hundred_devices_that_start_together_do_not_ask_together() -> None:
    for period_s in (1.0, 60.0):
        start = 777_777 * MS
        firsts = [Schedule([period_s], start, [number * period_s / 200]).next_ns for number in range(200)]
        in_a_tenth = [sum(at - start < (tenth + 1) * 100 * MS for at in firsts) for tenth in range(10)]
        assert max(late - early for early, late in pairwise([0, *in_a_tenth])) <= 50


async def test_polls_overslept_before_the_grid_begins_are_counted_too() -> None:
    time = VirtualTime()
    schedule = Schedule([0.1], time.now_ns, [0.06])
    assert schedule.next_ns == 60 * MS
    time.now_ns = 290 * MS
    assert await schedule.wait(time, time.sleep) == (0,)
    assert schedule.missed == 2
    await schedule.wait(time, time.sleep)
    assert time.now_ns == 360 * MS
