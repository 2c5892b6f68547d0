"""From a file to the frozen tree, or to everything that is wrong with it. The one way in."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from edgetwin.config.device import DeviceConfig
from edgetwin.config.document import read
from edgetwin.config.judge import judge
from edgetwin.config.places import Place, Places
from edgetwin.config.problems import ConfigProblems, Mistake, Path, Problem, key_text
from edgetwin.config.rules import rules
from edgetwin.config.shape import how_to_give
from edgetwin.config.sources import place, settings
from edgetwin.config.templates import Expanded, expand
from edgetwin.config.tree import Config
from edgetwin.core.errors import ConfigError

# What is put together before anything comes from outside.
_FILE_ONLY = {("template",), ("signals_file",), ("without",)}

DevicesCheck = Callable[[Mapping[str, DeviceConfig]], Iterable[ConfigError]]


def load(
    path: FilePath,
    *,
    devices_check: DevicesCheck | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Load a configuration; ConfigProblems with all that is wrong when it cannot be used.

    `devices_check` lets the field say what only it knows: polls that cannot fit their period, or their line. It is
    asked once, about all devices in which nothing else is wrong.
    """
    document = read(path)
    passwords = list(passwords_in(document.tables))
    expanded = expand(document)
    places, tables = expanded.places, expanded.tables
    problems = list(document.problems)
    outside = dict[Path, str]()
    for setting in settings(os.environ if environ is None else environ):
        if isinstance(setting, Problem):
            problems.append(setting)
        elif isinstance(placed := place(setting, tables), Problem):
            problems.append(placed)
        elif placed[0] == "device" and placed[2:] in _FILE_ONLY:
            key, hint = key_text(placed), "write it there"
            problems.append(Problem(setting.origin, None, key, "only the file can say this", hint))
        else:
            outside[placed] = setting.origin

    verdict = judge(tables, frozenset(expanded.lost), frozenset(outside))
    mistakes = [*passwords, *expanded.mistakes, *verdict.mistakes, *rules(verdict, tables, places.of)]
    mistakes += of_unused_templates(expanded)
    if devices_check is not None:
        sound = {
            name: device for name, device in verdict.config.device.items() if verdict.whole(("device", name))
        }
        mistakes += (Mistake(error.path, error.message) for error in devices_check(sound))

    problems += (_placed(mistake, places, outside) for mistake in mistakes)
    problems += expanded.problems
    if problems:
        raise ConfigProblems(problems)
    return verdict.config


def locate(path: FilePath, error: ConfigError) -> Problem:
    """Find the line for something that another room found wrong later on."""
    mistake = Mistake(error.path, error.message)
    try:
        return _placed(mistake, expand(read(path)).places, {})
    except ConfigProblems:  # the file has changed since, so it has no line for this
        return Problem(str(path), None, key_text(error.path), error.message)


def _placed(mistake: Mistake, places: Places, outside: Mapping[Path, str]) -> Problem:
    key, message = key_text(mistake.path), mistake.message
    variable = outside.get(mistake.path)
    if variable is None and mistake.path not in places:  # a table that came from outside as a whole
        inside = (name for path, name in outside.items() if path[: len(mistake.path)] == mistake.path)
        variable = next(inside, None) if mistake.path else None
    if variable is not None:
        return Problem(variable, None, key, message, mistake.hint)
    found, other = places.of(mistake.path), places.other(mistake.path)
    if other is not None:
        message = f"{message} (a part of it comes from {other.key} {other.where})"
    return Problem(found.file or places.document.file, found.line, found.key, message, mistake.hint)


def of_unused_templates(expanded: Expanded) -> Iterator[Mistake]:
    """Judge templates that no device uses, as far as they go: a device may give what is missing in them."""
    tables = {"device": expanded.unused}
    lost = frozenset(("device", *path[1:]) for path in expanded.lost if path[:1] == ("template",))

    def place_of(path: Path) -> Place:
        return expanded.places.of(("template", *path[1:]))

    verdict = judge(tables, lost)
    for mistake in [*verdict.mistakes, *rules(verdict, tables, place_of)]:
        table: Any = tables
        for key in mistake.path:
            table = table.get(key) if isinstance(table, dict) else None
        if table:
            yield mistake._replace(path=("template", *mistake.path[1:]))


def passwords_in(tables: dict[str, Any]) -> Iterator[Mistake]:
    """Take passwords out of the tables, and refuse them: a file is copied, mailed and put under version control."""
    named = [(kind, tables[kind]) for kind in ("device", "template") if isinstance(tables.get(kind), dict)]
    for path in (("mqtt",), *((kind, name) for kind, names in named for name in names)):
        table: Any = tables
        for key in path:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict) and table.pop("password", None) is not None:
            home = ("device", "NAME") if path[0] == "template" else path
            yield Mistake((*path, "password"), "a password does not belong in this file", how_to_give(home))
