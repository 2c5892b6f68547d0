"""Signals that are to be pasted, judged as the configuration will judge them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from edgetwin.config.judge import judge
from edgetwin.config.places import Place
from edgetwin.config.problems import Path
from edgetwin.config.rules import rules


def refused(
    device: Mapping[str, Any], signals: Mapping[str, Mapping[str, Any]], line_of: Callable[[str], int]
) -> Iterator[tuple[str, str]]:
    """Give the signals of a device that a configuration would refuse, and why. `line_of` says where each stands."""
    keys = {name: dict(signal) for name, signal in signals.items()}
    tables = {"device": {"list": {**device, "signals": keys}}}

    def place_of(path: Path) -> Place:
        return Place(0, "", line_of(str(path[3])) if len(path) > 3 else 0, "")

    verdict = judge(tables)
    for mistake in [*verdict.mistakes, *rules(verdict, tables, place_of)]:
        if len(mistake.path) > 3 and str(mistake.path[3]) in signals:
            yield str(mistake.path[3]), mistake.message
