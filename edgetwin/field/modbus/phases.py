"""When within its period each rhythm is asked, so that neither a line nor the gateway is hit in bursts. Pure.

Units on one line that are asked equally often are spread by what they cost: each begins when those before it have had
their part of the period, so none finds the line taken if all of them fit. Such a group is then turned as a whole to
where it is least in the way of the groups with other periods on that line. Lines do not disturb each other; each only
starts at another part of the period, so that 200 devices do not send in the same millisecond.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from edgetwin.config.modbus import ModbusDevice
from edgetwin.core.signals import Nanos
from edgetwin.field.modbus.bus_time import Pace, lines
from edgetwin.field.modbus.plan import plan

_GOLDEN = (5**0.5 - 1) / 2  # its multiples, without what is before the point, never come close to each other
_TURNS = 64  # so many ways to turn a group are tried


@dataclass(frozen=True, slots=True)
class Beat:
    """One rhythm of one device: how often it is due and how long it keeps the line busy, in ns."""

    period: int
    cost: int


def phases(devices: Mapping[str, ModbusDevice]) -> dict[str, tuple[float, ...]]:
    """Give the phases of all rhythms of all devices, in seconds, in the order of their plans."""
    found: dict[str, tuple[float, ...]] = {}
    for number, (line, members) in enumerate(lines(devices).items()):
        pace = Pace.of(line)
        beats = {
            name: [
                Beat(round(rhythm.period_s * 1e9), round(pace.rhythm_s(rhythm) * 1e9))
                for rhythm in plan(device)
            ]
            for name, device in members.items()
        }
        placed = iter(spread([beat for each in beats.values() for beat in each], number * _GOLDEN % 1))
        for name, each in beats.items():
            found[name] = tuple(next(placed) / 1e9 for _ in each)
    return {name: found[name] for name in devices}


def spread(beats: Sequence[Beat], start: float = 0.0) -> list[int]:
    """Give a phase to each rhythm on one line; the first group begins at `start`, a part of its period."""
    placed = dict[int, int]()
    for period in sorted({beat.period for beat in beats}):
        group = [number for number, beat in enumerate(beats) if beat.period == period]
        apart = list(_apart([beats[number].cost for number in group], period))
        turns = np.array([int(period * ((start + turn / _TURNS) % 1)) for turn in range(_TURNS)])
        room = _room(beats, group, apart, turns, placed)
        turn = int(turns[np.argmax(room)])  # the first of the best ones
        placed |= {number: (place + turn) % period for number, place in zip(group, apart, strict=True)}
    return [placed[number] for number in range(len(beats))]


def _apart(costs: Sequence[int], period: int) -> Iterator[int]:
    """Spread a group over its period: each has the part that its cost has in the cost of all."""
    total = sum(costs)
    return (period * before // total for before in accumulate(costs[:-1], initial=0))


def _room(
    beats: Sequence[Beat], group: Sequence[int], apart: Sequence[int], turns: Nanos, placed: Mapping[int, int]
) -> Nanos:
    """How much room is left between a group and those placed before it, in each of its turns; negative: they collide.

    Two rhythms come as close to each other as their phases are apart, counted round the greatest common divisor of
    their periods.
    """
    room = np.full(len(turns), np.iinfo(np.int64).max)
    if not placed:
        return room
    places = np.array(list(placed.values()))
    costs = np.array([beats[other].cost for other in placed])
    circles = np.gcd([beats[other].period for other in placed], beats[group[0]].period)
    for number, offset in zip(group, apart, strict=True):
        after = (turns[:, np.newaxis] + (offset - places)) % circles
        before = circles - after
        room = np.minimum(room, np.minimum(after - costs, before - beats[number].cost).min(axis=1))
    return room
