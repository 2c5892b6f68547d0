"""What a replay found, counted per signal, and how it is shown: a table for people, a dict for scripts."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from edgetwin.core.signals import Outcome, Quality, Reason, SignalTable
from edgetwin.core.status import is_missing

if TYPE_CHECKING:
    from edgetwin.core.alerts.event import AlertEvent

_ALERTS_SHOWN = 20
_NAME_WIDTH = 40


class Tally:
    """Adds up outcomes. Its size depends on the number of signals, not on the length of the file."""

    def __init__(self, table: SignalTable) -> None:
        self._table = table
        signals = len(table)
        self.samples = 0
        self._missing = np.zeros(signals, np.int64)
        self._quality = np.zeros((signals, len(Quality)), np.int64)
        self._reasons = {reason: np.zeros(signals, np.int64) for reason in Reason}
        self._alerts: Counter[str] = Counter()
        self._first_alerts: list[AlertEvent] = []

    @property
    def alerts(self) -> int:
        """How many alerts began."""
        return self._alerts.total()

    def add(self, outcome: Outcome) -> None:
        """Count the readings and the alerts of one step."""
        ids, signals = outcome.ids, len(self._table)
        self.samples += len(outcome)
        self._missing += np.bincount(ids[is_missing(outcome.status)], minlength=signals)
        kinds = len(Quality)
        self._quality += np.bincount(ids * kinds + outcome.quality, minlength=signals * kinds).reshape(
            signals, kinds
        )
        seen = int(np.bitwise_or.reduce(outcome.reasons, initial=0))
        for reason in Reason:
            if seen & reason:
                self._reasons[reason] += np.bincount(ids[(outcome.reasons & reason) != 0], minlength=signals)
        for event in outcome.alerts:
            if event.active:
                self._alerts[event.subject] += 1
                if len(self._first_alerts) < _ALERTS_SHOWN:
                    self._first_alerts.append(event)

    def signals(self) -> dict[str, dict[str, Any]]:
        """Give the counts of each signal, by name."""
        return {
            name: {
                "rows": int(self._quality[i].sum()),
                "missing": int(self._missing[i]),
                **{quality.name.lower(): int(self._quality[i, quality]) for quality in Quality},
                "reasons": self._reasons_of(i),
                "alerts": self._alerts[name],
            }
            for i, name in enumerate(self._table.names)
        }

    def _reasons_of(self, signal: int) -> dict[str, int]:
        return {
            str(reason.name).lower(): int(counts[signal])
            for reason, counts in self._reasons.items()
            if counts[signal]
        }

    def table(self) -> list[str]:
        """Show the counts as lines of a table, and the first alerts below it."""
        width = min(max([len(name) for name in self._table.names] + [6]), _NAME_WIDTH)
        titles = f"{'rows':>9} {'missing':>8} {'good':>6} {'unsure':>6} {'bad':>6} {'alerts':>6}  reasons"
        lines = [f"{'signal':<{width}} {titles}"]
        for name, counts in self.signals().items():
            rows = max(counts["rows"], 1)
            shares = " ".join(f"{counts[quality.name.lower()] / rows:6.1%}" for quality in Quality)
            reasons = sorted(counts["reasons"].items(), key=lambda item: -item[1])
            lines.append(
                f"{_short(name):<{width}} {counts['rows']:>9,} {counts['missing']:>8,} {shares} {counts['alerts']:>6,}"
                f"  {', '.join(f'{reason} {count:,}' for reason, count in reasons)}".rstrip()
            )
        return lines + self._alert_lines()

    def _alert_lines(self) -> list[str]:
        lines = [""] if self._first_alerts else []
        for event in self._first_alerts:
            onset = np.datetime64(event.onset_ns, "ns").astype("datetime64[s]")
            lines.append(f"{onset}Z  {event.severity.value:<8}  {event.subject}: {event.message}")
        if self.alerts > len(self._first_alerts):
            lines.append(
                f"... and {self.alerts - len(self._first_alerts):,} more alerts: --alerts FILE writes them all"
            )
        return lines


def _short(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 3] + "..."
