"""From a file to the frozen tree, or to everything that is wrong with it. The one way in."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from edgetwin.config.document import Document, read
from edgetwin.config.judge import judge
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.config.problems import ConfigProblems, Mistake, Path, Problem, key_text
from edgetwin.config.rules import rules
from edgetwin.config.shape import how_to_give
from edgetwin.config.sources import place, settings
from edgetwin.config.tree import Config
from edgetwin.core.errors import ConfigError

DeviceCheck = Callable[[str, ModbusDevice | OpcUaDevice], list[ConfigError]]


def load(
    path: FilePath,
    *,
    device_check: DeviceCheck | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Load a configuration; ConfigProblems with all that is wrong when it cannot be used.

    `device_check` lets the field say what only it knows: a poll that cannot fit its period. It is asked about
    devices in which nothing else is wrong.
    """
    document = read(path)
    problems = list(document.problems)
    problems += (_placed(mistake, document, {}) for mistake in passwords_in(document.tables))
    origins = dict[Path, str]()
    for setting in settings(os.environ if environ is None else environ):
        if isinstance(setting, Problem):
            problems.append(setting)
        elif isinstance(placed := place(setting, document.tables), Problem):
            problems.append(placed)
        else:
            origins[placed] = setting.origin

    verdict = judge(document.tables, document.lost, frozenset(origins))
    mistakes = verdict.mistakes
    mistakes += rules(verdict, document.tables, document.lines.of)
    if device_check is not None:
        for name, device in verdict.config.device.items():
            if verdict.whole(("device", name)):
                mistakes += (Mistake(error.path, error.message) for error in device_check(name, device))

    problems += (_placed(mistake, document, origins) for mistake in mistakes)
    if problems:
        raise ConfigProblems(problems)
    return verdict.config


def locate(path: FilePath, error: ConfigError) -> Problem:
    """Find the line for something that another room found wrong later on."""
    mistake = Mistake(error.path, error.message)
    try:
        return _placed(mistake, read(path), {})
    except ConfigProblems:  # the file has changed since, so it has no line for this
        return Problem(str(path), None, key_text(error.path), error.message)


def _placed(mistake: Mistake, document: Document, origins: Mapping[Path, str]) -> Problem:
    key = key_text(mistake.path)
    origin = origins.get(mistake.path)
    if origin is None and mistake.path not in document.lines:  # a table that came from outside as a whole
        inside = (name for path, name in origins.items() if path[: len(mistake.path)] == mistake.path)
        origin = next(inside, None) if mistake.path else None
    if origin is not None:
        return Problem(origin, None, key, mistake.message, mistake.hint)
    return Problem(document.file, document.lines.of(mistake.path), key, mistake.message, mistake.hint)


def passwords_in(tables: dict[str, Any]) -> Iterator[Mistake]:
    """Take passwords out of the tables, and refuse them: a file is copied, mailed and put under version control."""
    devices = tables.get("device")
    names = devices if isinstance(devices, dict) else {}
    for path in (("mqtt",), *(("device", name) for name in names)):
        table: Any = tables
        for key in path:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict) and table.pop("password", None) is not None:
            yield Mistake((*path, "password"), "a password does not belong in this file", how_to_give(path))
