"""OPC UA against a real server: what it says of a value arrives, and what it does not know is asked for again."""

import asyncio
from datetime import UTC, datetime

import numpy as np
import pytest
from asyncua import ua
from asyncua.server.monitored_item_service import MonitoredItemService
from field_listener import Listener
from field_ua import URI, UaServer
from field_watch import clock, until
from structlog.testing import capture_logs

from edgetwin.core import status
from edgetwin.core.signals import UNSTAMPED
from edgetwin.field import refusals
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua import subscription as opcua_subscription

BAD_SENSOR = 0x808C0000
UNCERTAIN_LAST_USABLE = 0x40900000


async def test_a_change_arrives_with_the_sources_time(ua_server: UaServer) -> None:
    stamp = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        await ua_server.write("level", 2.5, source=stamp)
        frame = await listener.frame()
    assert frame.values.tolist() == [2.5]
    assert frame.t_source.tolist() == [1772366400_123456_000]


async def test_numbers_booleans_and_text_arrive_as_they_are(ua_server: UaServer) -> None:
    nodes = {"recipe": {"node": f"nsu={URI};s=recipe", "text": True}}
    async with Listener(ua_server, "running", "count", nodes=nodes).open() as listener:
        frame = await listener.frame()
    heard = dict(zip(frame.ids.tolist(), zip(frame.values, frame.texts, strict=True), strict=True))
    assert heard[0] == (1.0, None)
    assert heard[1] == (3.0, None)
    assert heard[2][1] == "lime"
    assert not frame.status.any()


@pytest.mark.parametrize("code", [BAD_SENSOR, 0x80310000, 0x800A0000])
async def test_a_bad_value_keeps_the_servers_status(ua_server: UaServer, code: int) -> None:
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        await ua_server.write("level", 9.9, code=code)
        value, heard = await listener.hears("level")
    assert np.isnan(value)
    assert heard == code


async def test_an_uncertain_value_keeps_its_number_and_status(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        await ua_server.write("level", 3.25, code=UNCERTAIN_LAST_USABLE)
        assert await listener.hears("level") == (3.25, UNCERTAIN_LAST_USABLE)


async def test_nan_infinity_and_arrays_are_no_values(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level", "curve").open() as listener:
        value, code = await listener.hears("curve")
        assert np.isnan(value)
        assert code == status.BAD_TYPE_MISMATCH
        for spoilt in (np.nan, np.inf):
            await ua_server.write("level", 1.0)
            await listener.hears("level")
            await ua_server.write("level", float(spoilt))
            value, code = await listener.hears("level")
            assert np.isnan(value)
            assert code == status.BAD_SENSOR_FAILURE


async def test_a_move_within_the_deadband_is_not_told(ua_server: UaServer) -> None:
    await ua_server.write("level", 1.0)
    nodes = {"level": {"node": f"nsu={URI};s=level", "deadband": 0.5}}
    async with Listener(ua_server, nodes=nodes).open() as listener:
        assert await listener.hears("level") == (1.0, status.GOOD)
        await ua_server.write("level", 1.3)
        await ua_server.write("level", 2.0)
        assert await listener.hears("level") == (2.0, status.GOOD)


async def test_a_refused_deadband_is_told_once_and_the_values_still_arrive(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = MonitoredItemService._create_data_change_monitored_item

    async def refuse(
        service: MonitoredItemService, request: ua.MonitoredItemCreateRequest
    ) -> ua.MonitoredItemCreateResult:
        if isinstance(request.RequestedParameters.Filter, ua.ExtensionObject):  # nothing in it
            return await usual(service, request)
        return ua.MonitoredItemCreateResult(StatusCode=ua.StatusCode(ua.UInt32(0x80450000)))

    monkeypatch.setattr(MonitoredItemService, "_create_data_change_monitored_item", refuse)
    nodes = {"level": {"node": f"nsu={URI};s=level", "deadband": "2 %"}}
    listener = Listener(ua_server, "count", nodes=nodes)
    with capture_logs() as lines:
        for _ in range(2):
            async with listener.open():
                heard = listener.values(await listener.frame())
                assert [code for _, code in heard.values()] == [status.GOOD, status.GOOD]
    assert [(line["event"], line["device"], line["signals"]) for line in lines] == [
        ("no deadband", "ua", "level")
    ]
    assert "EURange" in lines[0]["hint"]
    assert "BadFilterNotAllowed" in lines[0]["reason"]


async def test_the_server_keeps_as_many_values_as_it_is_asked_to(ua_server: UaServer) -> None:
    listener = Listener(ua_server, "level", every="200 ms", queue=3)
    async with listener.open():
        await listener.frame()
        for value in range(8):
            await ua_server.write("level", 200.0 + value)
        heard = [(await listener.hears("level"))[0] for _ in range(3)]
    assert heard == [205.0, 206.0, 207.0]


async def test_values_between_two_notifications_all_arrive(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        for value in range(8):
            await ua_server.write("level", 100.0 + value)
        heard: list[float] = []
        while len(heard) < 8:
            frame = await listener.frame()
            assert len(frame) == 1  # a signal stands in a frame once
            heard += frame.values.tolist()
    assert heard == [100.0 + value for value in range(8)]
    assert listener.driver.lost == 0


async def test_a_node_that_is_not_there_is_asked_for_again(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "LONGEST_RETRY_S", 0.02)
    nodes = {
        "late": {"node": "nsu=urn:edgetwin:late;s=late"},
        "gone": {"node": f"nsu={URI};s=gone"},
    }
    with capture_logs() as lines:
        async with Listener(ua_server, "level", nodes=nodes).open() as listener:
            first = await listener.frame()
            assert (first.status == status.BAD_NODE_UNKNOWN).all()
            assert len(first) == 2
            await ua_server.add("urn:edgetwin:late", "late", 42.0)
            while True:
                await ua_server.write("level", clock().mono / 1e9)
                if (await listener.hears("late"))[1] == status.GOOD:
                    break
    assert [line["event"] for line in lines] == ["signal refused", "signal refused", "signal answers"]
    assert lines[0]["signal"] == "ua.late"
    assert "is `node` right" in lines[0]["hint"]


async def test_what_we_are_too_slow_to_take_is_counted(
    ua_server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opcua_subscription, "QUEUE", 2)
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        told = 0
        while listener.driver.lost == 0:
            told += 1
            await ua_server.write("level", 1000.0 + told)
            await asyncio.sleep(0.03)  # one notification for each
            assert told < 100
        lost = listener.driver.lost
        heard = (await listener.hears("level"))[0]
    assert heard > 1001.0  # the oldest went
    assert listener.driver.lost >= lost


async def test_a_server_that_publishes_nothing_is_a_device_that_is_down(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        listener.subscription._patience_s = 0.1  # its keep-alive, every five seconds, now counts as never
        with pytest.raises(DeviceDown, match="silent") as down:
            await listener.hears("nothing more")
    assert "publishes nothing" in down.value.hint


async def test_a_subscription_that_the_server_ends_is_a_device_that_is_down(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        listener.subscription.published(
            [ua.StatusChangeNotification(ua.StatusCode(ua.UInt32(0x800A0000)))], UNSTAMPED
        )
        with pytest.raises(DeviceDown, match="ended the subscription: BadTimeout"):
            await listener.hears("nothing more")


async def test_what_a_server_says_of_things_nobody_asked_for_is_ignored(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        strange = [
            ua.MonitoredItemNotification(handle, ua.DataValue(ua.Variant(9.0)))
            for handle in (0, 2, 4_000_000_000)
        ]
        listener.subscription.published([ua.DataChangeNotification(strange), object()], UNSTAMPED)
        await ua_server.write("level", 5.5)
        assert await listener.hears("level") == (5.5, status.GOOD)


async def test_nonsense_in_an_answer_is_a_device_that_is_down(ua_server: UaServer) -> None:
    async def unparsable() -> None:
        raise AssertionError  # so does asyncua, among others

    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        with pytest.raises(DeviceDown, match="cannot subscribe: AssertionError"):
            await listener.link.ask("cannot subscribe", unparsable)


async def test_an_id_that_cannot_be_read_costs_no_other_signal(ua_server: UaServer) -> None:
    async with Listener(ua_server, "level", nodes={"odd": {"node": "b=0xzz"}}).open() as listener:
        assert (await listener.hears("odd"))[1] == status.BAD_NODE_UNKNOWN
        assert (await listener.hears("level"))[1] == status.GOOD


async def test_a_user_that_is_not_let_in_is_told_what_to_check(ua_server: UaServer) -> None:
    listener = Listener(ua_server, "level")
    with ua_server.letting_in_only("gw-07", "secret"), pytest.raises(DeviceDown) as down:
        await listener.driver.open()
    assert "user and password" in down.value.hint
    await listener.driver.close()


async def test_a_user_with_a_password_is_let_in(ua_server: UaServer) -> None:
    listener = Listener(ua_server, "level", user="gw-07", password="secret")  # noqa: S106 - opens a test's server only
    with ua_server.letting_in_only("gw-07", "secret"):
        async with listener.open():
            assert len(await listener.frame()) == 1


async def test_a_namespace_that_has_another_number_after_a_restart_is_found(ua_server: UaServer) -> None:
    listener = Listener(ua_server, "level")
    async with listener.open():
        await listener.frame()
    await ua_server.stop()
    other = UaServer(ua_server.port, others=["urn:one:more", "urn:and:another"], level=77.0)
    try:
        async with listener.open():
            assert await listener.hears("level") == (77.0, status.GOOD)
    finally:
        other.end()
        await ua_server.start()


async def test_a_session_is_given_back_when_the_driver_closes(ua_server: UaServer) -> None:
    before = ua_server.sessions()
    async with Listener(ua_server, "level").open() as listener:
        await listener.frame()
        assert ua_server.sessions() == before + 1
    await until(lambda: ua_server.sessions() == before)
