"""What a check is given, and what it owes.

A check looks at the readings of one tick and says where its kind of fault holds. It keeps its own memory and learns
only from readings it does not reject. To add one: a file here, a row in the pipeline's order and in the alert rules,
a folder in tests/cases.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from edgetwin.core.signals import Floats, Ids, Mask, Nanos


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """The readings of one tick, at most one for each signal."""

    at: slice | Ids  # where these signals are in the arrays: a slice when they stand side by side
    ids: Ids
    raw: Floats
    t_read: Nanos
    mono: Nanos
    usable: Mask  # a number that the device does not call bad, in order of time

    def without(self, rejected: Mask) -> "Readings":
        """Give the same readings with some more that may not be used."""
        return replace(self, usable=self.usable & ~rejected) if rejected.any() else self


Evidence = dict[str, float | int | str]


class Witness(Protocol):
    """Who can say more about a reason."""

    def onset_ns(self, number: int) -> int:
        """Estimate when it began for this signal (wall clock)."""
        ...

    def evidence(self, number: int) -> Evidence:
        """Give the figures that speak for it."""
        ...


class Check(Witness, Protocol):
    """One way in which a sensor can lie."""

    def look(self, readings: Readings) -> Mask:
        """Tell for which of these readings the fault holds now, and learn from the others."""
        ...
