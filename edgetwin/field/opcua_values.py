"""From OPC UA values to the columns of a frame. Pure, but for needing asyncua's types."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from asyncua import ua

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Frame, Stamp
from edgetwin.field.decode import EXACT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2262, 1, 1, tzinfo=UTC)  # int64 holds ns until then
_MICROSECOND = timedelta(microseconds=1)


class Item(NamedTuple):
    """One value that the server sent, and the place of its signal in the list of the device's signals."""

    place: int
    value: ua.DataValue


def number(value: ua.DataValue) -> tuple[float, int]:
    """Give the number and its status. The server's own status is kept; where we find worse, ours takes its place.

    NaN and infinity, with a status that claims them good, become BAD_SENSOR_FAILURE; text, arrays and null become
    BAD_TYPE_MISMATCH; an integer that a float64 cannot hold exactly becomes UNCERTAIN.
    """
    code = code_of(value)
    if code >= status.BAD:
        return math.nan, code
    content = value.Value.Value if value.Value is not None else None
    if not isinstance(content, bool | int | float):
        return math.nan, status.BAD_TYPE_MISMATCH
    if isinstance(content, float):
        return (content, code) if math.isfinite(content) else (math.nan, status.BAD_SENSOR_FAILURE)
    return float(content), code if abs(content) <= EXACT else code | status.UNCERTAIN


def text(value: ua.DataValue) -> tuple[str | None, int]:
    """Give the text and its status. Numbers are written out; what is neither is a BAD_TYPE_MISMATCH."""
    code = code_of(value)
    if code >= status.BAD:
        return None, code
    content = value.Value.Value if value.Value is not None else None
    if isinstance(content, ua.LocalizedText):
        content = content.Text
    if isinstance(content, str | bool | int | float):
        return str(content), code
    return None, status.BAD_TYPE_MISMATCH


def code_of(value: ua.DataValue) -> int:
    """Give the status that the server put on a value; none is good, says the standard."""
    return status.GOOD if value.StatusCode is None else int(value.StatusCode.value)


def source_ns(value: ua.DataValue) -> int:
    """Give the source's own time in ns UTC. Servers send 1601 or 9999 for "no time"."""
    return UNSTAMPED if value.SourceTimestamp is None else _ns(value.SourceTimestamp)


def _ns(stamp: datetime) -> int:
    return (stamp - _EPOCH) // _MICROSECOND * 1000 if _EPOCH < stamp < _LAST else UNSTAMPED


def overflowed(value: ua.DataValue) -> bool:
    """Tell whether the server says that older values of this item were dropped in its queue."""
    return code_of(value) & 0x0480 == 0x0480  # InfoType DataValue, bit Overflow


def frames(stamp: Stamp, items: Sequence[Item], is_text: Sequence[bool]) -> list[Frame]:
    """Make frames of one notification.

    A server that samples faster than it publishes sends several values of one signal together. A signal stands in a
    frame once, so the first of each make one frame, the second ones the next, and so on.
    """
    layers: list[list[Item]] = []
    seen: dict[int, int] = {}
    for item in items:
        depth = seen.get(item.place, 0)
        seen[item.place] = depth + 1
        if depth == len(layers):
            layers.append([])
        layers[depth].append(item)
    return [_frame(stamp, layer, is_text) for layer in layers]


def _frame(stamp: Stamp, items: Sequence[Item], is_text: Sequence[bool]) -> Frame:
    values = np.full(len(items), np.nan)
    codes = np.zeros(len(items), np.uint32)
    texts: list[str | None] = [None] * len(items)
    for row, (place, value) in enumerate(items):
        if is_text[place]:
            texts[row], codes[row] = text(value)
        else:
            values[row], codes[row] = number(value)
    return Frame(
        ids=np.array([item.place for item in items], np.int32),
        values=values,
        status=codes,
        t_source=np.array([source_ns(item.value) for item in items], np.int64),
        t_read=np.full(len(items), stamp.wall, np.int64),
        mono=np.full(len(items), stamp.mono, np.int64),
        texts=tuple(texts) if any(is_text[item.place] for item in items) else (),
    )
