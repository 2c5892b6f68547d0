"""Judges the tables against the tree, all of them, though some are wrong.

pydantic judges a tree as a whole, and a tree with one mistake in it is none. So what is wrong is told, cut out, and
the rest is judged again, until something stands that rules across tables can be asked about.
"""

import copy
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edgetwin.config import modbus, modbus_line, mqtt_in, opcua, recording
from edgetwin.config.problems import Mistake, Path
from edgetwin.config.shape import meant_key, unknown_key
from edgetwin.config.sources import scalar
from edgetwin.config.tree import SCHEMES, Config
from edgetwin.config.words import mistake_of

_NOT_TEXT = ("int_type", "float_type", "bool_type")
# The usual type of a signal hangs on its place: where that is wrong it is told, and this is not.
_CONSEQUENCES = ("default_factory_not_called",)


@dataclass(slots=True)
class Verdict:
    """What stands of the configuration, what is wrong with it, and which keys had to be cut out."""

    config: Config
    mistakes: list[Mistake] = field(default_factory=list)
    lost: set[Path] = field(default_factory=set)

    def whole(self, path: Path) -> bool:
        """Tell whether nothing had to be cut out of a table."""
        return not any(lost[: len(path)] == path for lost in self.lost)


def judge(
    tables: dict[str, Any], lost: frozenset[Path] = frozenset(), texts: frozenset[Path] = frozenset()
) -> Verdict:
    """Judge the tables. `lost` are keys that could not be read, `texts` those that can only have text as value."""
    tables = copy.deepcopy(tables)
    verdict = Verdict(Config(), lost=set(lost))
    for key in tables.keys() - Config.model_fields.keys():
        verdict.mistakes.append(Mistake((key,), *unknown_key((key,), tables)))
        _give_up_what_was_meant((key,), tables, verdict)
        del tables[key]
    while errors := _errors(tables, verdict):
        for error in errors:
            path = _path(error)
            if error["type"] == "extra_forbidden":
                _give_up_what_was_meant(path, tables, verdict)
            elif error["type"] == "union_tag_not_found" and isinstance(error["input"], dict):
                for key in error["input"]:  # a device without connect may have a conect
                    _give_up_what_was_meant((*path, key), tables, verdict)
        told = [
            (mistake_of(error, _path(error), tables), error["type"] == "missing")
            for error in errors
            if error["type"] not in _CONSEQUENCES and not _became_scalar(error, tables, texts)
        ]
        # A table that lost a key before is not judged as a whole.
        verdict.mistakes += [mistake for mistake, _ in told if verdict.whole(mistake.path)]
        for mistake, missing in told:
            verdict.lost.add(mistake.path)
            _cut(mistake.path, tables, missing=missing)
    return verdict


def _give_up_what_was_meant(path: Path, tables: dict[str, Any], verdict: Verdict) -> None:
    """Do not miss a key that is there under a name with a slip of the pen in it."""
    meant = meant_key(path, tables)
    if meant is not None and meant not in _table(path[:-1], tables):
        verdict.lost.add((*path[:-1], meant))


def _errors(tables: dict[str, Any], verdict: Verdict) -> list[ErrorDetails]:
    try:
        verdict.config = Config(**tables)
    except ValidationError as refusal:
        return refusal.errors(include_url=False)
    return []


def _path(error: ErrorDetails) -> Path:
    """Give the place of an error in the file, without the marks that pydantic sets in it."""
    path: Path = tuple(key for key in error["loc"] if key != "[key]")
    if path[0] == "device" and len(path) > 2 and path[2] in SCHEMES.values():
        path = (*path[:2], *path[3:])
    return path


def _became_scalar(error: ErrorDetails, tables: dict[str, Any], texts: frozenset[Path]) -> bool:
    """Take a text from the environment for the number or switch that has to be there, if it can be one."""
    path = _path(error)
    if path not in texts or error["type"] not in _NOT_TEXT:
        return False
    table, key = _table(path[:-1], tables), path[-1]
    text = table[key]
    if isinstance(text, str):
        table[key] = scalar(text)
    return table[key] is not text


def _cut(path: Path, tables: dict[str, Any], *, missing: bool) -> None:
    """Take out what is wrong, so that what is around it can still be judged."""
    match path:
        case ("device", name, "connect") if name in tables["device"]:
            device = tables["device"][name]
            device["connect"] = _stand_in(device)
            return
        case ("device" | "asset" as kind, name, "signals") if name in tables[kind]:
            tables[kind][name]["signals"] = {}
            return
        case ("device", _, "signals", _, _, *_):
            path = path[:4]  # a signal that lost a key is another signal
        case _:
            path = path[: next((n for n, key in enumerate(path) if isinstance(key, int)), len(path))]
            path = path[:-1] if missing else path
    _table(path[:-1], tables).pop(path[-1], None)


def _table(path: Path, tables: dict[str, Any]) -> dict[str | int, Any]:
    """Give the table at a path; an empty one where it has been cut out already."""
    table: Any = tables
    for key in path:
        table = table.get(key, {})
    return cast("dict[str | int, Any]", table)


def _stand_in(device: dict[str, Any]) -> str:
    """Make up an address for a device that has none, so that its signals can be judged."""
    connect, signals = str(device.get("connect")), device.get("signals")
    listed = signals.values() if isinstance(signals, dict) else ()
    keys = {key for signal in listed if isinstance(signal, dict) for key in signal}
    for scheme, tell_tale in ((mqtt_in.PROTOCOL, {"topic", "metric"}), (opcua.SCHEME, {"node", "path"})):
        if connect.startswith(scheme) or (keys & tell_tale and not connect.startswith(modbus.PROTOCOL)):
            return f"{scheme}://stand-in"
    if connect.startswith(f"{recording.SCHEME}:") or keys & {"column", "signal"}:
        return f"{recording.SCHEME}:///stand-in"
    return f"{modbus_line.TCP}://stand-in"
