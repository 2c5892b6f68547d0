"""The plant obeys its own equations."""

from random import Random
from statistics import fmean, pstdev

import pytest

from edgetwin.plant.bearing import FRICTION_SHARE, C, CooledBearing, h
from edgetwin.plant.dosing import REFILL_BELOW, REFILL_UNTIL, DosingPump
from edgetwin.plant.mill import MillDrive, Mode
from edgetwin.plant.tank import AREA, HEIGHT, BufferTank
from edgetwin.plant.wander import Wander

POWER, FLOW, WATER = 40_000.0, 0.5, 18.0


def settle(bearing: CooledBearing, seconds: float, dt: float) -> float:
    for _ in range(round(seconds / dt)):
        bearing.step(dt, motor_power=POWER, water_flow=FLOW, water_temp=WATER)
    return bearing.T


def test_a_bearing_settles_where_heat_in_equals_heat_out() -> None:
    settled = settle(CooledBearing(T=90.0), 3000.0, 1.0)
    assert settled == pytest.approx(FRICTION_SHARE * POWER / (h * FLOW) + WATER)


def test_fouling_makes_the_bearing_hotter_by_the_cooling_it_takes() -> None:
    settled = settle(CooledBearing(fouling=0.5), 9000.0, 1.0)
    assert settled == pytest.approx(FRICTION_SHARE * POWER / (h * FLOW * 0.5) + WATER)


def test_a_long_step_is_as_right_as_many_short_ones() -> None:
    assert settle(CooledBearing(), 120.0, 120.0) == pytest.approx(settle(CooledBearing(), 120.0, 0.1))


def test_without_cooling_all_the_heat_stays_in_the_bearing() -> None:
    bearing = CooledBearing(T=20.0)
    bearing.step(10.0, motor_power=POWER, water_flow=0.0, water_temp=WATER)
    assert pytest.approx(FRICTION_SHARE * POWER * 10.0) == (bearing.T - 20.0) * C


@pytest.mark.parametrize("dt", [0.1, 5.0, 600.0])
def test_the_tank_keeps_its_mass_however_long_the_step(dt: float) -> None:
    tank = BufferTank()
    start = tank.level
    for _ in range(200):
        tank.step(dt)
        assert 0.0 <= tank.level <= HEIGHT + 1e-9
    assert (tank.level - start) * AREA == pytest.approx(tank.total_in - tank.total_out)
    assert tank.total_in > 0.0


def test_the_tank_pump_switches_on_high_and_off_low() -> None:
    tank = BufferTank()
    seen = {True: [0.0], False: [HEIGHT]}
    for _ in range(6000):
        tank.step(0.1)
        seen[tank.pump_running].append(tank.level)
    assert len(seen[True]) > 100
    assert len(seen[False]) > 100
    assert min(seen[True][1:]) < 0.85
    assert max(seen[False][1:]) > 1.35


def test_the_dosing_tank_keeps_its_mass_and_is_refilled() -> None:
    pump = DosingPump()
    start = pump.weight
    weights = []
    for _ in range(6000):
        pump.step(0.1, stroke_rate=100.0)
        weights.append(pump.weight)
    assert pump.weight - start == pytest.approx(pump.refilled - pump.dosed)
    assert pump.refilled > 0.0
    assert min(weights) == pytest.approx(REFILL_BELOW, abs=0.01)
    assert max(weights) == pytest.approx(REFILL_UNTIL, abs=0.01)


def test_the_dosing_flow_is_strokes_times_volume_less_slip() -> None:
    pump = DosingPump()
    for _ in range(100):
        pump.step(0.1, stroke_rate=100.0)
    assert 0.93 * 36.0 < pump.flow < 36.0  # 100 strokes a minute of 6 ml are 36 l/h


def test_a_pump_that_stands_still_doses_nothing() -> None:
    pump = DosingPump()
    pump.step(1.0, stroke_rate=0.0)
    assert pump.flow == 0.0


def test_the_mill_grinds_is_cleaned_and_stops() -> None:
    mill, rng = MillDrive(), Random(1)  # noqa: S311 - repeatable
    seen: list[Mode] = []
    for _ in range(2000):
        mill.step(0.1, rng)
        if not seen or seen[-1] is not mill.mode:
            seen.append(mill.mode)
    assert seen == [Mode.RUNNING, Mode.CLEANING, Mode.STOPPED, Mode.RUNNING]


@pytest.mark.parametrize("dt", [0.1, 10.0])
def test_a_wandering_value_spreads_as_said_at_any_step(dt: float) -> None:
    wander, rng = Wander(mean=5.0, spread=2.0, memory_s=1.0), Random(3)  # noqa: S311 - repeatable
    values = []
    for _ in range(20_000):
        wander.step(dt, rng)
        values.append(wander.value)
    assert fmean(values) == pytest.approx(5.0, abs=0.2)
    assert pstdev(values) == pytest.approx(2.0, rel=0.1)
