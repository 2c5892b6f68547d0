"""Polling times do not drift, and what is missed is counted."""

from field_watch import VirtualTime

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
