"""Reads nodes one by one, for servers that are poor at subscriptions, and once at every connect."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from edgetwin.core.signals import UNSTAMPED, Clock, Frame, Stamp
from edgetwin.field.opcua_link import OpcUaLink
from edgetwin.field.opcua_nodes import Wish
from edgetwin.field.opcua_pick import Unfold
from edgetwin.field.opcua_values import Item, Take, frame, joined, wall_ns

_SERVERS_TIME = ua.ReadValueId(
    NodeId=ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_CurrentTime)),
    AttributeId=AttributeIds.Value,
)


class Answer(NamedTuple):
    """One value, and when the answer that it was in arrived."""

    stamp: Stamp
    value: ua.DataValue


async def read(link: OpcUaLink, targets: Sequence[ua.ReadValueId], clock: Clock) -> list[Answer]:
    """Read nodes, in as few calls as the server allows."""

    async def call(chunk: list[ua.ReadValueId]) -> list[Answer]:
        parameters = ua.ReadParameters(TimestampsToReturn=ua.TimestampsToReturn.Both, NodesToRead=chunk)
        values = await link.session.read(parameters)
        stamp = clock()
        return [Answer(stamp, value) for value in values]

    return await link.in_chunks("cannot read", link.limits.reads_per_call, targets, call)


async def read_frame(
    link: OpcUaLink,
    wishes: Sequence[tuple[Wish, ua.ReadValueId]],
    takes: Sequence[Take],
    unfold: Unfold,
    clock: Clock,
) -> tuple[Frame | None, int, int]:
    """Read some wishes as one frame, if there are any. Beside it stand our time and the server's at one moment."""
    time, *answers = await read(link, [_SERVERS_TIME, *(target for _, target in wishes)], clock)
    told = zip((wish for wish, _ in wishes), answers, strict=True)
    parts = [
        frame(
            stamp,
            [Item(place, answer.value) for wish, answer in group for place in wish.places],
            takes,
            unfold,
        )
        for stamp, group in groupby(told, lambda pair: pair[1].stamp)
    ]
    content = time.value.Value.Value if time.value.Value is not None else None
    server_ns = wall_ns(content) if isinstance(content, datetime) else UNSTAMPED
    return joined(parts) if parts else None, time.stamp.wall, server_ns
