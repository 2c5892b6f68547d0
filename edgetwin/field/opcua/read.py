"""Reads nodes one by one, for servers that are poor at subscriptions, and once at every connect."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from asyncua import ua
from asyncua.ua.ua_binary import struct_from_binary

from edgetwin.core.signals import Clock, Frame, Stamp
from edgetwin.field.opcua.link import OpcUaLink
from edgetwin.field.opcua.nodes import Wish
from edgetwin.field.opcua.pick import Unfold
from edgetwin.field.opcua.values import Item, Take, frame, joined, wall_ns


class Answer(NamedTuple):
    """One value, when the answer that it was in arrived, and when the server sent it by its own clock."""

    stamp: Stamp
    server_ns: int
    value: ua.DataValue


async def read(link: OpcUaLink, targets: Sequence[ua.ReadValueId], clock: Clock) -> list[Answer]:
    """Read nodes, in as few calls as the server allows."""

    async def call(chunk: list[ua.ReadValueId]) -> list[Answer]:
        request = ua.ReadRequest()
        request.Parameters = ua.ReadParameters(
            TimestampsToReturn=ua.TimestampsToReturn.Both, NodesToRead=chunk
        )
        data = await link.session._send_request(request)  # noqa: SLF001 - `read` drops the header, and its time
        stamp = clock()
        response = struct_from_binary(ua.ReadResponse, data)
        response.ResponseHeader.ServiceResult.check()
        server_ns = wall_ns(response.ResponseHeader.Timestamp)
        return [Answer(stamp, server_ns, value) for value in response.Results]

    return await link.in_chunks("cannot read", link.limits.reads_per_call, targets, call)


async def read_frame(
    link: OpcUaLink,
    wishes: Sequence[tuple[Wish, ua.ReadValueId]],
    takes: Sequence[Take],
    unfold: Unfold,
    clock: Clock,
) -> tuple[Frame, Answer] | None:
    """Read some wishes as one frame, if there are any. Beside it stands the first answer, for its times."""
    answers = await read(link, [target for _, target in wishes], clock)
    if not answers:
        return None
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
    return joined(parts), answers[0]
