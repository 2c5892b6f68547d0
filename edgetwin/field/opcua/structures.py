"""How the structures of one server are built, as it says itself, and their bytes taken apart accordingly.

asyncua can do that too, but keeps the types of all servers in one place, by name: two PLCs whose structures have the
same name and other fields would be read one like the other. What is learned here belongs to one session. No length
in a message is believed beyond the bytes that are there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.ua_binary import Primitives, unpack_uatype

from edgetwin.field.opcua.link import OpcUaLink

_STRUCTURE, _ENUMERATION = 22, 29
_BUILT_IN = 25  # the data types up to this one are the kinds of a Variant
_DEEPEST = 16  # structures within structures, and types within types


@dataclass(frozen=True, slots=True)
class _Member:
    """One field of a structure."""

    name: str
    kind: "ua.VariantType | _Layout"
    is_array: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    """The fields of a structure, in their order."""

    kind: ua.StructureType
    members: tuple[_Member, ...]


class Structures:
    """The structures of one server that somebody asked for."""

    def __init__(self, link: OpcUaLink) -> None:
        self._link = link
        self._layouts: dict[ua.NodeId, _Layout] = {}  # by the id that stands before the bytes
        self._kinds: dict[ua.NodeId, ua.VariantType | _Layout | None] = {}

    async def learn(self, nodes: Sequence[ua.NodeId]) -> None:
        """Ask how the structures in some nodes are built."""
        if not nodes:
            return
        types = await self._attributes(nodes, AttributeIds.DataType)
        unclear = []
        for node, data_type in zip(nodes, types, strict=True):
            kind = await self._kind(data_type, 0) if isinstance(data_type, ua.NodeId) else None
            if not isinstance(kind, _Layout):
                unclear.append(node)
        if unclear:  # they may hold any structure: learn the one that is there now
            for content in await self._attributes(unclear, AttributeIds.Value):
                await self._learn_from(content)

    async def _learn_from(self, content: object) -> None:
        if isinstance(content, list) and content:
            content = content[0]
        if isinstance(content, ua.ExtensionObject) and content.TypeId not in self._layouts:
            inverse = ua.BrowseDirection.Inverse
            for data_type in await self._follow(content.TypeId, ObjectIds.HasEncoding, inverse):
                await self._kind(data_type, 0)

    def unfold(self, folded: ua.ExtensionObject) -> Mapping[str, object] | None:
        """Take a structure apart; None when it is not known how it is built, or is built otherwise."""
        layout = self._layouts.get(folded.TypeId)
        if layout is None or folded.Body is None:
            return None
        try:
            return _unfold(layout, Buffer(folded.Body))
        except Exception:  # noqa: BLE001 - asyncua's parser raises whatever it comes upon; the bytes are the server's
            return None

    async def _kind(self, data_type: ua.NodeId, depth: int) -> "ua.VariantType | _Layout | None":
        """Give how values of a type are written; None where the server does not say."""
        if data_type not in self._kinds:
            self._kinds[data_type] = None  # a type that holds itself is not one we can take apart
            root = await self._built_in(data_type)
            if root != _STRUCTURE:
                self._kinds[data_type] = None if root is None else ua.VariantType(root)
            elif depth < _DEEPEST:
                self._kinds[data_type] = await self._layout(data_type, depth)
        return self._kinds[data_type]

    async def _built_in(self, data_type: ua.NodeId) -> int | None:
        """Follow a type to the built-in one that it is a kind of."""
        for _ in range(_DEEPEST):
            number = data_type.Identifier
            if data_type.NamespaceIndex == 0 and number == _ENUMERATION:
                return ua.VariantType.Int32.value
            if data_type.NamespaceIndex == 0 and isinstance(number, int) and number <= _BUILT_IN:
                return number
            parents = await self._follow(data_type, ObjectIds.HasSubtype, ua.BrowseDirection.Inverse)
            if not parents:
                return None
            data_type = parents[0]
        return None

    async def _layout(self, data_type: ua.NodeId, depth: int) -> _Layout | None:
        (definition,) = await self._attributes([data_type], AttributeIds.DataTypeDefinition)
        if not isinstance(definition, ua.StructureDefinition):
            return None
        members = []
        for field in definition.Fields:
            kind = await self._kind(field.DataType, depth + 1)
            if kind is None:
                return None
            members.append(_Member(field.Name or "", kind, field.ValueRank >= 0, field.IsOptional))
        layout = _Layout(ua.StructureType(definition.StructureType), tuple(members))
        encodings = await self._follow(data_type, ObjectIds.HasEncoding, ua.BrowseDirection.Forward)
        for encoding in (definition.DefaultEncodingId, *encodings):
            if not encoding.is_null():
                self._layouts[encoding] = layout
        return layout

    async def _attributes(self, nodes: Sequence[ua.NodeId], attribute: AttributeIds) -> list[object]:
        call = partial(self._link.session.read_attributes, attr=attribute)
        values = await self._link.in_chunks(
            "cannot read types", self._link.limits.reads_per_call, nodes, call
        )
        return [value.Value.Value if value.Value is not None else None for value in values]

    async def _follow(
        self, node: ua.NodeId, reference: int, direction: ua.BrowseDirection
    ) -> list[ua.NodeId]:
        wanted = ua.BrowseDescription(
            NodeId=node,
            BrowseDirection=direction,
            ReferenceTypeId=ua.NodeId(ua.Int32(reference)),
            IncludeSubtypes=True,
            ResultMask=ua.BrowseResultMask.All,
        )
        parameters = ua.BrowseParameters(NodesToBrowse=[wanted])
        results = await self._link.ask("cannot read types", lambda: self._link.session.browse(parameters))
        return [
            ua.NodeId(found.NodeId.Identifier, found.NodeId.NamespaceIndex, found.NodeId.NodeIdType)
            for result in results
            for found in result.References or []
        ]


def _unfold(layout: _Layout, data: Buffer) -> dict[str, object]:
    if layout.kind == ua.StructureType.Union:
        chosen = Primitives.UInt32.unpack(data)
        members = layout.members[chosen - 1 : chosen] if chosen else ()
        return {member.name: _value(member, data) for member in members}
    mask = 0
    if layout.kind == ua.StructureType.StructureWithOptionalFields:
        mask = Primitives.UInt32.unpack(data)
    elif layout.kind != ua.StructureType.Structure:
        raise ValueError("a structure whose fields may be of any type")
    values: dict[str, object] = {}
    bit = 1
    for member in layout.members:
        present = not member.optional or mask & bit
        if member.optional:
            bit <<= 1
        if present:
            values[member.name] = _value(member, data)
    return values


def _value(member: _Member, data: Buffer) -> object:
    if not member.is_array:
        return _single(member.kind, data)
    length = Primitives.Int32.unpack(data)
    if length > len(data):  # each element takes a byte at least
        raise ValueError("an array that is longer than the message")
    return [_single(member.kind, data) for _ in range(length)]


def _single(kind: ua.VariantType | _Layout, data: Buffer) -> object:
    return _unfold(kind, data) if isinstance(kind, _Layout) else unpack_uatype(kind, data)
