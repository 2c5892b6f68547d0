"""From what a sensor publishes to a number or a text, and its time. Pure.

A payload comes from strangers. It is JSON, or text that is plainly one number; nothing is guessed beyond that.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED
from edgetwin.field.bounds import EXACT, LONGEST_TEXT

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_LAST_NS = 9_214_646_400_000_000_000  # the year 2262, in which int64 ends
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Nothing:
    """What stands where a path leads to nothing. None is what JSON calls null."""


NOTHING = Nothing()


def parsed(payload: bytes) -> object:
    """Read JSON; ValueError when it is none, or is nested without end."""
    return orjson.loads(payload)


def plain(payload: bytes) -> object:
    """Read a message that is one value: JSON where it is, else the text as it stands. None: an empty message."""
    try:
        return orjson.loads(payload)
    except ValueError:
        pass
    try:
        return payload.decode().strip() or None
    except UnicodeDecodeError:
        return NOTHING


def at(content: object, path: Sequence[str | int]) -> object:
    """Follow a path into a message; NOTHING where it does not lead anywhere."""
    for step in path:
        match content:
            case dict() if step in content:
                content = content[step]
            case list() if isinstance(step, int) and step < len(content):
                content = content[step]
            case _:
                return NOTHING
    return content


def number(content: object) -> tuple[float, int]:
    """Give the number and its status.

    NaN and infinity become BAD_SENSOR_FAILURE, null BAD_NO_DATA, and what is no number BAD_TYPE_MISMATCH. A whole
    number that a float64 cannot hold exactly is UNCERTAIN.
    """
    if isinstance(content, str) and (written := _NUMBER.fullmatch(content)):
        content = _written_number(written[0])
    if isinstance(content, float):
        return (content, status.GOOD) if math.isfinite(content) else (math.nan, status.BAD_SENSOR_FAILURE)
    if isinstance(content, bool | int):
        return float(content), status.GOOD if abs(content) <= EXACT else status.UNCERTAIN
    return math.nan, status.BAD_NO_DATA if content is None else status.BAD_TYPE_MISMATCH


def _written_number(text: str) -> int | float:
    """Read a number. A whole one stays that: a float64 holds neither all of its digits nor the ns of today."""
    return float(text) if set(text) & set(".eE") else int(text)


def text(content: object) -> tuple[str | None, int]:
    """Give the text and its status. Numbers are written out; what is neither is a BAD_TYPE_MISMATCH."""
    if isinstance(content, bool):
        return "true" if content else "false", status.GOOD
    if isinstance(content, str | int | float) and len(written := str(content)) <= LONGEST_TEXT:
        return written, status.GOOD
    return None, status.BAD_NO_DATA if content is None else status.BAD_TYPE_MISMATCH


def time_ns(content: object, unit: str) -> int:
    """Give a time in ns UTC, or UNSTAMPED where it is none. One without an offset is UTC."""
    if unit == "iso":
        return _iso_ns(content)
    if isinstance(content, str) and _NUMBER.fullmatch(content):
        content = _written_number(content)
    if isinstance(content, bool) or not isinstance(content, int | float) or not 0 < content < _LAST_NS:
        return UNSTAMPED
    ns = content * _NS[unit] if isinstance(content, int) else round(content * _NS[unit])
    return ns if 0 < ns < _LAST_NS else UNSTAMPED


def _iso_ns(content: object) -> int:
    try:
        moment = datetime.fromisoformat(content) if isinstance(content, str) else None
        if moment is None:
            return UNSTAMPED
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        ns = (moment - _EPOCH) // _MICROSECOND * 1000
    except (ValueError, OverflowError):
        return UNSTAMPED
    return ns if 0 < ns < _LAST_NS else UNSTAMPED
