"""Asks a server for the elements that are wanted of a long array, not for all of it.

A server that does not know index ranges may send the whole array in answer to one. So each array is read once with
and once without: only where the answer has as many elements as were asked for, and the whole has more, is it believed.
"""

from collections.abc import Mapping, Sequence

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from edgetwin.core.signals import Clock
from edgetwin.field.opcua.link import OpcUaLink
from edgetwin.field.opcua.nodes import Wish
from edgetwin.field.opcua.read import read
from edgetwin.field.opcua.values import Take

WORTH = 32  # so many elements have to be saved


async def shorten(
    link: OpcUaLink, wishes: Mapping[Wish, ua.ReadValueId], takes: list[Take], clock: Clock
) -> dict[Wish, ua.ReadValueId]:
    """Give for some wishes a target that asks for less, and note in `takes` where the array then begins."""
    spans = {wish: span for wish in wishes if (span := _span(wish, takes))}
    questions = []
    for wish, (low, high) in spans.items():
        node = wishes[wish].NodeId
        text = str(low) if low == high else f"{low}:{high}"
        questions += [_target(node), _target(node, text)]
    answers = [_array(answer.value) for answer in await read(link, questions, clock)]
    shorter = {}
    for number, (wish, (low, high)) in enumerate(spans.items()):
        whole, part = answers[2 * number : 2 * number + 2]
        if _proven(whole, part, high - low + 1):
            shorter[wish] = questions[2 * number + 1]
            for place in wish.places:
                took = takes[place].part
                takes[place] = takes[place]._replace(part=took and took._replace(first=low))
    return shorter


def _proven(whole: Sequence[object], part: Sequence[object], wanted: int) -> bool:
    """Tell whether the server gave what was asked for, and a good deal less than all."""
    return len(part) == wanted and len(whole) >= len(part) + WORTH


def _target(node: ua.NodeId, index_range: str | None = None) -> ua.ReadValueId:
    return ua.ReadValueId(NodeId=node, AttributeId=AttributeIds.Value, IndexRange=index_range)


def _span(wish: Wish, takes: Sequence[Take]) -> tuple[int, int] | None:
    """Give the first and the last element that is wanted; None where not every signal wants one of an array."""
    elements = [part.element if (part := takes[place].part) else () for place in wish.places]
    if any(len(element) != 1 for element in elements):
        return None
    return min(elements)[0], max(elements)[0]


def _array(value: ua.DataValue) -> list[object]:
    content = value.Value.Value if value.Value is not None else None
    return content if isinstance(content, list) else []
