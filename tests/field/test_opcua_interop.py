"""OPC UA against a server of another family, node-opcua: what it does its own way must not matter."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from field_listener import Listener
from field_node import URI, NodeServer
from structlog.testing import capture_logs

from edgetwin.core import status
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua import link as opcua_link

MOTOR = f"Objects/nsu={URI};Line1/Motor"
SIGNALS: dict[str, dict[str, Any]] = {
    "speed": {"path": f"{MOTOR}/Speed"},
    "plain": {"node": f"nsu={URI};s=Plain"},
    "running": {"node": f"nsu={URI};s=Running"},
    "first": {"path": f"{MOTOR}/Zones", "element": 0},
    "last": {"path": f"{MOTOR}/Zones", "element": 99},
    "beyond": {"path": f"{MOTOR}/Zones", "element": 100},
    "cell": {"path": f"{MOTOR}/Matrix", "element": [1, 2]},
    "x": {"path": f"{MOTOR}/Arm", "field": "Position.X"},
    "y": {"path": f"{MOTOR}/Arm", "field": "Position.Y"},
    "joint": {"path": f"{MOTOR}/Arm", "field": "Joints", "element": 2},
    "failed": {"path": f"{MOTOR}/Failed"},
    "doubtful": {"path": f"{MOTOR}/Doubtful"},
    "gone": {"path": f"{MOTOR}/Gone"},
}
EXPECTED = {
    "speed": (500.0, status.GOOD),
    "plain": (1.0, status.GOOD),
    "running": (1.0, status.GOOD),
    "first": (0.0, status.GOOD),
    "last": (49.5, status.GOOD),
    "beyond": (None, status.BAD_INDEX_RANGE_NO_DATA),
    "cell": (23.0, status.GOOD),
    "x": (1.5, status.GOOD),
    "y": (-2.5, status.GOOD),
    "joint": (9.0, status.GOOD),
    "failed": (None, status.BAD_SENSOR_FAILURE),
    "doubtful": (7.5, 0x40930000),
    "gone": (None, status.BAD_NO_MATCH),
}


@pytest.fixture(scope="module")
def node() -> Iterator[NodeServer]:
    server = NodeServer()
    yield server
    server.end()


async def hear_all(listener: Listener) -> dict[str, tuple[float | None, int]]:
    """Listen until everything has been heard of."""
    heard: dict[str, tuple[float | None, int]] = {}
    while len(heard) < len(SIGNALS):
        for name, (value, code) in listener.values(await listener.frame()).items():
            heard[name] = (None if np.isnan(value) else value, code)
    return heard


@pytest.mark.parametrize("mode", ["subscribe", "read"])
async def test_all_kinds_of_values_arrive_either_way(node: NodeServer, mode: str) -> None:
    async with Listener(node.port, nodes=SIGNALS, mode=mode, timeout="5 s").open() as listener:
        assert await hear_all(listener) == EXPECTED
        assert listener.link.limits.reads_per_call == 4  # which it says, and refuses more
        assert listener.driver.facts == {"clock_off_s": 0.0, "source_off_s": 0.0}


async def test_a_deadband_in_percent_holds_where_there_is_a_range_and_is_told_where_there_is_none(
    node: NodeServer,
) -> None:
    nodes = {name: SIGNALS[name] | {"deadband": "2 %"} for name in ("speed", "plain")}
    with capture_logs() as lines:
        async with Listener(node.port, nodes=nodes, timeout="5 s").open() as listener:
            heard: dict[str, tuple[float, int]] = {}
            while len(heard) < 2:
                heard |= listener.values(await listener.frame())
            for value in (510, 519):  # 2 % of its range are 20
                node.set("Speed", value)
                node.set("Plain", value)
                while (news := listener.values(await listener.frame())).get("plain", (0,))[0] != value:
                    assert "speed" not in news
            node.set("Speed", 530)
            assert await listener.hears("speed") == (530.0, status.GOOD)
            node.set("Speed", 500)
            assert await listener.hears("speed") == (500.0, status.GOOD)
            node.set("Plain", 1)
            assert await listener.hears("plain") == (1.0, status.GOOD)
    (line,) = [line for line in lines if line["event"] == "no deadband"]
    assert line["signals"] == "plain"


async def test_a_long_array_is_asked_for_by_its_elements(node: NodeServer) -> None:
    nodes = {name: SIGNALS[name] for name in ("last",)}
    async with Listener(node.port, nodes=nodes, timeout="5 s").open() as listener:
        assert await listener.hears("last") == (49.5, status.GOOD)
        session = listener.driver._session
        assert session is not None
        part = session._takes[0].part
        assert part is not None
        assert part.first == 99


async def drain(listener: Listener) -> None:
    """Listen until there is nothing more to hear."""
    while True:
        await listener.frame()


async def test_a_server_that_is_stopped_is_said_not_to_answer(
    node: NodeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opcua_link, "PROBE_S", 0.2)
    async with Listener(node.port, nodes=SIGNALS, timeout="1 s").open() as listener:
        await listener.frame()
        with node.stopped(), pytest.raises(DeviceDown, match="does not answer any more"):
            await drain(listener)


async def test_a_restart_with_other_namespaces_changes_nothing(node: NodeServer) -> None:
    listener = Listener(node.port, nodes=SIGNALS, timeout="5 s")
    async with listener.open():
        assert await hear_all(listener) == EXPECTED
        before = await listener.link.namespaces()
    node.end()
    other = NodeServer(node.port, "urn:one:more", "urn:and:another")
    try:
        async with listener.open():
            assert await hear_all(listener) == EXPECTED
            assert (await listener.link.namespaces()).index(URI) == before.index(URI) + 2
    finally:
        other.end()
