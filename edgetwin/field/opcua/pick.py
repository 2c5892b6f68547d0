"""Picks one value out of an array or a structure. Pure; what is not there has a status that says so, never a value."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from asyncua import ua

from edgetwin.core import status

Unfold = Callable[[ua.ExtensionObject], Mapping[str, object] | None]


class Picked(NamedTuple):
    """Which part of a value: the way to a field, the place of an element; `first` is where the array sent begins."""

    element: tuple[int, ...] = ()
    field: tuple[str, ...] = ()
    first: int = 0


def pick(content: object, part: Picked, unfold: Unfold | None) -> tuple[object, int]:
    """Give the part and 0, or None and the status that says why there is none.

    The element is that of the first array on the way: of an array of structures, or of an array within one.
    """
    names, place = list(part.field), list(part.element)
    while names or place:
        if isinstance(content, list) and place:
            content, worse = _element(content, place, part.first)
            place = []
        elif names:
            content, worse = _field(content, names.pop(0), unfold)
        else:
            worse = status.BAD_TYPE_MISMATCH  # an element of what is no array
        if worse:
            return None, worse
    return content, status.GOOD


def _element(content: object, place: Sequence[int], first: int) -> tuple[object, int]:
    for number, index in enumerate(place):
        at = index - first if number == 0 else index
        if not isinstance(content, list):
            return None, status.BAD_TYPE_MISMATCH
        if not 0 <= at < len(content):
            return None, status.BAD_INDEX_RANGE_NO_DATA
        content = content[at]
    return content, status.GOOD


def _field(content: object, name: str, unfold: Unfold | None) -> tuple[object, int]:
    if isinstance(content, ua.ExtensionObject):
        content = unfold(content) if unfold is not None else None
        if content is None:
            return None, status.BAD_DATA_TYPE_UNKNOWN
    if isinstance(content, Mapping):
        found = content.get(name, _ABSENT)
    else:  # a structure of the standard itself, which asyncua knows
        found = (
            getattr(content, name, _ABSENT) if name in getattr(content, "__annotations__", ()) else _ABSENT
        )
    if found is _ABSENT:
        return None, status.BAD_NO_MATCH
    return found, status.GOOD


_ABSENT = object()
