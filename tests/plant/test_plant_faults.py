"""What breaks does what it says, and nothing else changes."""

from collections.abc import Mapping
from itertools import pairwise
from math import isnan
from statistics import pstdev

import pytest

from edgetwin.plant.faults import DRIFT_SHARE, NOISE_TIMES, REBOOT_S
from edgetwin.plant.plant import NoSuchFault, Plant, breakable
from edgetwin.plant.points import COOLING, FEED, MILL, POINTS
from edgetwin.plant.process import Value
from edgetwin.plant.schedule import ROUND_S, SCHEDULE, due

TEMP = "mill.bearing_temp"
NOISE = 0.08  # of the bearing's thermometer


def watch(plant: Plant, name: str, seconds: float) -> list[float]:
    """Let time pass, and give how far the sensor was from the truth at each step."""
    errors = []
    for _ in range(round(seconds / 0.1)):
        plant.step(0.1)
        shown, true = plant.readings[name], plant.truth[name]
        assert isinstance(shown, float)
        assert isinstance(true, float)
        errors.append(shown - true)
    return errors


def history(plant: Plant, steps: int) -> list[Mapping[str, Value]]:
    rows: list[Mapping[str, Value]] = []
    for _ in range(steps):
        plant.step(0.1)
        rows.append(dict(plant.readings))
    return rows


def test_the_same_seed_gives_the_same_plant() -> None:
    assert history(Plant(seed=7), 300) == history(Plant(seed=7), 300)
    assert history(Plant(seed=7), 300) != history(Plant(seed=8), 300)


def test_breaking_one_sensor_never_changes_what_another_shows() -> None:
    sound, broken = Plant(seed=7), Plant(seed=7)
    broken.break_(TEMP, "spike")
    for one, other in zip(history(sound, 300), history(broken, 300), strict=True):
        assert {k: v for k, v in one.items() if k != TEMP} == {k: v for k, v in other.items() if k != TEMP}


def test_a_sound_sensor_is_as_noisy_as_its_data_sheet_says_and_hardly_repeats_itself() -> None:
    plant = Plant()
    assert pstdev(watch(plant, TEMP, 60.0)) == pytest.approx(NOISE, rel=0.15)
    shown = [row[TEMP] for row in history(plant, 500)]
    assert sum(a == b for a, b in pairwise(shown)) < 50


def test_readings_move_in_steps_of_the_quantum() -> None:
    for row in history(Plant(), 50):
        for point in POINTS:
            value = row[point.name]
            if point.instrument and isinstance(value, float):
                steps = value / point.instrument.quantum
                assert steps == pytest.approx(round(steps), abs=1e-6)


def test_a_stuck_sensor_repeats_its_last_reading_until_it_is_mended() -> None:
    plant = Plant()
    before = history(plant, 50)[-1][TEMP]
    plant.break_(TEMP, "stuck")
    assert {row[TEMP] for row in history(plant, 100)} == {before}
    plant.mend(TEMP)
    assert len({row[TEMP] for row in history(plant, 100)}) > 10


def test_a_drifting_sensor_walks_away_at_its_rate() -> None:
    plant = Plant()
    plant.break_(TEMP, "drift")
    assert watch(plant, TEMP, 20.0)[-1] == pytest.approx(DRIFT_SHARE * 150.0 * 20.0, abs=5 * NOISE)


def test_a_sensor_with_spikes_is_far_off_now_and_then_and_right_in_between() -> None:
    plant = Plant()
    plant.break_(TEMP, "spike")
    far = [abs(error) > 30.0 for error in watch(plant, TEMP, 100.0)]
    assert 30 < sum(far) < 150


def test_a_noisy_sensor_scatters_many_times_wider() -> None:
    plant = Plant()
    plant.break_(TEMP, "noise")
    assert pstdev(watch(plant, TEMP, 60.0)) == pytest.approx(NOISE_TIMES * NOISE, rel=0.15)


def test_a_sensor_that_drops_out_gives_no_number() -> None:
    plant = Plant()
    plant.break_(TEMP, "drop-out")
    assert all(isnan(error) for error in watch(plant, TEMP, 2.0))


def test_a_broken_sensor_reads_above_its_range() -> None:
    plant = Plant()
    plant.break_(TEMP, "out of range")
    plant.step(0.1)
    assert plant.readings[TEMP] == pytest.approx(150.0 * (1 + 1.5 / 16), abs=0.01)


def test_fouling_heats_the_bearing_and_its_sensor_stays_honest() -> None:
    clean, fouled = Plant(seed=2), Plant(seed=2)
    fouled.break_(COOLING, "fouling")
    watch(clean, TEMP, 60.0)
    assert pstdev(watch(fouled, TEMP, 60.0)) == pytest.approx(NOISE, rel=0.15)
    warm, cool = fouled.truth[TEMP], clean.truth[TEMP]
    assert isinstance(warm, float)
    assert isinstance(cool, float)
    assert warm > cool + 3.0


def test_a_fault_with_an_end_mends_itself() -> None:
    plant = Plant()
    plant.break_(TEMP, "stuck", lasts_s=2.0)
    plant.step(1.9)
    assert [fault.describe(plant.now_s) for fault in plant.faults] == [f"{TEMP} is stuck since 2 s"]
    plant.step(0.1)
    assert not plant.faults


@pytest.mark.parametrize("device", [MILL, FEED])
def test_a_rebooting_plc_is_down_and_comes_back_by_itself(device: str) -> None:
    plant = Plant()
    plant.break_(device, "reboot")
    plant.step(0.1)
    assert plant.is_down(device)
    plant.step(REBOOT_S)
    assert not plant.is_down(device)


def test_mending_everything_mends_everything() -> None:
    plant = Plant()
    for target, kind in breakable():
        plant.break_(target, kind)
    assert plant.faults
    plant.mend()
    assert not plant.faults


def test_breaking_what_is_not_there_says_what_is() -> None:
    with pytest.raises(NoSuchFault, match=r"did you mean mill\.bearing_temp"):
        Plant().break_("mill.bearing_tmp", "stuck")
    with pytest.raises(NoSuchFault, match="it can be: stuck, drift"):
        Plant().break_(TEMP, "melted")


def test_at_ten_times_the_speed_the_process_runs_and_the_faults_keep_to_the_clock() -> None:
    plant, fast = Plant(seed=5), Plant(seed=5, speed=10.0)
    for one in (plant, fast):
        one.break_(TEMP, "stuck", lasts_s=15.0)
        watch(one, TEMP, 14.0)
        assert one.faults
    assert plant.truth["mill.mode"] == 1
    watch(fast, TEMP, 2.0)
    assert not fast.faults
    assert fast.truth["mill.mode"] == 2  # 150 s of grinding are over after 15


def test_the_schedule_starts_with_a_stuck_sensor_within_the_first_minute() -> None:
    first = next(due(0.0, 60.0))
    assert (first.target, first.kind) == (TEMP, "stuck")
    assert first.at_s + first.lasts_s < 60.0


def test_everything_scheduled_can_break_and_one_thing_at_a_time() -> None:
    for one, following in pairwise(SCHEDULE):
        assert one.at_s + one.lasts_s < following.at_s
    assert {(happening.target, happening.kind) for happening in SCHEDULE} <= set(breakable())
    assert {happening.kind for happening in SCHEDULE} == {kind for _, kind in breakable()}


def test_the_schedule_goes_round_and_misses_nothing() -> None:
    step_s = 0.7
    times = [n * step_s for n in range(round(3 * ROUND_S / step_s) + 1)]
    happened = [happening for a, b in pairwise(times) for happening in due(a, b)]
    assert happened == [*SCHEDULE, *SCHEDULE, *SCHEDULE]
