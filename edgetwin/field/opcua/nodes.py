"""Finds the nodes that are asked for: namespaces by their URI, nodes by their path. Anew at every connect.

A server may number its namespaces and nodes differently after each start, so nothing found here outlives a session.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from asyncua import ua
from asyncua.ua import uaerrors
from asyncua.ua.object_ids import ObjectIds

from edgetwin.config.opcua_nodes import Deadband, Step, path_text
from edgetwin.core import status
from edgetwin.field.opcua.link import OpcUaLink

_WHOLE_PATH = 0xFFFFFFFF  # nothing of it is left to follow
Where = str | tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One value that the server is asked for, and all signals that are made of it."""

    where: Where
    every_s: float
    places: tuple[int, ...]  # of its signals in the list of the device's signals
    queue: int
    deadband: Deadband

    def __str__(self) -> str:
        return self.where if isinstance(self.where, str) else path_text(self.where)

    @property
    def key(self) -> str:
        """The key of the configuration that says where it is."""
        return "node" if isinstance(self.where, str) else "path"


async def find(link: OpcUaLink, wishes: Sequence[Wish]) -> list[ua.NodeId | int]:
    """Give the node of each wish, or the status that says why there is none."""
    spaces = await link.namespaces()
    found: list[ua.NodeId | int] = [status.BAD_NODE_UNKNOWN] * len(wishes)
    paths: dict[int, ua.BrowsePath] = {}
    for row, wish in enumerate(wishes):
        if isinstance(wish.where, str):
            found[row] = _node_id(wish.where, spaces)
        elif path := _browse_path(wish.where, spaces):
            paths[row] = path
        else:
            found[row] = status.BAD_NO_MATCH
    results = await link.in_chunks(
        "cannot look up paths",
        link.limits.paths_per_call,
        list(paths.values()),
        link.session.translate_browsepaths_to_nodeids,
    )
    for row, result in zip(paths, results, strict=True):
        found[row] = _target(result)
    return found


def _node_id(text: str, spaces: Sequence[str]) -> ua.NodeId | int:
    if text.startswith("nsu="):
        uri, _, identifier = text.removeprefix("nsu=").partition(";")
        if uri not in spaces:
            return status.BAD_NODE_UNKNOWN
        text = f"ns={spaces.index(uri)};{identifier}"
    try:
        return ua.NodeId.from_string(text)
    except uaerrors.UaStringParsingError:
        return status.BAD_NODE_UNKNOWN


def _browse_path(steps: Iterable[Step], spaces: Sequence[str]) -> ua.BrowsePath | None:
    """Write a path as the server wants it; None where it has no such namespace."""
    elements = []
    for space, name in steps:
        if isinstance(space, str) and space not in spaces:
            return None
        number = space if isinstance(space, int) else spaces.index(space)
        elements.append(
            ua.RelativePathElement(
                ReferenceTypeId=ua.NodeId(ua.Int32(ObjectIds.HierarchicalReferences)),
                IsInverse=cast("ua.Boolean", False),  # noqa: FBT003 - the library has it true if nobody says so
                TargetName=ua.QualifiedName(name, ua.UInt16(number)),
            )
        )
    return ua.BrowsePath(ua.NodeId(ua.Int32(ObjectIds.RootFolder)), ua.RelativePath(elements))


def _target(result: ua.BrowsePathResult) -> ua.NodeId | int:
    """Give the one node that a path leads to. Which of several is meant is not ours to guess."""
    code = int(result.StatusCode.value)
    if code >= status.BAD:
        return code
    nodes = {
        ua.NodeId(target.TargetId.Identifier, target.TargetId.NamespaceIndex, target.TargetId.NodeIdType)
        for target in result.Targets
        if target.RemainingPathIndex == _WHOLE_PATH
    }
    if len(nodes) > 1:
        return status.BAD_TOO_MANY_MATCHES
    return nodes.pop() if nodes else status.BAD_NO_MATCH
