"""Which value of an OPC UA server is meant: its node by id or by path, an element of an array, a field of a structure.

A path is what a browser of nodes shows, written with slashes: "Objects/nsu=urn:vendor:plc;Line1/Motor/Speed". A
namespace ("nsu=URI;" or "2:") holds for the names after it too, until the next one. `&` takes the meaning from the
sign behind it, as the standard has it: "&/" is a slash in a name.
"""

import base64
import re
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import BeforeValidator, WithJsonSchema

from edgetwin.config.branch import mistake

_NODE = re.compile(r"(?:nsu=(?P<uri>[^;]+);|ns=(?P<index>[0-9]+);)?(?P<kind>[isgb])=(?P<id>.+)")
_NODE_HINT = (
    'write "nsu=urn:vendor:plc;s=CW.Temp" (best, it survives a restart), "ns=2;s=CW.Temp" or "i=2258"'
)
_SPACE = re.compile(r"nsu=(?P<uri>[^;]+);|(?:ns=)?(?P<index>[0-9]+)[:;]")
_NAME = re.compile(r"(?:[^/&]|&.)*")
_STARTS = ("Objects", "Types", "Views")
_PATH_HINT = 'write the names from Objects on: "Objects/nsu=urn:vendor:plc;Line1/Motor/Speed"'
_PERCENT = re.compile(r"\s*(?P<amount>[0-9]+(?:\.[0-9]+)?)\s*%\s*")
_HIGHEST_SPACE = 65_535


class Step(NamedTuple):
    """One name in a path, and its namespace by number or by URI."""

    space: int | str
    text: str


class Deadband(NamedTuple):
    """How far a value may move unreported: in its own unit, or in percent of the range that the server declares."""

    amount: float
    percent: bool = False


def node(text: object) -> str:
    """Check the id of a node."""
    match = _NODE.fullmatch(text) if isinstance(text, str) else None
    if not isinstance(text, str) or match is None:
        raise mistake(f'"{text}" is not the id of a node', _node_hint(text))
    kind, identifier = match["kind"], match["id"]
    if kind == "i" and not (identifier.isascii() and identifier.isdecimal() and int(identifier) < 2**32):
        raise mistake(
            f'"{text}": after i= comes a number, and "{identifier}" is none',
            f"text has s= before it: s={identifier}",
        )
    if kind == "g":
        try:
            UUID(identifier)
        except ValueError:
            raise mistake(
                f'"{text}": after g= comes a GUID', "as in g=09087e75-8e5e-499b-954f-f2a9603db28a"
            ) from None
    if kind == "b" and not _is_base64(identifier):
        raise mistake(f'"{text}": after b= comes base64', "as in b=M/RbKBsRVkePCePcx24oRA==")
    if match["index"] and int(match["index"]) > _HIGHEST_SPACE:
        raise mistake(f'"{text}": there is no namespace {match["index"]}', f"the highest is {_HIGHEST_SPACE}")
    return text


def _node_hint(text: object) -> str:
    is_path = isinstance(text, str) and text.lstrip("/").startswith(_STARTS)
    return f'a path has a key of its own: path = "{text}"' if is_path else _NODE_HINT


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def path(text: object) -> tuple[Step, ...]:
    """Read a path. The first name, of namespace 0, is what the server's address space begins with."""
    if not isinstance(text, str) or not text.strip():
        raise mistake("this is not a path", _PATH_HINT)
    names, rest = list[Step](), text.removeprefix("/")
    space: int | str = 0
    while True:
        if found := _SPACE.match(rest):
            space = found["uri"] or int(found["index"])
            rest = rest[found.end() :]
        matched = _NAME.match(rest)
        written = matched[0] if matched else ""
        name = re.sub(r"&(.)", r"\1", written)
        if not name:
            raise mistake(f'"{text}" has an empty name in it', "between two slashes stands a name")
        if isinstance(space, int) and space > _HIGHEST_SPACE:
            raise mistake(f'"{text}": there is no namespace {space}', f"the highest is {_HIGHEST_SPACE}")
        names.append(Step(space, name))
        rest = rest[len(written) :]
        if not rest:
            break
        if rest[0] != "/":
            raise mistake(f'"{text}" ends in &', "a & itself is written &&")
        rest = rest[1:]
    if names[0] not in (Step(0, start) for start in _STARTS):
        raise mistake(f'"{text}" does not begin with Objects', _PATH_HINT)
    if len(names) == 1:
        raise mistake(f'"{text}" names no node', _PATH_HINT)
    return tuple(names)


def path_text(names: tuple[Step, ...]) -> str:
    """Write a path as `path` reads it."""
    steps, space = list[str](), names[0].space
    for name in names:
        prefix = ""
        if name.space != space:
            space = name.space
            prefix = f"nsu={space};" if isinstance(space, str) else f"{space}:"
        steps.append(prefix + re.sub(r"([&/])", r"&\1", name.text))
    return "/".join(steps)


def element(value: object) -> tuple[int, ...]:
    """Read the place of an element: 3 in an array, [1, 2] in a matrix. Both count from 0."""
    places = value if isinstance(value, list | tuple) else (value,)
    if not places or not all(isinstance(place, int) and not isinstance(place, bool) for place in places):
        raise mistake(
            "this is not the place of an element", "write element = 3, in a matrix element = [1, 2]"
        )
    if min(places) < 0:
        raise mistake(f"there is no element {min(places)}", "the first element is 0")
    return tuple(places)


def field(text: object) -> tuple[str, ...]:
    """Read the way to a field of a structure: "Position.X"."""
    names = tuple(text.split(".")) if isinstance(text, str) else ()
    if not names or not all(names):
        raise mistake(
            "this is not a field of a structure", 'write field = "X", or "Position.X" for one within'
        )
    return names


def deadband(value: object) -> Deadband:
    """Read a deadband: 0.05 in the node's own unit, "2 %" of the range that the server declares for it."""
    if isinstance(value, Deadband):
        return value
    if isinstance(value, str):
        match = _PERCENT.fullmatch(value)
        if match is None:
            raise mistake(
                f'"{value}" is not a deadband', 'write a number, deadband = 0.05, or a share, "2 %"'
            )
        amount = float(match["amount"])
        if amount > 100:
            raise mistake(f'"{value}" is too large', 'the most is "100 %"')
        return Deadband(amount, percent=True)
    if not isinstance(value, int | float) or isinstance(value, bool) or value - value != 0:
        raise mistake("this is not a deadband", 'write a number, deadband = 0.05, or a share, "2 %"')
    if value < 0:
        raise mistake(f"{value} is too small", "the least is 0")
    return Deadband(float(value))


NodeId = Annotated[
    str,
    BeforeValidator(node),
    WithJsonSchema(
        {"type": "string", "pattern": "^(nsu=[^;]+;|ns=[0-9]+;)?[isgb]=.+$", "examples": ["ns=2;s=CW.Temp"]}
    ),
]
BrowsePath = Annotated[
    tuple[Step, ...],
    BeforeValidator(path),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^/?(Objects|Types|Views)/.+$",
            "examples": ["Objects/nsu=urn:vendor:plc;Line1/Motor/Speed"],
        }
    ),
]
Element = Annotated[
    tuple[int, ...],
    BeforeValidator(element),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0}},
            ]
        }
    ),
]
FieldPath = Annotated[
    tuple[str, ...],
    BeforeValidator(field),
    WithJsonSchema({"type": "string", "pattern": "^[^.]+(\\.[^.]+)*$", "examples": ["Position.X"]}),
]
DeadbandSize = Annotated[
    Deadband,
    BeforeValidator(deadband),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": "^\\s*[0-9]+(\\.[0-9]+)?\\s*%\\s*$", "examples": ["2 %"]},
            ]
        }
    ),
]
