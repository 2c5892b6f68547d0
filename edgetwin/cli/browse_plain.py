"""Values of OPC UA as plain ones: numbers, texts, lists, and structures as mappings. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from asyncua import ua

from edgetwin.cli.browse_node import Other, tidy
from edgetwin.field.opcua.pick import Unfold

_DEEPEST = 8  # structures within structures
_SHOWN = 40  # signs of a value in a table
_SHOWN_ELEMENTS = 4
# What the standard wraps into a type of its own, and the part of it that counts.
_INNER = {
    ua.LocalizedText: "Text",
    ua.QualifiedName: "Name",
    ua.StatusCode: "name",
    ua.EnumValueType: "Value",
}


def plain(content: object, unfold: Unfold, depth: int = 0) -> object:
    """Give a value without the types of the library. What the gateway can neither count nor write is an Other."""
    if content is None or isinstance(content, bool | int | float | str | bytes | datetime):
        return content
    if isinstance(content, list):
        return [plain(each, unfold, depth) for each in content]
    if type(content) in _INNER:
        return getattr(content, _INNER[type(content)])
    if isinstance(content, Mapping):
        fields: Mapping[str, object] | None = content  # a structure within one that was taken apart
    else:
        fields = unfold(content) if isinstance(content, ua.ExtensionObject) else _standard(content)
    if fields is None or depth == _DEEPEST:
        return Other("(a structure that is not explained)")
    if not fields:
        return Other(tidy(str(content)))
    return {name: plain(each, unfold, depth + 1) for name, each in fields.items()}


def _standard(content: object) -> Mapping[str, object]:
    """Give the fields of a structure of the standard itself, which the library has taken apart; else none."""
    if isinstance(content, ua.NodeId):
        return {}
    names = [
        name for name in getattr(content, "__annotations__", ()) if name not in ("Encoding", "data_type")
    ]
    return {name: getattr(content, name) for name in names if hasattr(content, name)}


def label(text: object) -> str:
    """Give a text of the server, fit for the screen and for a name of a state."""
    return tidy(getattr(text, "Text", None)).strip()


def shown(value: object, names: Mapping[int, str]) -> str:
    """Write a value in short, for a table."""
    text = "".join(_signs(value, names))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _signs(value: object, names: Mapping[int, str]) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{"
        for number, (name, inner) in enumerate(value.items()):
            yield f"{', ' if number else ''}{tidy(name)}: "
            yield from _signs(inner, {})
        yield "}"
    elif isinstance(value, list):
        yield "["
        for number, inner in enumerate(value[:_SHOWN_ELEMENTS]):
            yield ", " if number else ""
            yield from _signs(inner, names)
        yield ", ...]" if len(value) > _SHOWN_ELEMENTS else "]"
    elif isinstance(value, bool):
        yield names.get(int(value), "true" if value else "false")
    elif isinstance(value, int) and value in names:
        yield f"{value} ({names[value]})"
    else:
        yield _single(value)


def _single(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bytes):
        return value[:_SHOWN].hex()
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return tidy(value.text if isinstance(value, Other) else str(value))


def in_full(value: object) -> object:
    """Give a value for JSON, which knows no NaN and no bytes."""
    if isinstance(value, Mapping):
        return {str(name): in_full(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [in_full(inner) for inner in value]
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    return value.text if isinstance(value, Other) else value
