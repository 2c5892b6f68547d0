"""What `edgetwin browse` shows: the nodes as a tree with what they hold, for people and as data. Pure."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from edgetwin.cli.browse_node import OBJECT, Found, Reading, node_text, tidy
from edgetwin.cli.browse_plain import in_full, shown
from edgetwin.core import status
from edgetwin.wire.printable import printable

_WIDEST = 56  # of a name with what stands before it


def lines(start: Found, chosen: Collection[Found], spaces: Sequence[str]) -> Iterator[str]:
    """Draw the chosen nodes and those above them, with their values in aligned columns."""
    kept = with_ancestors(chosen)
    table = [_cells(found) for found in start.all() if found in kept]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
    used = sorted({int(found.id.NamespaceIndex) for found in kept} - {0})
    if used:
        yield ""
    yield from (f"ns={number} is {printable(spaces[number])}" for number in used if number < len(spaces))


def with_ancestors(chosen: Collection[Found]) -> set[Found]:
    """Give some nodes and all that lead to them."""
    kept = set(chosen)
    for found in chosen:
        for above in found.ancestors():
            if above in kept:
                break
            kept.add(above)
    return kept


def data(start: Found, chosen: Collection[Found], spaces: Sequence[str]) -> list[dict[str, Any]]:
    """Give the same for programs: the chosen nodes alone, each with its path."""
    return [_as_data(found, spaces) for found in start.all() if found in chosen]


def _cells(found: Found) -> tuple[str, ...]:
    name = "  " * found.depth + found.name
    name = name if len(name) <= _WIDEST else f"{name[: _WIDEST - 3]}..."
    reading = found.reading
    if reading is None:
        below = " ..." if found.kind == OBJECT and not found.looked else ""
        return name + below, "", "", "", "", node_text(found.id)
    said = "" if reading.status == status.GOOD else status.describe(reading.status)
    value = f"{shown(reading.value, reading.names)} {printable(reading.unit)}".rstrip()
    limits = f"{reading.range[0]:g} .. {reading.range[1]:g}" if reading.range else ""
    return name, _type(reading), value, limits, said, tidy(node_text(found.id))


def _type(reading: Reading) -> str:
    if reading.rank < 0 and not isinstance(reading.value, list):
        return reading.type
    sizes = reading.dimensions if any(reading.dimensions) else _sizes(reading.value)
    return f"{reading.type}[{', '.join(map(str, sizes))}]"


def _sizes(value: object) -> list[int]:
    sizes = []
    while isinstance(value, list):
        sizes.append(len(value))
        value = value[0] if value else None
    return sizes


def _as_data(found: Found, spaces: Sequence[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"path": found.path, "name": found.name, "node": node_text(found.id, spaces)}
    told |= {"title": found.title, "kind": found.kind}
    reading = found.reading
    if reading is None:
        return told
    return told | {
        "type": reading.type,
        "array": list(reading.dimensions) if reading.rank >= 0 else None,
        "value": in_full(reading.value),
        "status": status.describe(reading.status),
        "unit": printable(reading.unit),
        "range": list(reading.range) if reading.range else None,
        "names": {str(number): name for number, name in reading.names.items()},
    }
