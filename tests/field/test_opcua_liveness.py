"""That an OPC UA server lives is proven, not assumed: silence of any kind has an end, and a reason that is true."""

import asyncio

import pytest
from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from field_listener import Listener
from field_ua import UaServer
from field_watch import clock, until
from field_wires import Wire
from structlog.testing import capture_logs

from edgetwin.field.driver import DeviceDown
from edgetwin.field.link import LinkState
from edgetwin.field.opcua import link as opcua_link
from edgetwin.field.opcua import subscription as opcua_subscription
from edgetwin.field.poller import keep


async def short_nap(_seconds: float) -> None:
    await asyncio.sleep(0.01)


async def test_a_server_that_answers_and_publishes_nothing_is_found_out_and_subscribed_to_anew(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opcua_subscription, "KEEP_ALIVE_S", 0.1)
    listener = Listener(ua_server, "level", timeout="500 ms")
    driver, link = listener.driver, LinkState("ua", "opc.tcp://here")
    seen: list[object] = []
    with capture_logs() as lines:
        keeping = asyncio.create_task(keep(driver, seen.append, clock, link, sleep=short_nap))
        await until(lambda: link.up)
        first = listener.link
        ua_server.stop_publishing()
        read = await first.session.read_attributes([ua.NodeId(ua.Int32(2258))], AttributeIds.Value)
        assert read[0].Value is not None  # it answers everything else
        await until(lambda: link.downs == 1)
        await until(lambda: link.up)
        assert listener.link is not first  # a new client, not the old one mended
        count = len(seen)
        await ua_server.write("level", clock().mono / 1e9)
        await until(lambda: len(seen) > count)
        keeping.cancel()
        await asyncio.wait([keeping])
    assert [line["event"] for line in lines] == ["device up", "device down", "device up"]
    assert "the subscription has been silent" in lines[1]["reason"]
    assert "publishes nothing" in lines[1]["hint"]


async def test_a_subscription_that_only_keeps_alive_is_left_in_peace(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opcua_subscription, "KEEP_ALIVE_S", 0.1)
    async with Listener(ua_server, "level", timeout="200 ms").open() as listener:
        await listener.frame()
        assert listener.subscription._patience_s < 0.5
        more = asyncio.create_task(listener.frame())
        await asyncio.wait([more], timeout=1.5)  # three times as long as it would wait for a silent one
        assert not more.done()
        more.cancel()
        await asyncio.wait([more])


@pytest.mark.parametrize(("mode", "every"), [("subscribe", "20 ms"), ("read", "30 s")])
async def test_a_server_that_hangs_is_not_said_to_have_restarted(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch, mode: str, every: str
) -> None:
    monkeypatch.setattr(opcua_link, "PROBE_S", 0.2)
    async with Wire(ua_server.port) as wire:
        listener = Listener(wire.port, "level", mode=mode, every=every, timeout="500 ms")
        async with listener.open():
            await listener.frame()
            wire.freeze()
            with pytest.raises(DeviceDown, match="does not answer any more") as down:
                await listener.frame()
    assert "restart" not in down.value.hint
