"""OPC UA read in cycles: one cycle is one frame, however many calls it takes, and none is missed unseen."""

import asyncio
from typing import Any

import numpy as np
import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua import uaerrors
from field_listener import Listener
from field_ua import URI, UaServer

from edgetwin.core import status
from edgetwin.field import refusals
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua.link import Limits

NAMES = ("level", "neighbour", "running", "count")


def spy(listener: Listener, monkeypatch: pytest.MonkeyPatch, most: int = 10**9) -> list[int]:
    """Count the nodes in each Read, and refuse those that are too long."""
    calls: list[int] = []
    session = listener.link.session
    usual = session._send_request

    async def send(request: object, *more: Any) -> Buffer:  # noqa: ANN401 - asyncua's own
        if isinstance(request, ua.ReadRequest):
            nodes = request.Parameters.NodesToRead
            calls.append(len(nodes))
            if len(nodes) > most:
                raise uaerrors.BadTooManyOperations
        return await usual(request, *more)

    monkeypatch.setattr(session, "_send_request", send)
    return calls


async def test_a_cycle_is_a_frame_with_every_value_changed_or_not(ua_server: UaServer) -> None:
    async with Listener(ua_server, *NAMES, mode="read").open() as listener:
        frames = [await listener.frame() for _ in range(5)]
    for frame in frames:
        assert frame.ids.tolist() == [0, 1, 2, 3]
        assert not frame.status.any()
    assert frames[0].values.tolist() == frames[4].values.tolist()
    gaps = np.diff([int(frame.mono[0]) for frame in frames]) / 1e9
    assert gaps.min() > 0.005  # every 20 ms, give or take


async def test_each_rhythm_has_its_own_cycle(ua_server: UaServer) -> None:
    nodes: dict[str, dict[str, Any]] = {
        "level": {"node": f"nsu={URI};s=level", "every": "20 ms"},
        "count": {"node": f"nsu={URI};s=count", "every": "100 ms"},
    }
    async with Listener(ua_server, nodes=nodes, mode="read").open() as listener:
        frames = [await listener.frame() for _ in range(11)]
    both = [len(frame) == 2 for frame in frames]
    assert both[0]
    assert 2 <= sum(both) <= 4


async def test_no_call_asks_for_more_than_the_server_takes(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Listener(ua_server, *NAMES, mode="read").open() as listener:
        await listener.frame()
        listener.link.limits = Limits(reads_per_call=2)
        calls = spy(listener, monkeypatch)
        frame = await listener.frame()
    assert calls[:2] == [2, 2]
    assert len(frame) == 4
    assert len(set(frame.mono.tolist())) == 2  # each value has the time of its own answer


async def test_a_server_that_takes_less_than_it_says_is_asked_for_less(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Listener(ua_server, *NAMES, mode="read").open() as listener:
        await listener.frame()
        calls = spy(listener, monkeypatch, most=2)
        for _ in range(2):
            assert len(await listener.frame()) == 4
    assert calls[:5] == [4, 2, 2, 2, 2]  # and is not asked for too much again


async def test_what_is_not_there_is_bad_in_each_cycle_and_asked_for_again(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "LONGEST_RETRY_S", 0.02)
    nodes = {
        "gone": {"node": f"nsu={URI};s=nowhere"},
        "soon": {"node": "nsu=urn:edgetwin:soon;s=soon"},
    }
    async with Listener(ua_server, "level", nodes=nodes, mode="read").open() as listener:
        frame = await listener.frame()
        heard = listener.values(frame)
        assert len(frame) == 3
        assert heard["level"][1] == status.GOOD
        assert (heard["gone"][1], heard["soon"][1]) == (status.BAD_NODE_UNKNOWN, status.BAD_NODE_UNKNOWN)
        await ua_server.add("urn:edgetwin:soon", "soon", 6.0)
        while (await listener.hears("soon"))[1] != status.GOOD:
            pass
        assert listener.values(await listener.frame())["gone"][1] == status.BAD_NODE_UNKNOWN


async def test_cycles_that_were_slept_through_are_counted(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level", mode="read").open() as listener:
        await listener.frame()
        assert listener.driver.missed < 50
        await asyncio.sleep(1.2)  # nobody takes the next frame
        await listener.frame()
        await listener.frame()
        assert listener.driver.missed >= 50
        missed = listener.driver.missed
    assert listener.driver.missed == missed


async def test_a_server_that_goes_away_between_two_cycles_is_noticed_at_once(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level", mode="read", every="1 h").open() as listener:
        await listener.frame()
        await ua_server.stop()
        with pytest.raises(DeviceDown, match="the connection was lost"):
            await listener.frame()
    await ua_server.start()


async def test_a_server_without_subscriptions_says_what_to_do_about_it(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise uaerrors.BadServiceUnsupported

    monkeypatch.setattr("asyncua.client.ua_session.UaSession.create_subscription", refuse)
    listener = Listener(ua_server, "level")
    with pytest.raises(DeviceDown, match="cannot subscribe") as down:
        await listener.driver.open()
    assert 'mode = "read"' in down.value.hint
    async with Listener(ua_server, "level", mode="read").open() as reader:
        assert (await reader.hears("level"))[1] == status.GOOD
