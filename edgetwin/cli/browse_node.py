"""A node of an OPC UA server as `edgetwin browse` knows it: where it stands, and what it holds. Pure."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from asyncua import ua

from edgetwin.wire.printable import printable

OBJECT, VARIABLE = "object", "variable"
_LONGEST_NAME = 120


class Other(NamedTuple):
    """A value that is neither a number nor a text, written out."""

    text: str


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a variable holds. Structures are mappings by now, and arrays lists."""

    kind: int | None  # the built-in type; None where only the value tells, or nothing
    type: str
    rank: int = -1
    dimensions: Sequence[int] = ()  # of an array; 0 where it may have any length
    value: object = None
    status: int = 0
    unit: str = ""
    range: tuple[float, float] | None = None
    names: Mapping[int, str] = field(default_factory=dict)


# No repr: asyncio writes out what a task gave, which would be the whole tree, many times over.
@dataclass(slots=True, eq=False, repr=False)
class Found:
    """One node. `path` is written as `--from` takes it, and `below` is its part below the start."""

    id: ua.NodeId
    name: str
    kind: str
    space: int = 0
    title: str = ""
    path: str = ""
    below: str = ""
    depth: int = 0
    parent: "Found | None" = None
    children: list["Found"] = field(default_factory=list)
    properties: dict[str, ua.NodeId] = field(default_factory=dict)  # of the standard, such as EURange
    looked: bool = False  # whether its children are known
    reading: Reading | None = None

    def child(self, reference: ua.ReferenceDescription, node: ua.NodeId) -> "Found":
        """Add a child."""
        name = tidy(reference.BrowseName.Name)
        step = re.sub(r"([&/])", r"&\1", name)
        found = Found(
            id=node,
            name=name,
            kind=OBJECT if reference.NodeClass == ua.NodeClass.Object else VARIABLE,
            space=int(reference.BrowseName.NamespaceIndex),
            title=tidy(reference.DisplayName.Text),
            path=f"{self.path}/{step}",
            below=f"{self.below}/{step}".lstrip("/") if self.depth else step,
            depth=self.depth + 1,
            parent=self,
        )
        self.children.append(found)
        return found

    def all(self) -> Iterator["Found"]:
        """Give the node and all below it, as a tree is read."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting += reversed(found.children)

    def ancestors(self) -> Iterator["Found"]:
        """Give those above it, the nearest first."""
        found = self.parent
        while found is not None:
            yield found
            found = found.parent


def tidy(text: str | None) -> str:
    """Make a name of a server fit for the screen."""
    return printable(str(text or ""))[:_LONGEST_NAME]


def node_text(node: ua.NodeId, spaces: Sequence[str] = ()) -> str:
    """Write the id of a node as the configuration takes it: with the URI of its namespace where `spaces` has it."""
    number = int(node.NamespaceIndex)
    uri = spaces[number] if number < len(spaces) else ""
    space = f"nsu={uri};" if uri and ";" not in uri else f"ns={number};"
    identifier = node.Identifier
    if isinstance(identifier, int):
        written = f"i={identifier}"
    elif isinstance(identifier, bytes):
        written = f"b={base64.b64encode(identifier).decode()}"
    else:
        written = f"{'s' if isinstance(identifier, str) else 'g'}={identifier}"
    return written if number == 0 else space + written
