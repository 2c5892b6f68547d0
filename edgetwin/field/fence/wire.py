"""What a fenced driver and its parent say to each other, as bytes. Pure.

The child parses what strangers send, so the parent takes nothing from it on trust: no pickle, every length and every id
is checked, and a message has an end. The other way goes one order, once; the child may trust its parent.
"""

import json
import struct
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np
import orjson

from edgetwin.core.signals import Frame

HEAD = struct.Struct("<cI")  # what it is, and how many bytes follow
LONGEST = 16 * 2**20  # bytes of one message: a frame of 100,000 signals has 4 MB
_FRAME = struct.Struct("<II8x")  # readings, bytes of text; the columns that follow are aligned
_COLUMNS = 4 * 8 + 2 * 4  # bytes of one reading


class Kind(Enum):
    """What a message is. All but the first go from the child to its parent."""

    ORDER = b"S"  # which driver to run (pickled); after it the parent only ever hangs up
    ALIVE = b"A"  # a heartbeat of the child's event loop, with the driver's counters
    OPEN = b"O"  # the link to the device stands
    FRAME = b"F"
    DOWN = b"D"  # reason and hint
    REFUSED = b"R"  # signal, code and hint
    ANSWERS = b"Y"  # signals that are given
    LOG = b"L"  # a line for the log


class Nonsense(Exception):  # noqa: N818 - what was heard, not what went wrong here
    """The child has lost its mind: this cannot be what our own code sends."""


def message(kind: Kind, body: bytes = b"") -> bytes:
    """Put a body into its envelope."""
    if len(body) > LONGEST:
        raise ValueError(f"a message of {len(body)} bytes is too long")
    return HEAD.pack(kind.value, len(body)) + body


def head(data: bytes) -> tuple[Kind, int]:
    """Read an envelope: what follows, and how many bytes of it."""
    mark, length = HEAD.unpack(data)
    try:
        kind = Kind(mark)
    except ValueError:
        raise Nonsense(f"a message of the unknown kind {mark!r}") from None
    if length > LONGEST:
        raise Nonsense(f"a message of {length} bytes")
    return kind, length


def _json(content: object) -> bytes:
    """Write JSON. Half a sign, as a server may have sent it, is a `?`: no log and no message could hold it."""
    return json.dumps(content, default=str, ensure_ascii=False).encode(errors="replace")


def pack_words(words: Mapping[str, object]) -> bytes:
    """Write names and values; what JSON does not know goes as its text."""
    return _json(dict(words))


def words(data: bytes) -> dict[str, Any]:
    """Read names and values."""
    try:
        read = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Nonsense("words that cannot be read") from None
    if not isinstance(read, dict):
        raise Nonsense("no words")
    return read


def pack_frame(frame: Frame) -> bytes:
    """Write a frame, column by column."""
    text = _json(frame.texts) if frame.texts else b""
    columns = (
        frame.values.astype("<f8", copy=False),
        *(times.astype("<i8", copy=False) for times in (frame.t_source, frame.t_read, frame.mono)),
        frame.ids.astype("<i4", copy=False),
        frame.status.astype("<u4", copy=False),
    )
    return b"".join([_FRAME.pack(len(frame), len(text)), *(column.tobytes() for column in columns), text])


def frame(data: bytes, signals: int) -> Frame:
    """Read a frame of a device that has so many signals. Its columns cannot be written to, and share `data`."""
    if len(data) < _FRAME.size:
        raise Nonsense("a frame without a head")
    k, text_bytes = _FRAME.unpack_from(data)
    if k > signals or len(data) != _FRAME.size + k * _COLUMNS + text_bytes:
        raise Nonsense(f"a frame of {k} readings in {len(data)} bytes")
    at = _FRAME.size
    long = [
        np.frombuffer(data, kind, k, at + place * 8 * k) for place, kind in enumerate(("<f8", *3 * ["<i8"]))
    ]
    at += 4 * 8 * k
    ids, status = np.frombuffer(data, "<i4", k, at), np.frombuffer(data, "<u4", k, at + 4 * k)
    if k and not (ids.min() >= 0 and ids.max() < signals and len(np.unique(ids)) == k):
        raise Nonsense("a frame with signals that the device does not have, or has once")
    values, t_source, t_read, mono = long
    texts = _texts(data[len(data) - text_bytes :], k) if text_bytes else ()
    return Frame(ids, values, status, t_source, t_read, mono, texts)


def _texts(data: bytes, k: int) -> tuple[str | None, ...]:
    try:
        texts = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Nonsense("texts that cannot be read") from None
    if (
        not isinstance(texts, list)
        or len(texts) != k
        or not all(text is None or isinstance(text, str) for text in texts)
    ):
        raise Nonsense("texts that are none")
    return tuple(texts)
