"""Whose turn it is on a line that several units share. Pure: decides, and sends nothing.

A unit is living once it has answered since its link was opened; before that, asking it is a try. A dead unit must not
eat the time of the living, so

- a try begins only when no living unit waits,
- tries take a tenth of the time at most while a unit is living (half, until each unit was tried once),
- a try ends before it can make a neighbour miss a poll: at half of the shortest period of the others (a quarter where
  the line must also be drained afterwards), or what the bytes need on the wire, if that is longer.

A slow unit could never answer such short tries. If its answer comes after all, it is known to be slow, and from then
on its tries get their full time-out.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from edgetwin.field.lifeline import Lifeline
from edgetwin.field.modbus.frames import Request

TRIES_SHARE = 0.1  # of the time of the line
FIRST_SHARE = 0.5  # for units that were never tried: that they are away should soon be known
SOONEST_S = 0.02  # a try is given at least this, besides what the bytes need


@dataclass(slots=True, eq=False)
class Seat:
    """The place of one open link on a line."""

    unit: int
    timeout_s: float
    period_s: float | None = None  # how often its unit is asked, at least
    lifeline: Lifeline = field(default_factory=Lifeline)
    living: bool = False


@dataclass(slots=True, eq=False)
class Turn:
    """One request that waits or is in flight."""

    seat: Seat
    request: Request
    answer: asyncio.Future[bytes]
    is_try: bool
    began: float = 0.0
    timeout_s: float = 0.0
    overtime: bool = False  # its time is up, and bytes wait to be handed over


class Turns:
    """Those who wait. Times are seconds of one clock, whichever."""

    def __init__(self) -> None:
        self._waiting: deque[Turn] = deque()
        self._tries: deque[Turn] = deque()
        self._try_at = 0.0
        self._unit_at: dict[int, float] = {}
        self._slow: set[int] = set()

    def add(self, turn: Turn) -> None:
        """Queue up. Whoever has given up waiting (a future that is done) is passed over."""
        (self._tries if turn.is_try else self._waiting).append(turn)

    def next(self, now: float) -> Turn | None:
        """Give the turn that may begin now, if there is one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.answer.done():
                return turn
        if self._tries:
            self._tries = deque(turn for turn in self._tries if not turn.answer.done())
            if now >= self._try_at:
                for turn in self._tries:
                    if now >= self._unit_at.get(turn.request.unit, 0.0):
                        self._tries.remove(turn)
                        return turn
        return None

    def next_at(self) -> float | None:
        """Give the time at which a try may begin, if one waits."""
        units = [self._unit_at.get(turn.request.unit, 0.0) for turn in self._tries]
        return max(self._try_at, min(units)) if units else None

    def clear(self) -> list[Turn]:
        """Send all away."""
        away = [*self._waiting, *self._tries]
        self._waiting.clear()
        self._tries.clear()
        return away

    def patience_s(self, turn: Turn, seats: Iterable[Seat], wire_s: float, part: float) -> float:
        """How long to wait for the answer. `part` is how much of a period a try may take from the others."""
        seat = turn.seat
        if not turn.is_try or seat.unit in self._slow:
            return seat.timeout_s
        periods = [other.period_s for other in seats if other is not seat and other.period_s is not None]
        if not periods:
            return seat.timeout_s
        return min(seat.timeout_s, max(part * min(periods), wire_s + SOONEST_S))

    def tried(self, turn: Turn, seats: Iterable[Seat], until: float, *, silent: bool) -> None:
        """Note that a try has taken the line until now, or until it is drained, and has reached no living unit."""
        unit = turn.request.unit
        share = TRIES_SHARE if unit in self._unit_at else FIRST_SHARE
        if silent:
            self._slow.discard(unit)
            # Its answer may still be on its way: the unit itself is left alone for as long as it was promised.
            self._unit_at[unit] = turn.began + 2 * turn.seat.timeout_s
        if any(other.living for other in seats if other is not turn.seat):
            self._try_at = until + (until - turn.began) * (1 / share - 1)

    def heard_late(self, unit: int) -> None:
        """Note that an answer of a unit came when nobody waited for it any more."""
        if unit in self._unit_at:
            self._slow.add(unit)
