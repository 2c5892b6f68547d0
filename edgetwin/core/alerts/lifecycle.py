"""When an alert begins and when it ends. Only transitions come out; what lasts is said once.

An alert has a name for good (`plc1.bearing_temp.stuck`) and counts its occurrences. While the reading itself is away
nothing is known of its other troubles, so they neither begin nor end. A device that speaks only on change says a
trouble once, and it lasts until the next word: there is no second reading to wait for.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.alerts.rules import ALERTING, RULES
from edgetwin.core.checks.check import Witness
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Codes, Ids, Mask, Nanos, Reason, SignalTable

_REASON_OF = {rule.kind: np.uint32(rule.reason) for rule in RULES}


class Alerts:
    """The alerts that are on, and how near the others are."""

    def __init__(
        self, table: SignalTable, memory: Memory, witnesses: Mapping[Reason, Witness], firing: Mask
    ) -> None:
        self._table = table
        self._witnesses = witnesses
        self._three_sigma = firing
        self._open = memory.array("alerts.open", np.uint32)  # reasons whose alert is on or coming on
        self._with = memory.array("alerts.with", np.int64, rows=(len(RULES),))
        self._without = memory.array("alerts.without", np.int64, rows=(len(RULES),))
        self._active: dict[str, AlertEvent] = {}
        self._occurrences: dict[str, int] = {}

    @property
    def active(self) -> tuple[AlertEvent, ...]:
        """The alerts that are on, in the order in which they began."""
        return tuple(self._active.values())

    def is_on(self, name: str) -> bool:
        """Tell whether an alert is on."""
        return name in self._active

    def adopt(self, old: "Alerts") -> None:
        """Go on with the alerts of signals and devices that are still here; the next readings judge them."""
        self._occurrences |= old._occurrences  # noqa: SLF001 - two of a kind
        devices = {signal.device for signal in self._table}
        for event in old.active:
            if event.subject in self._table or event.subject in devices:
                self._active[event.id] = event
            # Else an alert of a signal that is declared anew would never end.
            if event.subject in self._table:
                self._open[self._table.id_of(event.subject)] |= _REASON_OF[event.kind]

    def judge(
        self, at: slice | Ids, ids: Ids, reasons: Codes, judged: Mask, t_read: Nanos
    ) -> list[AlertEvent]:
        """Take the reasons of one tick and give the transitions. Quick where nothing is wrong."""
        wrong = reasons & ALERTING
        busy = (wrong | self._open[at]) != 0
        if not busy.any():
            return []
        events: list[AlertEvent] = []
        for k in np.flatnonzero(busy):
            number = int(ids[k])
            for row, rule in enumerate(RULES):
                present = bool(wrong[k] & rule.reason)
                if not present and not (judged[k] and self._open[number] & rule.reason):
                    continue
                event = self._count(row, number, int(t_read[k]), present=present)
                if event:
                    events.append(event)
        return events

    def _count(self, row: int, number: int, when: int, *, present: bool) -> AlertEvent | None:
        rule, signal = RULES[row], self._table[number]
        name = f"{signal.name}.{rule.kind}"
        if present:
            self._open[number] |= rule.reason
            self._without[row, number] = 0
            self._with[row, number] += 1
            if name in self._active or self._with[row, number] < (
                1 if signal.on_change else rule.raise_after
            ):
                return None
            witness = self._witnesses[rule.reason]
            evidence = witness.evidence(number)
            return self.begin(
                AlertEvent(
                    id=name,
                    occurrence=0,
                    subject=signal.name,
                    subject_kind="signal",
                    kind=rule.kind,
                    severity=rule.severity,
                    active=True,
                    onset_ns=min(witness.onset_ns(number), when),
                    detected_ns=when,
                    message=rule.say(signal, evidence),
                    evidence=evidence,
                    three_sigma=bool(self._three_sigma[number]),
                )
            )
        self._without[row, number] += 1
        if name in self._active and self._without[row, number] < (
            1 if signal.on_change else rule.clear_after
        ):
            return None
        self._open[number] &= ~np.uint32(rule.reason)
        self._with[row, number] = 0
        return self.end(name, when)

    def begin(self, event: AlertEvent) -> AlertEvent | None:
        """Begin an alert and number it, unless it is on already."""
        if event.id in self._active:
            return None
        self._occurrences[event.id] = self._occurrences.get(event.id, 0) + 1
        self._active[event.id] = event = replace(event, occurrence=self._occurrences[event.id])
        return event

    def end(self, name: str, when: int) -> AlertEvent | None:
        """End an alert, if it is on."""
        event = self._active.pop(name, None)
        return event.ended(when) if event else None
