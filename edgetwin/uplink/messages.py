"""What leaves the gateway, as JSON. Pure: the time is an argument, and nothing is sent from here.

The schemas in `schema/` say what each message holds, for those who read them; the tests hold both together. Numbers
are written unrounded. A number that is not there (NaN, or an infinity, which JSON cannot say) is null, never absent.
`seq` counts by one within its lane, over all topics of that lane, so that who reads the whole lane sees a gap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.signals import Kind, Outcome, Quality, SignalTable, reason_names
from edgetwin.core.status import describe
from edgetwin.uplink.outbox import Lane
from edgetwin.uplink.stamps import iso, iso_column
from edgetwin.uplink.subjects import Subject, Subjects

VERSION = 1  # of the form of all messages; it grows when a consumer would have to change

Row = dict[str, Any]

_QUALITY = tuple(quality.name.lower() for quality in Quality)
# Evidence and counters may hold numpy's numbers.
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY

_reasons = lru_cache(maxsize=4096)(reason_names)
_status_text = lru_cache(maxsize=4096)(describe)


def alert_json(event: AlertEvent) -> bytes:
    """Write one transition of an alert: the lines of `replay --alerts`, and the heart of the `alert` topic."""
    return orjson.dumps(_alert(event), option=_OPTIONS)


def _alert(event: AlertEvent) -> dict[str, Any]:
    return {
        "v": VERSION,
        "id": event.id,
        "occurrence": event.occurrence,
        event.subject_kind: event.subject,
        "kind": event.kind,
        "severity": event.severity.value,
        "active": event.active,
        "onset": iso(event.onset_ns),
        "detected": iso(event.detected_ns),
        "ended": None if event.ended_ns is None else iso(event.ended_ns),
        "message": event.message,
        "evidence": dict(event.evidence),
        "three_sigma": event.three_sigma,
    }


class RowWriter:
    """Writes the rows of an outcome, one dict per reading, column by column."""

    def __init__(self, table: SignalTable) -> None:
        self._table = table
        # What never changes about a signal: its full name, and its unit if it has one.
        self._fixed: list[Row] = [
            {"signal": signal.name, "unit": signal.unit} if signal.unit else {"signal": signal.name}
            for signal in table
        ]

    def rows(self, outcome: Outcome, picked: NDArray[np.intp]) -> list[Row]:
        """Write the picked rows, in the order given. Their stamps are those of the reading, also in a heartbeat."""
        ids = outcome.ids[picked]
        fixed = self._fixed
        rows: list[Row] = [
            {
                **fixed[number],
                "raw": raw,
                "value": value,
                "sigma": sigma,
                "quality": _QUALITY[quality],
                "reasons": _reasons(reasons),
                "surprise": surprise,
                "status": status,
                "t_source": t_source,
                "t_read": t_read,
            }
            for number, raw, value, sigma, quality, reasons, surprise, status, t_source, t_read in zip(
                ids.tolist(),
                outcome.raw[picked].tolist(),
                outcome.value[picked].tolist(),
                outcome.sigma[picked].tolist(),
                outcome.quality[picked].tolist(),
                outcome.reasons[picked].tolist(),
                outcome.surprise[picked].tolist(),
                outcome.status[picked].tolist(),
                iso_column(outcome.t_source[picked]),
                iso_column(outcome.t_read[picked]),
                strict=True,
            )
        ]
        # The few rows that have more to say than a number.
        for place in np.flatnonzero(outcome.status[picked]).tolist():
            rows[place]["status_text"] = _status_text(rows[place]["status"])
        for place in np.flatnonzero(~self._table.numeric[ids]).tolist():
            rows[place]["label"] = self._label(outcome, int(picked[place]))
        return rows

    def _label(self, outcome: Outcome, place: int) -> str | None:
        """Name a state, or give the text of a text signal; None where it has no name or was not read."""
        signal = self._table[int(outcome.ids[place])]
        if signal.kind is Kind.TEXT:
            text = outcome.texts[place] if outcome.texts else None
            # Devices send what they like; a broken surrogate must not cost the whole message.
            return None if text is None else text.encode(errors="replace").decode()
        code = float(outcome.raw[place])
        return signal.names.get(int(code)) if np.isfinite(code) else None


@dataclass(slots=True)
class Envelope:
    """Who speaks, in which life of the gateway, and the counts of what was said."""

    site: str
    gateway: str
    epoch: str
    _told: dict[Lane, int] = field(default_factory=dict)

    def state(
        self, subjects: Subjects, numbers: list[int], rows: list[Row], now_ns: int
    ) -> list[tuple[Subject, bytes]]:
        """Write one message for each subject that has a row. `numbers` are the signals of the rows."""
        signals: dict[int, dict[str, Row]] = {}
        for number, row in zip(numbers, rows, strict=True):
            for place, called in subjects.routes[number]:
                signals.setdefault(place, {})[called] = row
        messages: list[tuple[Subject, bytes]] = []
        for place, told in signals.items():
            subject = subjects.all[place]
            head = self._head(now_ns, Lane.STATE)
            messages.append((subject, _json({**head, subject.kind: subject.name, "signals": told})))
        return messages

    def signal(self, row: Row, now_ns: int) -> bytes:
        """Write the newest state of one signal, for its own retained topic."""
        return _json({**self._head(now_ns), **row})

    def alert(self, event: AlertEvent, now_ns: int) -> bytes:
        """Write one transition of an alert."""
        return _json({**self._head(now_ns, Lane.ALERT), **_alert(event)})

    def status(self, now_ns: int, version: str, *, online: bool, reason: str = "") -> bytes:
        """Write the birth (online), the last will, or the farewell. A will bears the time at which it was made."""
        return _json({**self._head(now_ns), "online": online, "version": version, "reason": reason})

    def health(self, now_ns: int, counters: Mapping[str, object], uplink: Mapping[str, int]) -> bytes:
        """Write the counters: those of the whole gateway, and those of the uplink itself."""
        return _json({**self._head(now_ns), "counters": dict(counters), "uplink": dict(uplink)})

    def _head(self, now_ns: int, lane: Lane | None = None) -> dict[str, Any]:
        head: dict[str, Any] = {
            "v": VERSION,
            "site": self.site,
            "gateway": self.gateway,
            "epoch": self.epoch,
            "time": iso(now_ns),
        }
        if lane is not None:
            self._told[lane] = head["seq"] = self._told.get(lane, 0) + 1
        return head


def _json(content: Mapping[str, object]) -> bytes:
    return orjson.dumps(content, option=_OPTIONS)
