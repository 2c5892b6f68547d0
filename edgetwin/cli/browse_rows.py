"""Variables of an OPC UA server -> signals to paste. Pure. What cannot be one is told, with the reason.

What comes out has been judged as the configuration will judge it, and `edgetwin check` is content with it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from edgetwin.cli.browse_node import Found, Other, Reading, node_text, tidy
from edgetwin.cli.foreign import name_of, spoken
from edgetwin.cli.import_rows import Imported
from edgetwin.cli.judged import refused
from edgetwin.core import status
from edgetwin.wire.printable import printable

ELEMENTS = 16  # of one variable that become signals
_BOOLEAN, _DOUBLE = 1, 11
_TEXTS = (12, 13, 15, 19, 20, 21)  # String, DateTime, ByteString, StatusCode, QualifiedName, LocalizedText
_NOT_READABLE = (0x801F0000, 0x803A0000)
_NOT_IN_NAMES = str.maketrans(dict.fromkeys(";|=:,\"'\n", " "))  # they would end a name in a CSV file


@dataclass(slots=True)
class Rows:
    """The signals, and by path what could not be one, or not as a whole."""

    signals: dict[str, Imported] = field(default_factory=dict)
    unused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def keys(self) -> dict[str, dict[str, Any]]:
        """The signals without where they come from."""
        return {name: signal.keys for name, signal in self.signals.items()}


@dataclass(frozen=True, slots=True)
class _Part:
    """One value of a variable: all of it, an element, a field."""

    value: object
    element: tuple[int, ...] = ()
    field: tuple[str, ...] = ()
    within: bool = False  # an array within an array of structures has no place that could be written


def rows(device: Mapping[str, Any], variables: Sequence[Found], spaces: Sequence[str]) -> Rows:
    """Make signals of variables that have been read. `device` are the keys of the device they belong to."""
    found = Rows()
    parts: list[tuple[Found, _Part, dict[str, Any]]] = []
    for variable in variables:
        if variable.reading is None:
            continue
        try:
            parts += [
                (variable, part, keys) for part, keys in _signals(variable, variable.reading, spaces, found)
            ]
        except ValueError as error:
            found.unused.append((variable.path, str(error)))
    names = _names([(variable, part) for variable, part, _ in parts])
    for number, (name, (variable, part, keys)) in enumerate(zip(names, parts, strict=True)):
        found.signals[name] = Imported(keys, number, _title(variable, part))
    for name, message in list(refused(device, found.keys, lambda name: found.signals[name].row)):
        if (wrong := found.signals.pop(name, None)) is not None:
            found.unused.append((wrong.title, message))
    return found


def _signals(
    variable: Found, reading: Reading, spaces: Sequence[str], found: Rows
) -> Iterator[tuple[_Part, dict[str, Any]]]:
    """Give the keys of each signal of one variable; ValueError where none can be made."""
    node = node_text(variable.id, spaces)
    if not node.isprintable() or node != node.strip():
        raise ValueError("its id has signs in it that no file should have")
    if reading.status in _NOT_READABLE:
        raise ValueError(f"it cannot be read: {status.describe(reading.status)}")
    if reading.value is None:
        yield _Part(None), {"node": node, **_without_value(reading)}
        return
    parts = _parts(reading.value, _Part(None), direct=False)
    for part in islice(parts, ELEMENTS):
        try:
            yield part, {"node": node, **_place(part), **_meaning(part, reading)}
        except ValueError as error:
            found.unused.append((_title(variable, part), str(error)))
    if next(parts, None) is not None:
        found.notes.append((variable.path, f"only its first {ELEMENTS} values are written: it has more"))
    if reading.range and isinstance(reading.value, int | float) and not _fits(reading.value, reading.range):
        low, high = reading.range
        found.notes.append(
            (variable.path, f"its range {low:g} to {high:g} is left out: it is {reading.value:g} now")
        )


def _without_value(reading: Reading) -> dict[str, Any]:
    """Give the keys of a variable that has no value now, by what its type says."""
    kind = reading.kind
    if reading.rank >= 0 or kind is None or not (kind <= _DOUBLE or kind in _TEXTS):
        raise ValueError(
            f"it has no value now ({status.describe(reading.status)}), so nobody knows what is in it"
        )
    stand_in: object = False if kind == _BOOLEAN else 0 if kind <= _DOUBLE else ""
    return _meaning(_Part(stand_in), reading)


def _parts(value: object, place: _Part, *, direct: bool) -> Iterator[_Part]:
    """Take a value apart. `direct`: an array in it belongs to the same matrix."""
    if isinstance(value, list):
        within = place.within or bool(place.element and not direct)
        for number, inner in enumerate(value):
            yield from _parts(inner, _Part(None, (*place.element, number), place.field, within), direct=True)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _parts(
                inner, _Part(None, place.element, (*place.field, str(name)), place.within), direct=False
            )
    else:
        yield _Part(value, place.element, place.field, place.within)


def _place(part: _Part) -> dict[str, Any]:
    if part.within:
        raise ValueError("an array within an array cannot be told apart")
    if any("." in name or not name.isprintable() for name in part.field):
        raise ValueError("the name of a field has signs in it that it cannot be asked for with")
    keys: dict[str, Any] = {}
    if part.element:
        keys["element"] = part.element[0] if len(part.element) == 1 else list(part.element)
    if part.field:
        keys["field"] = ".".join(part.field)
    return keys


def _meaning(part: _Part, reading: Reading) -> dict[str, Any]:
    """Say what a value is: a state, a text, or a number with unit and range."""
    value = part.value
    if value is None or isinstance(value, Other):
        raise ValueError("it holds neither a number nor a text")
    if isinstance(value, str | bytes | datetime):
        return {"text": True}
    names = {} if part.field else reading.names
    if isinstance(value, bool):
        names = names or {0: "off", 1: "on"}
    if names and isinstance(value, int):
        return {"names": {str(number): _state(number, name) for number, name in names.items()}}
    keys: dict[str, Any] = {}
    if reading.unit and not part.field:
        keys["unit"] = spoken(reading.unit)
    if reading.range and not part.field and isinstance(value, int | float) and _fits(value, reading.range):
        keys["range"] = list(reading.range)
    return keys


def _state(number: int, name: str) -> str:
    return " ".join(tidy(name).translate(_NOT_IN_NAMES).split()) or str(number)


def _fits(value: float, limits: tuple[float, float]) -> bool:
    """Tell whether a value may be as it is now. What has none now (NaN) contradicts nothing."""
    return not (value < limits[0] or value > limits[1])


def _title(variable: Found, part: _Part) -> str:
    element = "".join(f"[{number}]" for number in part.element)
    return printable(".".join([variable.path + element, *part.field]))


def _names(parts: Sequence[tuple[Found, _Part]]) -> list[str]:
    """Name signals: by the node and what is taken of it, with so many of the nodes above it as tell them apart."""
    candidates = []
    for variable, part in parts:
        own = "_".join([variable.name, *part.field, *map(str, part.element)])
        above = [name for each in variable.ancestors() if (name := name_of(each.name))]
        own = name_of(own) or "node"
        candidates.append([own := own if not n else f"{above[n - 1]}_{own}" for n in range(len(above) + 1)])
    lengths = [0] * len(candidates)
    while True:
        names = [each[length] for each, length in zip(candidates, lengths, strict=True)]
        many = Counter(names)
        longer = [
            number
            for number, name in enumerate(names)
            if many[name] > 1 and lengths[number] + 1 < len(candidates[number])
        ]
        if not longer:
            return _numbered(names)
        for number in longer:
            lengths[number] += 1


def _numbered(names: Sequence[str]) -> list[str]:
    taken, free = set(names), list[str]()
    used = set[str]()
    for name in names:
        number, chosen = 1, name
        while chosen in used or (number > 1 and chosen in taken):
            number += 1
            chosen = f"{name}_{number}"
        used.add(chosen)
        free.append(chosen)
    return free
