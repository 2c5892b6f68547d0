"""Who tells of which signal: an asset that claims it, or else its device. Pure, made once at start.

A signal that several assets share (one cooling water line for all bearings) is told by each of them. What is not
claimed is told by its device, so that no signal is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from edgetwin.core.signals import SignalTable

UNNAMED = "local"  # the device of a signal that has none


@dataclass(frozen=True, slots=True)
class Subject:
    """One topic of state: an asset by its path, or a device by its name."""

    kind: Literal["asset", "device"]
    name: str


Route = tuple[int, str]  # the number of the subject, and what the signal is called there


class Subjects:
    """The subjects, and for every signal the places where it is told."""

    def __init__(self, table: SignalTable, assets: Mapping[str, Mapping[str, str]]) -> None:
        self.all: list[Subject] = []
        self.routes: list[list[Route]] = [[] for _ in table]
        for path, roles in assets.items():
            number = self._add(Subject("asset", path))
            for role, name in roles.items():
                self.routes[table.id_of(name)].append((number, role))
        devices: dict[str, int] = {}
        for row, signal in enumerate(table):
            if self.routes[row]:
                continue
            device = signal.device or UNNAMED
            if device not in devices:
                devices[device] = self._add(Subject("device", device))
            self.routes[row].append((devices[device], signal.name.removeprefix(f"{signal.device}.")))

    def _add(self, subject: Subject) -> int:
        self.all.append(subject)
        return len(self.all) - 1
