"""From OPC UA values to the columns of a frame. Pure, but for needing asyncua's types."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from asyncua import ua

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Frame, Nanos, Stamp
from edgetwin.field.bounds import EXACT, LONGEST_TEXT
from edgetwin.field.opcua.pick import Picked, Unfold, pick

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US = 9_214_646_400_000_000  # the year 2262: int64 holds ns until then
_INFO, _OVERFLOW = 0x0400, 0x0080
_ESCAPED = re.compile("[\udc80-\udcff]")


class Item(NamedTuple):
    """One value that the server sent, and the place of its signal in the list of the device's signals."""

    place: int
    value: ua.DataValue


class Take(NamedTuple):
    """What one signal takes from its node: a number or a text, all of the value or a part of it."""

    text: bool = False
    part: Picked | None = None


def number(value: ua.DataValue, take: Take | None = None, unfold: Unfold | None = None) -> tuple[float, int]:
    """Give the number and its status. The server's own status is kept; where we find worse, ours takes its place.

    NaN and infinity, with a status that claims them good, become BAD_SENSOR_FAILURE; text, arrays and null become
    BAD_TYPE_MISMATCH; an integer that a float64 cannot hold exactly becomes UNCERTAIN.
    """
    code = code_of(value)
    if code >= status.BAD:
        return math.nan, code
    content = value.Value.Value if value.Value is not None else None
    if take is not None and take.part is not None:
        content, worse = pick(content, take.part, unfold)
        if worse:
            return math.nan, worse
    if isinstance(content, float):
        return (content, code) if math.isfinite(content) else (math.nan, status.BAD_SENSOR_FAILURE)
    if isinstance(content, ua.EnumValueType):
        content = content.Value
    if not isinstance(content, bool | int):
        return math.nan, status.BAD_TYPE_MISMATCH
    return float(content), code if abs(content) <= EXACT else code | status.UNCERTAIN


def text(
    value: ua.DataValue, take: Take | None = None, unfold: Unfold | None = None
) -> tuple[str | None, int]:
    """Give the text and its status. What can be written out is; a structure or an array is a BAD_TYPE_MISMATCH.

    asyncua hands over bytes that are no UTF-8 as halves of signs, which no message can hold. They are read as Latin-1,
    in which every byte is a character, as in the registers of a PLC.
    """
    code = code_of(value)
    if code >= status.BAD:
        return None, code
    content = value.Value.Value if value.Value is not None else None
    if take is not None and take.part is not None:
        content, worse = pick(content, take.part, unfold)
        if worse:
            return None, worse
    written = _WRITERS.get(type(content), _no_text)(content)
    if written is None or len(written) > LONGEST_TEXT:
        return None, status.BAD_TYPE_MISMATCH
    if _ESCAPED.search(written):
        written = written.encode("utf-8", errors="surrogateescape").decode("latin-1")
    return written, code


def _no_text(content: object) -> str | None:
    return str(content) if isinstance(content, str | int | float) else None


_WRITERS: dict[type, Callable[[object], str | None]] = {
    ua.LocalizedText: lambda content: getattr(content, "Text", None),
    ua.QualifiedName: lambda content: getattr(content, "Name", None),
    ua.EnumValueType: lambda content: getattr(getattr(content, "DisplayName", None), "Text", None),
    ua.StatusCode: lambda content: status.describe(int(getattr(content, "value", 0))),
    bytes: lambda content: content.hex() if isinstance(content, bytes) else None,
    datetime: lambda content: content.isoformat() if isinstance(content, datetime) else None,
}


def code_of(value: ua.DataValue) -> int:
    """Give the status that the server put on a value; none is good, says the standard."""
    return status.GOOD if value.StatusCode is None else int(value.StatusCode.value)


def wall_ns(stamp: datetime | None) -> int:
    """Give a time of the server in ns UTC. Servers send 1601 or 9999 for "no time"."""
    return int(_nanos([stamp or _EPOCH])[0])


def _times(values: Sequence[ua.DataValue]) -> Nanos:
    """Give the source's own times in ns UTC, and the server's where the source has none."""
    return _nanos([value.SourceTimestamp or value.ServerTimestamp or _EPOCH for value in values])


def _nanos(stamps: Sequence[datetime]) -> Nanos:
    micros = np.array([stamp - _EPOCH for stamp in stamps], "timedelta64[us]").astype(np.int64)
    return np.where((micros > 0) & (micros < _LAST_US), micros * 1000, UNSTAMPED)


def overflowed(value: ua.DataValue) -> bool:
    """Tell whether the server says that older values of this item were dropped in its queue."""
    return code_of(value) & (_INFO | _OVERFLOW) == _INFO | _OVERFLOW


def frames(
    stamp: Stamp, items: Sequence[Item], takes: Sequence[Take], unfold: Unfold | None = None
) -> list[Frame]:
    """Make frames of one notification.

    A server that samples faster than it publishes sends several values of one signal together. A signal stands in a
    frame once, so the first of each make one frame, the second ones the next, and so on.
    """
    if not items:
        return []
    if len({item.place for item in items}) == len(items):
        return [frame(stamp, items, takes, unfold)]
    layers: list[list[Item]] = []
    seen: dict[int, int] = {}
    for item in items:
        depth = seen.get(item.place, 0)
        seen[item.place] = depth + 1
        if depth == len(layers):
            layers.append([])
        layers[depth].append(item)
    return [frame(stamp, layer, takes, unfold) for layer in layers]


def frame(stamp: Stamp, items: Sequence[Item], takes: Sequence[Take], unfold: Unfold | None = None) -> Frame:
    """Make one frame of values that arrived together, no two of them of one signal."""
    k = len(items)
    values, codes = [math.nan] * k, [status.GOOD] * k
    texts: list[str | None] = [None] * k
    has_text = False
    for row, (place, value) in enumerate(items):
        take = takes[place]
        if take.text:
            has_text = True
            texts[row], codes[row] = text(value, take, unfold)
        else:
            values[row], codes[row] = number(value, take, unfold)
    return Frame(
        ids=np.array([item.place for item in items], np.int32),
        values=np.array(values, np.float64),
        status=np.array(codes, np.uint32),
        t_source=_times([item.value for item in items]),
        t_read=np.full(k, stamp.wall, np.int64),
        mono=np.full(k, stamp.mono, np.int64),
        texts=tuple(texts) if has_text else (),
    )


def joined(parts: Sequence[Frame]) -> Frame:
    """Make one frame of several that have no signal in common."""
    if len(parts) == 1:
        return parts[0]
    texts = [text for part in parts for text in part.texts or (None,) * len(part)]
    return Frame(
        ids=np.concatenate([part.ids for part in parts]),
        values=np.concatenate([part.values for part in parts]),
        status=np.concatenate([part.status for part in parts]),
        t_source=np.concatenate([part.t_source for part in parts]),
        t_read=np.concatenate([part.t_read for part in parts]),
        mono=np.concatenate([part.mono for part in parts]),
        texts=tuple(texts) if any(part.texts for part in parts) else (),
    )
