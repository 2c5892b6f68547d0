"""What is known of a server for as long as one session lasts: its nodes, its structures, its long arrays."""

from collections.abc import Iterable, Sequence

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from edgetwin.core.signals import Clock, Frame, Stamp
from edgetwin.field.opcua.link import OpcUaLink
from edgetwin.field.opcua.nodes import Wish, find
from edgetwin.field.opcua.ranges import shorten
from edgetwin.field.opcua.read import Answer, read_frame
from edgetwin.field.opcua.structures import Structures
from edgetwin.field.opcua.values import Item, Take, frames

Targets = dict[Wish, ua.ReadValueId]


class OpcUaSession:
    """One session: wishes in, frames out."""

    def __init__(self, link: OpcUaLink, takes: Sequence[Take], clock: Clock) -> None:
        self.link = link
        self._takes = list(takes)
        self._clock = clock
        self._structures = Structures(link)

    async def find(self, wishes: Sequence[Wish]) -> tuple[Targets, dict[Wish, int]]:
        """Find what is wished for: what to ask for each, and the status of those that are not there."""
        found = await find(self.link, wishes)
        pairs = list(zip(wishes, found, strict=True))
        targets = {
            wish: ua.ReadValueId(NodeId=node, AttributeId=AttributeIds.Value)
            for wish, node in pairs
            if isinstance(node, ua.NodeId)
        }
        await self._structures.learn(
            [target.NodeId for wish, target in targets.items() if self._has(wish, "field")]
        )
        long = {wish: target for wish, target in targets.items() if self._has(wish, "element")}
        targets |= await shorten(self.link, long, self._takes, self._clock)
        return targets, {wish: node for wish, node in pairs if isinstance(node, int)}

    def frames(self, stamp: Stamp, items: Sequence[Item]) -> list[Frame]:
        """Make frames of what the server published."""
        return frames(stamp, items, self._takes, self._structures.unfold)

    async def read(self, wishes: Iterable[tuple[Wish, ua.ReadValueId]]) -> tuple[Frame, Answer] | None:
        """Read as one frame; None where there is nothing to read. Beside it stands an answer, for its times."""
        return await read_frame(self.link, list(wishes), self._takes, self._structures.unfold, self._clock)

    def _has(self, wish: Wish, key: str) -> bool:
        return any(bool(getattr(self._takes[place].part, key, ())) for place in wish.places)
