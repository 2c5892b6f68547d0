"""Devices with a template or a tag list -> plain devices, before anything is judged. Remembers where all of it stood.

A template is a map that is written once per model:

    [template.pump_x]                    [device.pump3]
    every = "1 s"                        connect  = "modbus-tcp://192.168.10.40"
    [template.pump_x.signals]            template = "pump_x"
    speed = { at = 40101 }               [device.pump3.signals]
    spare = { at = 40110 }               speed = { unit = "rpm" }

What the device says goes above its template: its own keys, and of its signals key by key. `without = ["spare"]`
leaves signals out. What holds for one device only, its address and its passwords, is in no template.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel

from edgetwin.config.close import did_you_mean
from edgetwin.config.csv_table import UnusableTable
from edgetwin.config.document import Document
from edgetwin.config.places import Origin, Places
from edgetwin.config.problems import Mistake, Path, Problem, key_text
from edgetwin.config.shape import SIGNALS, branch_at, device_of
from edgetwin.config.shipped import shipped, shipped_names
from edgetwin.config.signals_file import TagList, tag_list

# What holds for one device only, and why.
OWN = {
    "connect": "each device gives its own",
    "template": "a template cannot build on another: write its signals here",
    "without": "a device says what it leaves out of its template",
}
_Signals = dict[str, tuple[Any, Origin]]


@dataclass(frozen=True, slots=True)
class Template:
    """What a template gives to its devices, and where it stands."""

    keys: dict[str, Any]
    signals: _Signals
    origin: Origin
    whole: bool  # no signal had to be left out


@dataclass(slots=True)
class Expanded:
    """Plain devices, and templates that no device uses as if they were some."""

    tables: dict[str, Any]
    unused: dict[str, Any]
    places: Places
    lost: set[Path]
    mistakes: list[Mistake] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def expand(document: Document) -> Expanded:
    """Put together what each device is. Nothing of the document is changed."""
    tables = {key: copy.deepcopy(table) for key, table in document.tables.items() if key != "template"}
    found = Expanded(tables, {}, Places(document), set(document.lost))
    devices = tables.get("device")
    templates = _Templates(document, found)
    for name, device in devices.items() if isinstance(devices, dict) else ():
        if isinstance(device, dict):
            _Device(name, device, templates, found).expand()
    templates.set_out_unused()
    return found


class _Templates:
    """The templates of the file, and behind them those that are shipped. Each is read once, when it is first used."""

    def __init__(self, document: Document, found: Expanded) -> None:
        self._document = document
        self._found = found
        self._read = dict[str, Template]()
        given = document.tables.get("template", {})
        self._given: dict[str, Any] = given if isinstance(given, dict) else {}
        if given is not self._given:
            hint = "write [template.pump_x] with keys below"
            found.mistakes.append(Mistake(("template",), "expected a table", hint))
        self._lost = ("template",) in document.lost

    def of(self, name: str) -> Template | None:
        """Give a template; None where there is none of this name."""
        if name not in self._read and name in self._given:
            self._read[name] = self._template(name, self._given[name], self._document, "")
        elif name not in self._read and (document := shipped(name)) is not None:
            self._read[name] = self._template(
                name, document.tables["template"][name], document, document.file
            )
        return self._read.get(name)

    def may_be_lost(self, name: str) -> bool:
        """Tell whether a template is missing because its lines could not be read."""
        return self._lost or any(path[:2] == ("template", name) for path in self._document.lost)

    def known(self) -> Iterator[str]:
        """Name all templates there are."""
        yield from self._given
        yield from shipped_names()

    def set_out_unused(self) -> None:
        """Put templates that no device uses where they can be judged as far as they go."""
        for name in self._given.keys() - self._read.keys():
            template = self.of(name)
            if template is None:
                continue
            signals = {signal: table for signal, (table, _) in template.signals.items()}
            self._found.unused[name] = copy.deepcopy({**template.keys, "signals": signals})
            for signal, (_, origin) in template.signals.items():
                self._found.places.elsewhere["template", name, "signals", signal] = origin

    def _template(self, name: str, table: object, document: Document, file: str) -> Template:
        path = ("template", name)
        origin = Origin(file, path, document)
        if not isinstance(table, dict):
            hint = f"write [template.{name}] with keys below"
            self._found.mistakes.append(Mistake(path, "expected a table", hint))
            return Template({}, {}, origin, whole=False)
        for key in sorted(OWN.keys() & table.keys()):
            self._found.mistakes.append(Mistake((*path, key), f"a template has no {key}", OWN[key]))
        keys = {key: value for key, value in table.items() if key not in {*OWN, "signals", "signals_file"}}
        signals, whole = _signals(path, table, origin, self._found)
        return Template(keys, signals, origin, whole)


class _Device:
    """One device on its way to a plain one."""

    def __init__(self, name: str, device: dict[str, Any], templates: _Templates, found: Expanded) -> None:
        self._path: Path = ("device", name)
        self._device = device
        self._templates = templates
        self._found = found

    def expand(self) -> None:
        """Put what the template and the tag list give below what the device says itself."""
        device, found, path = self._device, self._found, self._path
        template = self._template()
        if "without" in device and "template" not in device:
            self._tell(
                "without", "there is no template to leave anything out of", "take it out, or add template"
            )
        if template is None and ("template" in device or "signals_file" not in device):
            return
        own, whole = _signals(path, device, Origin("", path, found.places.document), found)
        signals = dict[str, Any]()
        if template is not None:
            whole = whole and template.whole
            self._take_keys(template)
            self._take_signals(template, signals)
        for name, (table, origin) in own.items():
            self._merge(name, table, origin, signals)
        if own or signals or not whole:
            device["signals"] = signals
        if not whole:
            found.lost.add((*path, "signals"))

    def _template(self) -> Template | None:
        name = self._device.get("template")
        template = self._templates.of(name) if isinstance(name, str) else None
        if template is not None and (kind := _foreign(template, _branch(self._path, self._device))):
            template = None
            message = f"the signals of {name} are those of {kind}, and this is another"
            self._tell("template", message, "check connect and template")
        elif template is None and isinstance(name, str) and not self._templates.may_be_lost(name):
            hint = did_you_mean(name, self._templates.known())
            self._tell("template", f"there is no template {name}", hint)
        if template is None and name is not None:
            self._device["signals"] = {}  # what is left of them cannot be judged
            self._found.lost.add((*self._path, "signals"))
        return template

    def _take_keys(self, template: Template) -> None:
        found, path = self._found, self._path
        found.places.shared[path] = template.origin
        for key, value in template.keys.items():
            if key not in self._device:
                self._device[key] = copy.deepcopy(value)
                found.places.elsewhere[(*path, key)] = template.origin.below(key)
        start = len(template.origin.path)
        source = template.origin.source
        if source is found.places.document:
            lost = [each for each in source.lost if each[:start] == template.origin.path]
            found.lost.update((*path, *each[start:]) for each in lost)

    def _take_signals(self, template: Template, signals: dict[str, Any]) -> None:
        without = self._device.get("without", [])
        left_out = [name for name in without if isinstance(name, str)] if isinstance(without, list) else []
        for name in left_out:
            if name not in template.signals and template.whole:
                hint = did_you_mean(name, template.signals)
                self._tell("without", f"the template has no signal {name}", hint)
        for name, (table, origin) in template.signals.items():
            if name not in left_out:
                signals[name] = copy.deepcopy(table)
                self._found.places.elsewhere[(*self._path, "signals", name)] = origin

    def _merge(self, name: str, table: object, origin: Origin, signals: dict[str, Any]) -> None:
        """Put what the device says of a signal above what its template says of it."""
        places, path = self._found.places, (*self._path, "signals", name)
        below, was = signals.get(name), places.elsewhere.pop(path, None)
        if origin.source is not places.document:
            places.elsewhere[path] = origin
        if isinstance(below, dict) and isinstance(table, dict) and was is not None:
            places.shared[path] = was
            for key in below.keys() - table.keys():
                places.elsewhere[(*path, key)] = was.below(key)
            table = {**below, **table}
        signals[name] = table

    def _tell(self, key: str, message: str, hint: str) -> None:
        self._found.mistakes.append(Mistake((*self._path, key), message, hint))


def _signals(path: Path, table: dict[str, Any], origin: Origin, found: Expanded) -> tuple[_Signals, bool]:
    """Give the signals of a device or template, from its tag list and its table, and whether that is all of them."""
    listed = _listed(path, table, found)
    signals: _Signals = {
        name: (signal, Origin(listed.file, (*path, "signals", name), listed.rows[name]))
        for name, signal in listed.signals.items()
    }
    own = table.get("signals", {})
    if not isinstance(own, dict):
        hint = "write it as a [heading] with a line for each signal below"
        found.mistakes.append(Mistake((*path, "signals"), "expected a table", hint))
        return signals, False
    for name, signal in own.items():
        if name in signals:
            message = f"this signal is {signals[name][1].place.where} too"
            found.mistakes.append(Mistake((*path, "signals", name), message, "take one of them out"))
        signals[name] = signal, origin.below("signals", name)
    return signals, listed.whole


def _listed(path: Path, table: dict[str, Any], found: Expanded) -> TagList:
    """Read the tag list of a device or template; an empty one where it names none, or one that cannot be read."""
    file = table.get("signals_file")
    if not isinstance(file, str):
        if file is not None and path[0] == "template":  # at a device the judge says so
            hint = 'write its path in quotes: "tags.csv"'
            found.mistakes.append(Mistake((*path, "signals_file"), "expected text", hint))
        return TagList("", whole=file is None)
    where = FilePath(found.places.document.file).parent / file
    try:
        listed = tag_list(where, path, _branch(path, table))
    except UnusableTable as unusable:
        if unusable.line is None:
            message, hint = f"{where}: {unusable.message}", unusable.hint
            found.mistakes.append(Mistake((*path, "signals_file"), message, hint))
        else:
            key = key_text(path)
            told = Problem(str(where), unusable.line, key, unusable.message, unusable.hint)
            found.problems.append(told)
        return TagList(str(where), whole=False)
    found.problems += listed.problems
    return listed


def _branch(path: Path, table: dict[str, Any]) -> type[BaseModel] | None:
    """Say what kind of signals a device has; None for a template, and where the address does not tell."""
    if path[0] != "device" or "://" not in str(table.get("connect")):
        return None
    return branch_at((*path, "signals", ""), {"device": {path[1]: table}})


def _foreign(template: Template, branch: type[BaseModel] | None) -> str:
    """Say what kind of device a template is for, where it is for another kind than this one."""
    keys = {key for signal, _ in template.signals.values() if isinstance(signal, dict) for key in signal}
    if branch is None or keys <= branch.model_fields.keys():
        return ""
    return next((device_of(other) for other in SIGNALS if keys <= other.model_fields.keys()), "")
