"""One plain topic and the signals in its messages: parsed once, whatever the number of signals. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from edgetwin.config.mqtt_in import MqttSignal, Step, steps
from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Stamp
from edgetwin.field.mqtt import values as mqtt_values
from edgetwin.field.mqtt.rows import Row, reading
from edgetwin.field.mqtt.values import NOTHING

LARGEST = 256_000  # bytes of a message that are looked at


class _Part(NamedTuple):
    place: int
    path: tuple[Step, ...]
    time: tuple[Step, ...]
    time_unit: str
    is_text: bool
    where: str  # the path as it is written


class PlainTopic:
    """What is published under one topic."""

    def __init__(self, name: str, signals: Mapping[int, MqttSignal]) -> None:
        self.name = name
        self.qos = max(signal.qos for signal in signals.values())
        self.places = tuple(signals)
        self._parts = [
            _Part(
                place,
                steps(signal.path or ""),
                steps(signal.time or ""),
                signal.time_unit,
                signal.text,
                signal.path or "",
            )
            for place, signal in signals.items()
        ]
        self._is_json = any(part.path or part.time for part in self._parts)
        self._found: set[int] = set()  # signals whose path has led somewhere

    def rows(self, payload: bytes, stamp: Stamp, *, retained: bool) -> Iterator[Row]:
        """Read one message. What the broker had kept is not fresh, unless it says itself when it was measured."""
        if len(payload) > LARGEST:
            hint = f"messages under {self.name} have {len(payload)} bytes, and at most {LARGEST} are read"
            yield from self._failed(stamp, status.BAD_TYPE_MISMATCH, hint)
            return
        try:
            content = mqtt_values.parsed(payload) if self._is_json and payload else None
        except ValueError:
            hint = f"what comes under {self.name} is no JSON: leave out `path` and `time`, or mend the sensor"
            yield from self._failed(stamp, status.BAD_TYPE_MISMATCH, hint)
            return
        for part in self._parts:
            row = self._row(part, payload, content, stamp)
            if row is not None:
                stale = retained and row.t_source == UNSTAMPED and row.status < status.UNCERTAIN_LAST_USABLE
                yield row._replace(status=status.UNCERTAIN_LAST_USABLE) if stale else row

    def _row(self, part: _Part, payload: bytes, content: object, stamp: Stamp) -> Row | None:
        place = part.place
        if part.path:
            value = mqtt_values.at(content, part.path)
            if not payload:
                value = None
            elif value is not NOTHING:
                self._found.add(place)
            elif place in self._found:
                return None  # this message does not speak of it
            else:
                hint = f"no {part.where} in messages under {self.name}: is `path` right?"
                return Row(place, stamp, status=status.BAD_NODE_UNKNOWN, hint=hint)
        else:
            value = mqtt_values.plain(payload)
        row = reading(place, stamp, value, is_text=part.is_text)
        if row.status == status.BAD_TYPE_MISMATCH:
            kind = "text of ordinary length" if part.is_text else "number"
            return row._replace(
                hint=f"what comes under {self.name} is no {kind}: are `path` and `text` right?"
            )
        return self._timed(part, row, content) if part.time and payload else row

    def _timed(self, part: _Part, row: Row, content: object) -> Row:
        t_source = mqtt_values.time_ns(mqtt_values.at(content, part.time), part.time_unit)
        if t_source != UNSTAMPED or row.status >= status.BAD:
            return row._replace(t_source=t_source)
        hint = f"messages under {self.name} do not say when: are `time` and `time_unit` right?"
        return row._replace(status=max(row.status, status.UNCERTAIN), hint=hint)

    def _failed(self, stamp: Stamp, code: int, hint: str) -> Iterator[Row]:
        return (Row(place, stamp, status=code, hint=hint) for place in self.places)
