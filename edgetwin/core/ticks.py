"""Frames to ticks and outcomes to one: the bookkeeping of columns."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.signals import Frame, Ids, Outcome


def place_of(ids: Ids) -> slice | Ids:
    """Say where these signals are in the arrays: a slice, which is much faster, when they stand side by side."""
    first, k = int(ids[0]), len(ids)
    return slice(first, first + k) if int(ids[-1]) - first == k - 1 else ids


def ticks_of(frame: Frame) -> Iterator[Frame]:
    """Cut a frame into ticks with ascending ids, so that no signal comes twice in one; order of time is kept."""
    ids = frame.ids
    if not len(ids):
        return
    if len(ids) == 1 or (np.diff(ids) > 0).all():
        yield frame
        return
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    # The n-th reading of a signal goes into the n-th tick.
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    nth = np.arange(len(ids)) - np.repeat(starts, np.diff(np.r_[starts, len(ids)]))
    for turn in range(int(nth.max()) + 1):
        yield _rows(frame, order[nth == turn])


def joined(parts: Sequence[Outcome], alerts: tuple[AlertEvent, ...]) -> Outcome:
    """Join the outcomes of several ticks, in their order, with the alerts of all."""
    if len(parts) == 1:
        columns = {name: getattr(parts[0], name) for name in _COLUMNS}
    elif parts:
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    else:
        columns = {name: np.empty(0, kind) for name, kind in _COLUMNS.items()}
    texts: tuple[str | None, ...] = ()
    if any(part.texts for part in parts):
        texts = tuple(text for part in parts for text in (part.texts or (None,) * len(part)))
    return Outcome(**columns, texts=texts, alerts=alerts)


def _rows(frame: Frame, rows: Ids) -> Frame:
    columns = {f.name: getattr(frame, f.name)[rows] for f in fields(frame) if f.name != "texts"}
    return Frame(**columns, texts=tuple(frame.texts[row] for row in rows) if frame.texts else ())


_COLUMNS = {
    "ids": np.int32,
    "raw": np.float64,
    "value": np.float64,
    "sigma": np.float64,
    "quality": np.uint8,
    "reasons": np.uint32,
    "surprise": np.float64,
    "status": np.uint32,
    "t_source": np.int64,
    "t_read": np.int64,
    "mono": np.int64,
}
