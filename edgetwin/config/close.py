"""Finds what somebody may have meant, for the hint at the end of a message."""

import difflib
from collections.abc import Iterable

_MOST = 12


def closest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word that is most like this one, if one is."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, 1, 0.6)
    return by_lower[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Say what may have been meant; if nothing is near, what there is."""
    names = sorted(known)
    if (near := closest(word, names)) is not None:
        return f"did you mean {near}?"
    return f"known here: {listed(names)}" if names else ""


def listed(names: Iterable[str]) -> str:
    """Write names one after the other, and of many only the first ones."""
    ordered = sorted(names)
    more = f" and {len(ordered) - _MOST} more" if len(ordered) > _MOST else ""
    return ", ".join(ordered[:_MOST]) + more
