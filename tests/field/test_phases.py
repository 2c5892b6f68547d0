"""Polls are spread: over the time of a line, and over the time of the gateway. Nobody pays for it."""

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from edgetwin.config.modbus import ModbusDevice
from edgetwin.field.modbus.phases import Beat, phases, spread

MS = 1_000_000
PERIODS = st.sampled_from([100 * MS, 200 * MS, 500 * MS, 1000 * MS, 2000 * MS])
BEATS = st.lists(st.builds(Beat, PERIODS, st.integers(1 * MS, 60 * MS)), min_size=1, max_size=12)
LONG = 4000 * MS  # all periods above fit into it a whole number of times


def waits(beats: list[Beat], placed: list[int]) -> list[int]:
    """Give how long each poll finds the line taken, first come first served, once the start is over."""
    polls = sorted(
        (at, number)
        for number, beat in enumerate(beats)
        for at in range(placed[number], 3 * LONG, beat.period)
    )
    free, found = 0, []
    for at, number in polls:
        found.append(max(free - at, 0))
        free = max(free, at) + beats[number].cost
    return found


def asked_at_once(beats: list[Beat], placed: list[int], window: int) -> int:
    """Give the most bus time that becomes due within a window."""
    starts = [at for number, beat in enumerate(beats) for at in range(placed[number], 2 * LONG, beat.period)]
    return max(
        sum(
            beat.cost * len(range(start + (place - start) % beat.period, start + window, beat.period))
            for beat, place in zip(beats, placed, strict=True)
        )
        for start in starts
    )


def fitting(beats: list[Beat]) -> list[Beat]:
    """Keep as many as the line has time for."""
    shares = accumulate(beat.cost / beat.period for beat in beats)
    return [beat for beat, share in zip(beats, shares, strict=True) if share <= 1]


@given(BEATS, st.floats(0, 1, exclude_max=True))
def test_a_phase_lies_within_its_period(beats: list[Beat], start: float) -> None:
    assert all(0 <= place < beat.period for beat, place in zip(beats, spread(beats, start), strict=True))


@given(BEATS, st.floats(0, 1, exclude_max=True))
def test_no_more_is_asked_at_once_than_without_phases(beats: list[Beat], start: float) -> None:
    together = [0] * len(beats)
    for window in (1 * MS, 50 * MS, 99 * MS):
        assert asked_at_once(beats, spread(beats, start), window) <= asked_at_once(beats, together, window)


@given(BEATS)
def test_no_poll_waits_longer_for_the_line_than_without_phases(beats: list[Beat]) -> None:
    beats = fitting(beats)
    assert max(waits(beats, spread(beats))) <= max(waits(beats, [0] * len(beats)))


@given(st.lists(st.integers(1 * MS, 100 * MS), min_size=1, max_size=30), PERIODS)
def test_units_asked_equally_often_never_find_the_line_taken_if_they_fit(
    costs: list[int], period: int
) -> None:
    beats = fitting([Beat(period, cost) for cost in costs])
    if len(beats) > 1:
        assert any(waits(beats, [0] * len(beats)))  # as they would without
        assert not any(waits(beats, spread(beats)))


def test_a_slow_rhythm_is_put_where_the_fast_one_is_not() -> None:
    fast, slow = spread([Beat(200 * MS, 60 * MS), Beat(1000 * MS, 80 * MS)])
    assert fast + 60 * MS <= slow % (200 * MS) <= fast + 120 * MS


def plcs(count: int, **settings: object) -> dict[str, ModbusDevice]:
    signals = {"a": {"at": "hr:0"}}
    return {
        f"plc{number}": ModbusDevice.model_validate(
            {"connect": f"modbus-tcp://10.0.0.{number + 1}", "signals": signals, **settings}
        )
        for number in range(count)
    }


def test_two_hundred_plcs_are_asked_all_over_the_second() -> None:
    starts = sorted(start for (start,) in phases(plcs(200, every="1 s")).values())
    for tenth in range(10):
        assert 15 <= sum(tenth / 10 <= start < (tenth + 1) / 10 for start in starts) <= 25
    assert min(late - early for early, late in pairwise(starts)) > 1e-3


def test_units_on_one_line_are_spread_over_it() -> None:
    signals = {"a": {"at": "hr:0"}}
    units = {
        f"unit{unit}": ModbusDevice.model_validate(
            {"connect": "modbus-rtu:///dev/ttyUSB0", "unit": unit, "every": "1 s", "signals": signals}
        )
        for unit in range(1, 11)
    }
    assert [round(start, 6) for (start,) in phases(units).values()] == [number / 10 for number in range(10)]


def test_phases_are_the_same_every_time_and_stay_when_a_device_is_added_behind() -> None:
    before, after = phases(plcs(20)), phases(plcs(21))
    assert before == phases(plcs(20))
    assert {name: after[name] for name in before} == before


def test_each_rhythm_of_a_device_has_a_phase_of_its_own() -> None:
    signals = {"fast": {"at": "hr:0"}, "slow": {"at": "hr:1", "every": "5 s"}}
    device = ModbusDevice.model_validate({"connect": "modbus-tcp://plc", "every": "1 s", "signals": signals})
    fast, slow = phases({"plc": device})["plc"]
    assert fast == 0
    assert 0.2 < slow % 1 < 0.8
