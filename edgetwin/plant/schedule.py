"""What breaks when, if nobody breaks anything by hand. Pure: a list, and what of it falls into a stretch of time.

The first minute shows what matters most: a sensor that sticks at 20 s, when the gateway has seen how it moves, and is
mended at 45 s. Then everything else follows, one thing at a time, round and round.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edgetwin.plant.faults import FOULING, REBOOT, REBOOT_S
from edgetwin.plant.points import COOLING, FEED, MILL

ROUND_S = 330.0


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that breaks at a time within the round, and is mended after a while."""

    at_s: float
    target: str
    kind: str
    lasts_s: float


SCHEDULE = (
    Happening(20.0, "mill.bearing_temp", "stuck", 25.0),
    Happening(52.0, MILL, REBOOT, REBOOT_S),
    Happening(72.0, "feed.dose_pressure", "out of range", 15.0),
    Happening(100.0, "feed.dose_flow", "drift", 30.0),
    Happening(140.0, "mill.water_flow", "spike", 20.0),
    Happening(170.0, "feed.tank_level", "drop-out", 15.0),
    Happening(195.0, "mill.motor_power", "noise", 20.0),
    Happening(225.0, COOLING, FOULING, 55.0),
    Happening(295.0, FEED, REBOOT, REBOOT_S),
)


def coming(now_s: float) -> tuple[Happening, float]:
    """Give what happens next, and in how many seconds."""
    into_round_s = now_s % ROUND_S
    for happening in SCHEDULE:
        if happening.at_s > into_round_s:
            return happening, happening.at_s - into_round_s
    return SCHEDULE[0], SCHEDULE[0].at_s + ROUND_S - into_round_s


def due(after_s: float, until_s: float) -> Iterator[Happening]:
    """Give what happens after one time and no later than another, in order. Round follows round."""
    round_number = int(max(0.0, after_s) // ROUND_S)
    while round_number * ROUND_S <= until_s:
        for happening in SCHEDULE:
            if after_s < round_number * ROUND_S + happening.at_s <= until_s:
                yield happening
        round_number += 1
