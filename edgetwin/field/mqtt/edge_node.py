"""One edge node of Sparkplug B: what its births, data and deaths say of our signals. Pure.

Only a birth tells which metric a number stands for, so nothing is believed before one, and after a message was lost
nothing is certain until the next one: it may have been a birth that numbered the metrics anew. History that a node
sends after an outage is not live; it is counted as lost and never shown as if it were now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Stamp
from edgetwin.field.mqtt.rows import Row, reading
from edgetwin.wire.sparkplug import NAMESPACE, SESSION, DataType, Metric, Payload

_OF_NODE = ("NBIRTH", "NDATA", "NDEATH")
_OF_DEVICE = ("DBIRTH", "DDATA", "DDEATH")
_HINT_BIRTH = "it introduces its metrics when it starts; rebirth = true lets the gateway ask for that"
_LAST_MS = 9_214_646_400_000  # the year 2262, in which int64 ns end


class Wanted(NamedTuple):
    """One of our signals: a metric of the node, or of a device behind it."""

    place: int
    device: str
    metric: str
    is_text: bool


class Told(NamedTuple):
    """What a message came to. `news` is worth a line in the log: what happened, and what can be done.

    `awaited` are the signals whose birth must come now.
    """

    rows: Sequence[Row] = ()
    news: str = ""
    hint: str = ""
    awaited: Sequence[int] = ()


@dataclass(slots=True)
class _Origin:
    """The node itself, or one device behind it."""

    wanted: tuple[Wanted, ...]
    wanted_as: Mapping[str | None, Sequence[Wanted]]
    alive: bool = False
    certain: bool = False
    strange: bool = False  # it sends numbers of metrics that its birth did not tell
    names: dict[int, str] = field(default_factory=dict)  # alias -> name
    types: dict[str, int] = field(default_factory=dict)  # name -> data type
    last: dict[int, Row] = field(default_factory=dict)  # place -> what it was


class EdgeNode:
    """Follows one edge node through its lives."""

    def __init__(self, group: str, node: str, wanted: Sequence[Wanted]) -> None:
        self.name = f"{group}/{node}"
        self.command = f"{NAMESPACE}/{group}/NCMD/{node}"
        self.topics = (
            *(f"{NAMESPACE}/{group}/{kind}/{node}" for kind in _OF_NODE),
            *(f"{NAMESPACE}/{group}/{kind}/{node}/+" for kind in _OF_DEVICE),
        )
        self.places = tuple(each.place for each in wanted)
        self.lost = 0  # messages and historical readings that never became a reading of ours
        self.needs_birth = False
        self._origins: dict[str, _Origin] = {
            device: _origin([each for each in wanted if each.device == device])
            for device in {"", *(each.device for each in wanted)}
        }
        self._born = False
        self._session: int | None = None
        self._next: int | None = None
        self._before: Payload | None = None
        self._garbled = False  # the last message was no Sparkplug, and that was said
        self._orphaned = False  # data came without a birth, and that was said

    def forget(self) -> None:
        """Believe nothing any more: the connection to the broker was away, and the node may have been born anew."""
        self._born, self._next, self._orphaned, self.needs_birth = False, None, False, True
        for origin in self._origins.values():
            origin.alive = origin.certain = False
            origin.last.clear()

    def take(self, topic: str, payload: Payload, stamp: Stamp) -> Told:
        """Take a message of this node or of a device behind it."""
        self._garbled = False
        _, _, kind, _, *behind = topic.split("/")
        if kind == "NDEATH":
            return self._node_died(payload, stamp)
        if kind == "NBIRTH":
            return self._node_born(payload, stamp)
        if not self._born:
            return self._orphan()
        gap = self._follow(payload, stamp)
        if gap is None:
            return Told()
        origin = self._origins.get(behind[0] if behind else "")
        if origin is None:
            return gap
        if kind == "DBIRTH":
            rows = self._birth(origin, payload, stamp)
        elif kind == "DDEATH":
            rows = self._death(origin, stamp)
        else:
            strange, rows = origin.strange, list(self._data(origin, payload, stamp))
            if origin.strange and not strange:
                gap = Told(gap.rows, "a metric that no birth has told", _HINT_BIRTH)
        return gap._replace(rows=[*gap.rows, *rows])

    def unreadable(self) -> Told:
        """Take a message that is no payload of Sparkplug. The next one will show that one is missing."""
        self.lost += 1
        if self._garbled:
            return Told()
        self._garbled = True
        return Told((), "a message that is not Sparkplug B", "is `edge` the name of a Sparkplug edge node?")

    def _node_born(self, payload: Payload, stamp: Stamp) -> Told:
        again, self._born, self._orphaned, self.needs_birth = self._born, True, False, False
        self._session, self._before = _session(payload), None
        self._next = None if payload.seq is None else (payload.seq + 1) % 256
        behind = [origin for device, origin in self._origins.items() if device]
        for origin in behind:  # devices are born again after their node
            origin.alive = origin.certain = False
        awaited = [each.place for origin in behind for each in origin.wanted]
        rows = self._birth(self._origins[""], payload, stamp)
        return Told(rows, "" if again else "born", awaited=awaited)

    def _node_died(self, payload: Payload, stamp: Stamp) -> Told:
        session = _session(payload)
        if not self._born or (None not in (session, self._session) and session != self._session):
            return Told()  # the will of a session before this one
        self._born, self._next = False, None
        rows = [row for origin in self._origins.values() for row in self._death(origin, stamp)]
        return Told(rows, "died", "is the edge node switched on, is its network up?")

    def _orphan(self) -> Told:
        self.needs_birth = True
        if self._orphaned:
            return Told()
        self._orphaned = True
        return Told((), "data before a birth", _HINT_BIRTH)

    def _follow(self, payload: Payload, stamp: Stamp) -> Told | None:
        """Count what is missing between this message and the one before; None: it is that one again.

        Without a number nobody can tell: a node that leaves it out may say the same twice and mean it.
        """
        if payload.seq is not None and payload == self._before:
            return None
        self._before = payload
        seq, expected = payload.seq, self._next
        missing = 0 if seq is None or expected is None else (seq - expected) % 256
        self._next = None if seq is None else (seq + 1) % 256
        if not missing:
            return Told()
        self.lost += missing
        self.needs_birth = True
        if not any(origin.certain for origin in self._origins.values()):
            return Told()  # that was said already
        rows = [row for origin in self._origins.values() for row in _doubt(origin, stamp)]
        hint = "its values are uncertain until its next birth; rebirth = true lets the gateway ask for it"
        return Told(rows, f"{missing} messages are missing", hint)

    def _birth(self, origin: _Origin, payload: Payload, stamp: Stamp) -> list[Row]:
        origin.alive, origin.certain, origin.strange = True, True, False
        origin.names = {
            m.alias: m.name for m in payload.metrics if m.alias is not None and m.name is not None
        }
        origin.types = {m.name: m.datatype for m in payload.metrics if m.name is not None and m.datatype}
        rows = list(self._data(origin, payload, stamp))
        named = {metric.name for metric in payload.metrics}
        for each in origin.wanted:
            if each.metric not in named:
                where = f"{self.name}/{each.device}".removesuffix("/")
                hint = f"{where} has no metric {each.metric}: is `metric` right?"
                rows.append(Row(each.place, stamp, status=status.BAD_NODE_UNKNOWN, hint=hint))
        return rows

    def _death(self, origin: _Origin, stamp: Stamp) -> list[Row]:
        origin.alive = origin.certain = False
        origin.last.clear()
        return [Row(each.place, stamp, status=status.BAD_NO_COMMUNICATION) for each in origin.wanted]

    def _data(self, origin: _Origin, payload: Payload, stamp: Stamp) -> Iterator[Row]:
        if not origin.alive:
            self.needs_birth = True  # of the device, which only the node can bring about
            return
        for metric in payload.metrics:
            name = metric.name or (None if metric.alias is None else origin.names.get(metric.alias))
            if name is None:
                origin.strange = self.needs_birth = True
                self.lost += 1
            for each in origin.wanted_as.get(name, ()):
                if metric.historical:
                    self.lost += 1
                    continue
                row = _row(each, metric, origin.types.get(each.metric), payload, stamp)
                if not origin.certain and row.status < status.UNCERTAIN:
                    row = row._replace(status=status.UNCERTAIN)
                origin.last[each.place] = row
                yield row


def _origin(wanted: Sequence[Wanted]) -> _Origin:
    by_name: dict[str | None, list[Wanted]] = {}
    for each in wanted:
        by_name.setdefault(each.metric, []).append(each)
    return _Origin(tuple(wanted), by_name)


def _doubt(origin: _Origin, stamp: Stamp) -> Iterator[Row]:
    """Say that what was last heard may no longer be so."""
    if origin.certain:
        origin.certain = False
        for row in origin.last.values():
            if row.status < status.UNCERTAIN:
                yield row._replace(stamp=stamp, status=status.UNCERTAIN_LAST_USABLE)


def _row(wanted: Wanted, metric: Metric, datatype: int | None, payload: Payload, stamp: Stamp) -> Row:
    value = metric.value(datatype)
    row = reading(wanted.place, stamp, value, is_text=wanted.is_text)
    if row.status == status.BAD_TYPE_MISMATCH or (value is None and not metric.null):
        kind = "text" if wanted.is_text else "number"
        hint = f"{wanted.metric} is no single {kind}: are `metric` and `text` right?"
        return row._replace(status=status.BAD_TYPE_MISMATCH, hint=hint)
    time_ms = payload.time_ms if metric.time_ms is None else metric.time_ms
    return row._replace(t_source=time_ms * 1_000_000 if time_ms and time_ms < _LAST_MS else UNSTAMPED)


def _session(payload: Payload) -> int | None:
    """Give the number that ties a death to its birth."""
    for metric in payload.metrics:
        if metric.name == SESSION:
            number = metric.value(metric.datatype or DataType.UINT64)
            return number if isinstance(number, int) else None
    return None
