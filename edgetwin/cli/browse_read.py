"""Reads what variables hold, for `edgetwin browse`: type, value, unit, range and the names of states, in few calls."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIdNames

from edgetwin.cli.browse_link import PacedLink
from edgetwin.cli.browse_node import VARIABLE, Found, Reading, tidy
from edgetwin.cli.browse_plain import label, plain
from edgetwin.cli.browse_walk import Walk
from edgetwin.field.opcua.read import read
from edgetwin.field.opcua.structures import Structures
from edgetwin.field.opcua.values import code_of

_AT_ONCE = 100  # nodes in one call; an answer may be long
_LONG = 1000  # of an array that is longer only the first elements are asked for
_FIRST = 16
_BUILT_IN = 25  # the data types up to this one are the kinds of a Variant
_INT32 = 6

Tell = Callable[[int], None]


async def read_all(link: PacedLink, variables: Sequence[Found], tell: Tell) -> None:
    """Read some variables, and note in each what it holds."""
    structures, known = Structures(link), dict[ua.NodeId, _Kind]()
    for first in range(0, len(variables), _AT_ONCE):
        part = variables[first : first + _AT_ONCE]
        await _shapes(link, part, known, structures)
        await _meanings(link, part)
        await _values(link, part, structures)
        tell(first + len(part))


class _Kind:
    """One data type: what it is called, and the states that it names."""

    def __init__(self, node: ua.NodeId) -> None:
        number = node.Identifier if node.NamespaceIndex == 0 else None
        built_in = isinstance(number, int) and 0 < number <= _BUILT_IN
        self.number: int | None = int(number) if built_in and isinstance(number, int) else None
        self.name = ObjectIdNames.get(number, "?") if isinstance(number, int) else "?"
        self.names: Mapping[int, str] = {}


async def _shapes(
    link: PacedLink, part: Sequence[Found], known: dict[ua.NodeId, _Kind], structures: Structures
) -> None:
    """Find out of which type the variables are, and how long their arrays."""
    wanted = (AttributeIds.DataType, AttributeIds.ValueRank, AttributeIds.ArrayDimensions)
    types, ranks, sizes = [await _attribute(link, [found.id for found in part], each) for each in wanted]
    of_type: dict[ua.NodeId, Found] = {}
    for found, data_type in zip(part, types, strict=True):
        if isinstance(data_type, ua.NodeId) and data_type not in known:
            of_type.setdefault(data_type, found)
    known |= await _kinds(link, of_type, structures)
    for found, data_type, rank, size in zip(part, types, ranks, sizes, strict=True):
        kind = known.get(data_type) if isinstance(data_type, ua.NodeId) else None
        dimensions = [int(each) for each in size if isinstance(each, int)] if isinstance(size, list) else []
        found.reading = Reading(
            kind=kind.number if kind else None,
            type=kind.name if kind else "?",
            rank=rank if isinstance(rank, int) else -1,
            dimensions=dimensions,
            names=dict(kind.names) if kind else {},
        )


async def _kinds(
    link: PacedLink, of_type: Mapping[ua.NodeId, Found], structures: Structures
) -> dict[ua.NodeId, _Kind]:
    """Ask what data types are, those of the standard that every server has excepted."""
    kinds = {node: _Kind(node) for node in of_type}
    strange = [node for node, kind in kinds.items() if kind.number is None]
    if not strange:
        return kinds
    titles = await _attribute(link, strange, AttributeIds.BrowseName)
    definitions = await _attribute(link, strange, AttributeIds.DataTypeDefinition)
    undefined = []
    for node, title, definition in zip(strange, titles, definitions, strict=True):
        if isinstance(title, ua.QualifiedName):
            kinds[node].name = tidy(title.Name)
        if isinstance(definition, ua.EnumDefinition):
            kinds[node].number = _INT32
            kinds[node].names = {
                int(field.Value): label(field.DisplayName) or tidy(field.Name)
                for field in definition.Fields or ()
            }
        elif isinstance(definition, ua.StructureDefinition):
            await structures.learn([of_type[node].id])
        else:
            undefined.append(node)
    for node, names in (await _enumerations(link, undefined)).items():
        if names:
            kinds[node].number, kinds[node].names = _INT32, names
    return kinds


async def _enumerations(link: PacedLink, types: Sequence[ua.NodeId]) -> dict[ua.NodeId, dict[int, str]]:
    """Ask for the names of enumerations as older servers give them: as properties of the type."""
    founds = [Found(node, "", VARIABLE) for node in types]
    await Walk(link, most=1, depth=0, with_server=False).properties(founds)
    told = await _properties(link, founds)
    return {found.id: _states(told[found]) for found in founds}


async def _meanings(link: PacedLink, part: Sequence[Found]) -> None:
    """Read unit, range and names of states of the variables that have such properties."""
    for found, told in (await _properties(link, part)).items():
        if found.reading is None:
            continue
        unit, limits = told.get("EngineeringUnits"), told.get("InstrumentRange", told.get("EURange"))
        if isinstance(unit, ua.EUInformation):
            found.reading.unit = label(unit.DisplayName)
        if isinstance(limits, ua.Range) and limits.Low < limits.High:
            found.reading.range = (float(limits.Low), float(limits.High))
        found.reading.names = _states(told) or found.reading.names


async def _properties(link: PacedLink, founds: Iterable[Found]) -> dict[Found, dict[str, object]]:
    """Read the properties of nodes; one that cannot be read is not there."""
    places = [(found, name, node) for found in founds for name, node in found.properties.items()]
    values = await _attribute(link, [node for _, _, node in places], AttributeIds.Value)
    told: dict[Found, dict[str, object]] = {found: {} for found in founds}
    for (found, name, _), value in zip(places, values, strict=True):
        if value is not None:
            told[found][name] = value
    return told


def _states(told: Mapping[str, object]) -> dict[int, str]:
    """Give the names of states, in whichever of the three ways of the standard they are told."""
    off, on = told.get("FalseState"), told.get("TrueState")
    values, strings = told.get("EnumValues"), told.get("EnumStrings")
    if isinstance(off, ua.LocalizedText) and isinstance(on, ua.LocalizedText):
        return {0: label(off), 1: label(on)}
    if isinstance(values, list):
        return {
            int(each.Value): label(each.DisplayName) for each in values if isinstance(each, ua.EnumValueType)
        }
    if isinstance(strings, list):
        return {
            number: label(each) for number, each in enumerate(strings) if isinstance(each, ua.LocalizedText)
        }
    return {}


async def _values(link: PacedLink, part: Sequence[Found], structures: Structures) -> None:
    """Read the values; of a long array its beginning."""
    readings = [(found, found.reading) for found in part if found.reading is not None]
    targets = [
        ua.ReadValueId(
            NodeId=found.id,
            AttributeId=AttributeIds.Value,
            IndexRange=f"0:{_FIRST - 1}" if _is_long(reading) else None,
        )
        for found, reading in readings
    ]
    for (_, reading), answer in zip(readings, await read(link, targets, link.clock), strict=True):
        reading.status = code_of(answer.value)
        content = answer.value.Value
        if content is not None:
            reading.value = plain(content.Value, structures.unfold)
            if content.VariantType:
                reading.kind = int(content.VariantType.value)


def _is_long(reading: Reading) -> bool:
    return len(reading.dimensions) == 1 and reading.dimensions[0] > _LONG


async def _attribute(link: PacedLink, nodes: Sequence[ua.NodeId], attribute: AttributeIds) -> list[object]:
    """Read one attribute of many nodes; None where a node does not have it."""
    targets = [ua.ReadValueId(NodeId=node, AttributeId=attribute) for node in nodes]
    answers = await read(link, targets, link.clock)
    return [answer.value.Value.Value if answer.value.Value is not None else None for answer in answers]
