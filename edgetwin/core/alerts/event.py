"""One transition of one alert: it began, or it ended. Nothing here knows how it is written or sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, Self


class Severity(StrEnum):
    """How much a person should care."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """An alert that began (`active`) or ended. `id` names the alert for good, `occurrence` counts its beginnings.

    `subject` is the signal, device or asset that it speaks of, `subject_kind` says which of them. `onset_ns` is our
    estimate of when the trouble began, `detected_ns` when we were sure, `ended_ns` when it was over (wall clock).
    `three_sigma` says whether a plain mean +-3 sigma rule was firing on this signal at the same moment.
    """

    id: str
    occurrence: int
    subject: str
    subject_kind: Literal["signal", "device", "asset"]
    kind: str
    severity: Severity
    active: bool
    onset_ns: int
    detected_ns: int
    ended_ns: int | None = None
    message: str
    evidence: Mapping[str, float | int | str] = field(default_factory=dict)
    three_sigma: bool = False

    def ended(self, when: int) -> Self:
        """Give the same alert, over."""
        return replace(self, active=False, ended_ns=max(when, self.onset_ns))
