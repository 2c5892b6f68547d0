"""Whose turn it is on a line, decided without a line."""

import asyncio

import pytest

from edgetwin.field.modbus.frames import Request
from edgetwin.field.modbus.turns import FIRST_SHARE, TRIES_SHARE, Seat, Turn, Turns

HALF = 0.5


def seat(unit: int, *, living: bool = False, timeout_s: float = 1.0, period_s: float | None = 0.1) -> Seat:
    return Seat(unit, timeout_s, period_s, living=living)


async def turn(of: Seat) -> Turn:
    answer = asyncio.get_running_loop().create_future()
    return Turn(of, Request(of.unit, "hr", 0, 1), answer, is_try=not of.living)


async def test_the_living_go_first_and_in_the_order_they_came() -> None:
    turns = Turns()
    trying, one, two = [await turn(each) for each in (seat(1), seat(2, living=True), seat(3, living=True))]
    for each in (trying, one, two):
        turns.add(each)
    assert [turns.next(0.0) for _ in range(4)] == [one, two, trying, None]


async def test_who_has_given_up_waiting_is_passed_over() -> None:
    turns = Turns()
    gone, gone_too, there = [await turn(each) for each in (seat(1, living=True), seat(2), seat(3))]
    for each in (gone, gone_too, there):
        turns.add(each)
    gone.answer.cancel()
    gone_too.answer.cancel()
    assert turns.next(0.0) is there


async def test_tries_take_a_tenth_of_the_time_of_the_living() -> None:
    turns = Turns()
    seats = [seat(1, living=True), *(seat(unit, timeout_s=0.01) for unit in (2, 3))]
    now, used, begun = 0.0, 0.0, 0
    while now < 100.0:
        for each in seats[1:]:
            waiting = await turn(each)
            turns.add(waiting)
        while (trying := turns.next(now)) is not None:
            trying.began = now
            begun += 1
            now += 0.05
            used += 0.05
            turns.tried(trying, seats, now, silent=True)
        at = turns.next_at()
        assert at is not None
        assert at > now
        now = at
    assert used / now == pytest.approx(TRIES_SHARE, rel=0.05)


async def test_the_first_try_of_each_unit_comes_soon() -> None:
    turns = Turns()
    seats = [seat(1, living=True), seat(2), seat(3)]
    first, second = [await turn(each) for each in seats[1:]]
    turns.add(first)
    turns.add(second)
    assert turns.next(0.0) is first
    turns.tried(first, seats, 0.05, silent=True)
    assert turns.next_at() == pytest.approx(0.05 / FIRST_SHARE)


async def test_where_no_unit_is_living_tries_wait_for_nobody() -> None:
    turns = Turns()
    seats = [seat(1), seat(2)]
    first, second = [await turn(each) for each in seats]
    turns.add(first)
    turns.add(second)
    assert turns.next(0.0) is first
    turns.tried(first, seats, 0.05, silent=True)
    assert turns.next(0.05) is second


async def test_a_unit_that_kept_silent_is_left_alone_until_its_answer_cannot_come_any_more() -> None:
    turns = Turns()
    only = seat(1, timeout_s=1.0)
    turns.tried(await turn(only), [only], 0.05, silent=True)
    turns.add(await turn(only))
    assert turns.next(1.9) is None
    assert turns.next_at() == 2.0
    assert turns.next(2.0) is not None


async def test_a_try_ends_before_a_neighbour_misses_a_poll() -> None:
    turns = Turns()
    trying = seat(1, timeout_s=1.0)
    neighbours = [seat(2, period_s=0.4), seat(3, period_s=0.2), seat(4, period_s=None)]
    waiting = await turn(trying)
    assert turns.patience_s(waiting, [trying, *neighbours], 0.0, HALF) == 0.1
    assert turns.patience_s(waiting, [trying], 0.0, HALF) == 1.0  # nobody else is there
    assert turns.patience_s(waiting, [trying, *neighbours], 0.3, HALF) > 0.3  # the bytes alone take that long


async def test_a_living_unit_gets_its_whole_time_out() -> None:
    turns = Turns()
    living = seat(1, living=True)
    assert turns.patience_s(await turn(living), [living, seat(2)], 0.0, HALF) == 1.0


async def test_a_unit_that_answered_late_gets_its_whole_time_out_until_it_is_silent_again() -> None:
    turns = Turns()
    slow, neighbour = seat(1), seat(2)
    waiting = await turn(slow)
    turns.heard_late(1)  # it was never tried: an answer of somebody else's
    assert turns.patience_s(waiting, [slow, neighbour], 0.0, HALF) == 0.05
    turns.tried(waiting, [slow, neighbour], 0.05, silent=True)
    turns.heard_late(1)
    assert turns.patience_s(waiting, [slow, neighbour], 0.0, HALF) == 1.0
    turns.tried(waiting, [slow, neighbour], 2.0, silent=False)  # "not reached", after a long time
    assert turns.patience_s(waiting, [slow, neighbour], 0.0, HALF) == 1.0
    turns.tried(waiting, [slow, neighbour], 4.0, silent=True)
    assert turns.patience_s(waiting, [slow, neighbour], 0.0, HALF) == 0.05
