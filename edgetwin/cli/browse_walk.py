"""Walks from node to node of an OPC UA server, for `edgetwin browse`: many nodes in one call, each node once.

The server is not believed to have an end: the walk stops at so many nodes, and after so many references, whatever the
server goes on to say.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from edgetwin.cli.browse_link import PacedLink
from edgetwin.cli.browse_node import OBJECT, VARIABLE, Found, tidy
from edgetwin.config.opcua_nodes import Deadband, Step
from edgetwin.core import status
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua.nodes import Wish, find

SERVER = ua.NodeId(ua.Int32(ObjectIds.Server))
# Properties by which the standard says what a value means. They are told with their variable, not as nodes.
MEANING = {
    *(
        "EngineeringUnits",
        "EURange",
        "InstrumentRange",
        "EnumStrings",
        "EnumValues",
        "TrueState",
        "FalseState",
    ),
    *("ValuePrecision", "Definition", "ValueAsText"),
}
_STARTS = {"Objects": ObjectIds.ObjectsFolder, "Types": ObjectIds.TypesFolder, "Views": ObjectIds.ViewsFolder}
_AT_ONCE = 50  # nodes in one call
_WIDEST = 1000  # references of a node in one answer
_REFERENCES_PER_NODE = 50  # that are looked at for each node that may be shown
_CHILDREN = 10_000  # of one node, where one of them is looked for by its name
_BAD_NO_CONTINUATION_POINTS = 0x804B0000


class NoSuchNode(Exception):  # noqa: N818 - told to the user, not a programming error
    """The walk cannot begin where it should."""


class Walk:
    """One walk. `cut` says that there is more than was looked at."""

    def __init__(
        self,
        link: PacedLink,
        *,
        most: int,
        depth: int,
        with_server: bool,
        tell: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.cut = False
        self._link = link
        self._most, self._depth = most, depth
        self._with_server = with_server
        self._tell = tell
        self._seen = set[ua.NodeId]()
        self._left = _REFERENCES_PER_NODE * most  # references that are still looked at
        self._spaces: Sequence[str] = ()

    async def go(self, start: Found) -> None:
        """Find what is below a node, level by level."""
        self._spaces = await self._link.namespaces()
        self._seen = {start.id}
        level = [start]
        while level:
            await self._look(level)
            level = [child for found in level for child in found.children]

    async def children(self, found: Found) -> list[Found]:
        """Find what is directly below a node."""
        self._spaces = await self._link.namespaces()
        await self._look([found])
        return found.children

    async def properties(self, nodes: Sequence[Found]) -> None:
        """Find the properties of some nodes, and nothing else."""
        self.cut = True
        await self._look(nodes)

    async def _look(self, nodes: Sequence[Found]) -> None:
        waiting, size = deque(nodes), _AT_ONCE
        while waiting and self._left > 0:
            chunk = [waiting.popleft() for _ in range(min(size, len(waiting)))]
            wanted = [found for found in chunk if found.kind == VARIABLE or self._goes_into(found)]
            results = await self._link.in_chunks(
                "cannot browse", size, list(map(_question, wanted)), self._browse
            )
            refused = []
            points: list[tuple[Found, bytes]] = []
            for found, result in zip(wanted, results, strict=True):
                if result.StatusCode.value == _BAD_NO_CONTINUATION_POINTS and size > 1:
                    refused.append(found)
                    continue
                points += self._take(found, result)
            await self._go_on(points)
            if refused:  # the server has only so many places to go on from
                size //= 2
                waiting.extend(refused)
            self._tell(len(self._seen))

    def _goes_into(self, found: Found) -> bool:
        return not self.cut and found.depth < self._depth

    async def _browse(self, questions: list[ua.BrowseDescription]) -> Sequence[ua.BrowseResult]:
        asked = ua.BrowseParameters(RequestedMaxReferencesPerNode=ua.UInt32(_WIDEST), NodesToBrowse=questions)
        return await self._link.session.browse(asked)

    async def _go_on(self, points: list[tuple[Found, bytes]]) -> None:
        """Take the rest of what did not fit into one answer; where there is enough, let the server forget it."""
        while points and self._left > 0:
            results = await self._next(points)
            points = [
                more
                for (found, _), result in zip(points, results, strict=True)
                if result.References  # one that goes on with nothing might do so for ever
                for more in self._take(found, result)
            ]
        if points:
            with suppress(DeviceDown):
                await self._next(points, release=True)

    async def _next(
        self, points: Sequence[tuple[Found, bytes]], *, release: bool = False
    ) -> list[ua.BrowseResult]:
        async def call(chunk: list[bytes]) -> Sequence[ua.BrowseResult]:
            parameters = ua.BrowseNextParameters(ReleaseContinuationPoints=release, ContinuationPoints=chunk)
            return await self._link.session.browse_next(parameters)

        return await self._link.in_chunks("cannot browse", _AT_ONCE, [point for _, point in points], call)

    def _take(self, found: Found, result: ua.BrowseResult) -> list[tuple[Found, bytes]]:
        """Note what an answer says, and where it goes on."""
        goes_into = self._goes_into(found)
        for reference in result.References or ():
            self._left -= 1
            self._note(found, reference, goes_into=goes_into)
        if self._left <= 0:
            self.cut = True
        found.looked = goes_into and not self.cut
        return [(found, result.ContinuationPoint)] if result.ContinuationPoint else []

    def _note(self, found: Found, reference: ua.ReferenceDescription, *, goes_into: bool) -> None:
        node = self._local(reference.NodeId)
        if node is None or reference.NodeClass not in (ua.NodeClass.Object, ua.NodeClass.Variable):
            return
        name = reference.BrowseName
        if found.kind == VARIABLE and name.NamespaceIndex == 0 and name.Name in MEANING:
            found.properties[name.Name] = node
            return
        if not goes_into or node in self._seen or (node == SERVER and not self._with_server):
            return
        if len(self._seen) >= self._most:
            self.cut = True
            return
        self._seen.add(node)
        found.child(reference, node)

    def _local(self, target: ua.NodeId) -> ua.NodeId | None:
        """Give a node of this very server; None for one of another."""
        space, uri = target.NamespaceIndex, None
        if isinstance(target, ua.ExpandedNodeId):
            uri = target.NamespaceUri
            if target.ServerIndex or (uri and uri not in self._spaces):
                return None
        if uri:
            space = ua.Int16(self._spaces.index(uri))
        return ua.NodeId(target.Identifier, space, target.NodeIdType)


async def start_at(link: PacedLink, where: str | tuple[Step, ...]) -> Found:
    """Find the node to begin at: by its id, or by its path, in which namespaces may be left out."""
    if isinstance(where, str):
        return await _by_id(link, where)
    first, *rest = where
    found = Found(ua.NodeId(ua.Int32(_STARTS[first.text])), first.text, OBJECT, path=first.text)
    spaces = await link.namespaces()
    for step in rest:
        walk = Walk(link, most=_CHILDREN, depth=found.depth + 1, with_server=True)
        wanted = tidy(step.text)
        fit = [
            child
            for child in await walk.children(found)
            if child.name == wanted and _in_space(child, step, spaces)
        ]
        if not fit:
            raise NoSuchNode(f"there is no {wanted} in {found.path}")
        if len(fit) > 1:
            raise NoSuchNode(f"{found.path} has {len(fit)} nodes called {wanted}: write its namespace too")
        found = fit[0]
    return Found(found.id, found.name, found.kind, found.space, found.title, path=found.path)


def _in_space(child: Found, step: Step, spaces: Sequence[str]) -> bool:
    uri = spaces[child.space] if child.space < len(spaces) else ""
    return step.space in (0, child.space, uri)


async def _by_id(link: PacedLink, where: str) -> Found:
    wish = Wish(where=where, every_s=1.0, places=(), queue=1, deadband=Deadband(0.0))
    (node,) = await find(link, [wish])
    if isinstance(node, int):
        raise NoSuchNode(f"there is no {where}: {status.describe(node)}")

    async def read(attributes: list[AttributeIds]) -> list[ua.DataValue]:
        questions = [ua.ReadValueId(NodeId=node, AttributeId=attribute) for attribute in attributes]
        return await link.session.read(ua.ReadParameters(NodesToRead=questions))

    kind, name = await link.in_chunks(
        "cannot read", 2, [AttributeIds.NodeClass, AttributeIds.BrowseName], read
    )
    named = name.Value.Value if name.Value is not None else None
    if not isinstance(named, ua.QualifiedName):
        raise NoSuchNode(f"there is no {where}")
    variable = kind.Value is not None and kind.Value.Value == ua.NodeClass.Variable.value
    shown = tidy(named.Name)
    return Found(node, shown, VARIABLE if variable else OBJECT, int(named.NamespaceIndex), path=shown)


def _question(found: Found) -> ua.BrowseDescription:
    return ua.BrowseDescription(
        NodeId=found.id,
        BrowseDirection=ua.BrowseDirection.Forward,
        ReferenceTypeId=ua.NodeId(ua.Int32(ObjectIds.HierarchicalReferences)),
        IncludeSubtypes=True,
        NodeClassMask=ua.UInt32(ua.NodeClass.Object.value | ua.NodeClass.Variable.value),
        ResultMask=ua.BrowseResultMask.All,
    )
