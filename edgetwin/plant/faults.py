"""The ways in which the plant can go wrong.

Pure: each fault is a function of the moment, with no memory of its own. Six faults of a sensor, one of the
process (the cooling of the bearing fouls), one of a device (its PLC reboots).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from random import Random

from edgetwin.plant.instrument import Instrument

DRIFT_SHARE = 0.004  # of the span, per second
SPIKE_CHANCE = 0.08  # per reading
SPIKE_SHARE = 0.25  # of the span
NOISE_TIMES = 15.0  # what a noisy sensor's sigma is multiplied by

FOULING = "fouling"
FOULING_SHARE = 0.012  # of the cooling, per second
FOULING_MOST = 0.6

REBOOT = "reboot"
REBOOT_S = 6.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading in the making: what the sensor feels, what it showed when the fault began, and how long ago."""

    measured: float
    shown_before: float
    age_s: float


SensorFault = Callable[[Instrument, Moment, Random], float]


def stuck(_instrument: Instrument, moment: Moment, _rng: Random) -> float:
    """Repeat the last reading for ever."""
    return moment.shown_before


def drift(instrument: Instrument, moment: Moment, _rng: Random) -> float:
    """Walk away from the truth, slowly and steadily."""
    return instrument.show(moment.measured + DRIFT_SHARE * instrument.span * moment.age_s)


def spike(instrument: Instrument, moment: Moment, rng: Random) -> float:
    """Jump far away for a single reading, now and then."""
    jump = SPIKE_SHARE * instrument.span * rng.choice((-1.0, 1.0)) if rng.random() < SPIKE_CHANCE else 0.0
    return instrument.show(moment.measured + jump)


def noise(instrument: Instrument, moment: Moment, rng: Random) -> float:
    """Scatter many times as widely as it should."""
    return instrument.show(moment.measured + rng.gauss(0.0, NOISE_TIMES * instrument.noise))


def drop_out(_instrument: Instrument, _moment: Moment, _rng: Random) -> float:
    """Give no value at all."""
    return nan


def out_of_range(instrument: Instrument, _moment: Moment, _rng: Random) -> float:
    """Show the current of a broken sensor, above the range."""
    return instrument.burnt_out()


SENSOR_FAULTS: Mapping[str, SensorFault] = {
    "stuck": stuck,
    "drift": drift,
    "spike": spike,
    "noise": noise,
    "drop-out": drop_out,
    "out of range": out_of_range,
}


WORDS: Mapping[str, str] = {
    "stuck": "is stuck",
    "drift": "drifts",
    "spike": "has spikes",
    "noise": "is noisy",
    "drop-out": "drops out",
    "out of range": "is out of range",
    FOULING: "is fouling",
    REBOOT: "reboots",
}


def fouling_after(age_s: float) -> float:
    """Give the share of the cooling that deposits have taken away after `age_s` seconds of fouling."""
    return min(FOULING_MOST, FOULING_SHARE * age_s)
