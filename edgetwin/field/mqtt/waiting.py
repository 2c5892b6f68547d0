"""Signals of which nothing has been heard yet, and until when that is no wonder. Pure.

A sensor publishes when it likes, so at first nobody knows its value and nothing is wrong. After a while something is:
the topic is not right, the sensor is off, or its edge node is waited for in vain. Then it is told, once.
"""

import math
from collections.abc import Iterable, Sequence

_PERIODS = 3  # that a sensor may take for its first message
_SHORTEST_S = 5.0
_UNKNOWN_S = 60.0  # where nobody said how often it publishes


class Waiting:
    """Until when each signal is waited for. `every_s` is how often each is published; NaN: nobody knows."""

    def __init__(self, every_s: Sequence[float]) -> None:
        self._grace_ns = [
            round(1e9 * (_UNKNOWN_S if math.isnan(every) else max(_SHORTEST_S, _PERIODS * every)))
            for every in every_s
        ]
        self._until: dict[int, int] = {}  # place -> monotonic time

    def expect(self, places: Iterable[int], now: int) -> None:
        """Begin to wait for these signals."""
        self._until.update((place, now + self._grace_ns[place]) for place in places)

    def heard(self, place: int) -> None:
        """End the waiting: something is known of the signal."""
        self._until.pop(place, None)

    def overdue(self, now: int) -> list[int]:
        """Give the signals that should have spoken by now, each once."""
        late = [place for place, until in self._until.items() if until <= now]
        for place in late:
            del self._until[place]
        return late

    def patience_s(self, now: int) -> float:
        """Say for how long nobody will be overdue."""
        return max(0.0, (min(self._until.values()) - now) / 1e9) if self._until else math.inf
