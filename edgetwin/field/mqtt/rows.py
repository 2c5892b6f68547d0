"""What a message says of one signal, and the frames that many of them make. Pure."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED, Frame, Stamp
from edgetwin.field.mqtt import values as mqtt_values


class Row(NamedTuple):
    """One reading. `place` is that of its signal in the list of the device's signals."""

    place: int
    stamp: Stamp
    value: float = math.nan
    status: int = status.GOOD
    t_source: int = UNSTAMPED
    text: str | None = None
    hint: str = ""  # what to do about it, where somebody can


def reading(place: int, stamp: Stamp, content: object, *, is_text: bool) -> Row:
    """Make a row of one value."""
    if is_text:
        written, code = mqtt_values.text(content)
        return Row(place, stamp, status=code, text=written)
    value, code = mqtt_values.number(content)
    return Row(place, stamp, value, code)


def frames(rows: Iterable[Row], *, with_texts: bool) -> Iterator[Frame]:
    """Put rows into as few frames as can be, in the order of their arrival. A signal stands in a frame once."""
    batch: list[Row] = []
    places: set[int] = set()
    for row in rows:
        if row.place in places:
            yield _frame(batch, with_texts=with_texts)
            batch, places = [], set()
        batch.append(row)
        places.add(row.place)
    if batch:
        yield _frame(batch, with_texts=with_texts)


def _frame(rows: list[Row], *, with_texts: bool) -> Frame:
    places, stamps, values, codes, sources, texts, _ = zip(*rows, strict=True)
    return Frame(
        ids=np.array(places, np.int32),
        values=np.array(values, np.float64),
        status=np.array(codes, np.uint32),
        t_source=np.array(sources, np.int64),
        t_read=np.array([stamp.wall for stamp in stamps], np.int64),
        mono=np.array([stamp.mono for stamp in stamps], np.int64),
        texts=texts if with_texts else (),
    )
