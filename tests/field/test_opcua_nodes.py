"""Which value of an OPC UA server is meant: by path, an element of an array, a field of a structure."""

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from asyncua import ua
from asyncua.common.structures104 import new_enum, new_struct, new_struct_field
from asyncua.server.server import Server
from asyncua.ua import uaerrors
from field_listener import Listener
from field_ua import URI, UaServer
from structlog.testing import capture_logs

from edgetwin.core import status
from edgetwin.field import refusals
from edgetwin.field.opcua import ranges as opcua_ranges

if TYPE_CHECKING:
    from asyncua.common.node import Node

SPEED = f"Objects/nsu={URI};Line1/Motor/Speed"
POSITION = struct.pack("<dd", 1.5, -2.5)


@pytest.fixture(scope="module")
def line() -> Iterator[UaServer]:
    """Give a server with folders, and arrays and structures in them."""
    server = UaServer(level=1.5, curve=[10.0, 11.0, 12.0], long=[float(n) for n in range(200)])
    yield server
    server.end()


async def folders(server: Server, uri: str = URI) -> "Node":
    """Make Line1/Motor with a speed, unless it is there."""
    space = await server.get_namespace_index(uri)
    objects = server.nodes.objects
    try:
        return await objects.get_child([f"{space}:Line1", f"{space}:Motor"])
    except uaerrors.BadNoMatch:
        line1 = await objects.add_folder(space, "Line1")
        motor = await line1.add_object(space, "Motor")
        await motor.add_variable(space, "Speed", 1480.0)
        await motor.add_variable(space, "In/Out & more", 5.0)
        await motor.add_variable(ua.NodeId(ua.String("twin1"), ua.Int16(space)), f"{space}:Twin", 1.0)
        await motor.add_variable(ua.NodeId(ua.String("twin2"), ua.Int16(space)), f"{space}:Twin", 2.0)
        return motor


async def structures(server: Server) -> None:
    """Make nodes that hold a pose: a position, an enumeration, an optional number and an array in one structure."""
    space = await server.get_namespace_index(URI)
    if ua.NodeId(ua.String("pose"), ua.Int16(space)) in server.iserver.aspace:
        return
    double = ua.VariantType.Double
    position, _ = await new_struct(
        server, space, "Position", [new_struct_field("X", double), new_struct_field("Y", double)]
    )
    gripper = await new_enum(server, space, "Gripper", ["open", "closed"])
    fields = [
        new_struct_field("Position", position),
        new_struct_field("Gripper", gripper),
        new_struct_field("Load", double, optional=True),
        new_struct_field("Name", ua.VariantType.String),
        new_struct_field("Joints", ua.VariantType.Int16, array=True),
        new_struct_field("Way", position, array=True),
    ]
    pose, (encoding,) = await new_struct(server, space, "Pose", fields)
    values = {"pose": bytes_of_pose(), "broken": bytes_of_pose()[:20], "any": bytes_of_pose(load=0.5)}
    for name, value in values.items():
        body = ua.ExtensionObject(encoding.nodeid, cast("ua.ByteString", value))
        node = ua.NodeId(ua.String(name), ua.Int16(space))
        await server.nodes.objects.add_variable(
            node,
            name,
            ua.Variant(body, ua.VariantType.ExtensionObject),
            datatype=server.nodes.base_structure_type.nodeid if name == "any" else pose.nodeid,
        )


def bytes_of_pose(load: float | None = None) -> bytes:
    """Write a pose as it goes over the wire."""
    head = struct.pack("<I", 0 if load is None else 1) + POSITION + struct.pack("<i", 1)
    optional = b"" if load is None else struct.pack("<d", load)
    joints = struct.pack("<i3h", 3, 7, 8, 9)
    way = struct.pack("<i", 2) + struct.pack("<dddd", 0.5, 0.25, 3.5, 3.25)
    return head + optional + struct.pack("<i", 3) + b"arm" + joints + way


def pick(node: str, **part: Any) -> dict[str, Any]:  # noqa: ANN401 - any key of a signal
    """Write a signal that takes a part of a node."""
    return {"node": f"nsu={URI};s={node}", **part}


async def test_a_path_leads_to_its_node(line: UaServer) -> None:
    await line.arrange(folders)
    nodes = {"speed": {"path": SPEED}, "odd": {"path": f"Objects/nsu={URI};Line1/Motor/In&/Out && more"}}
    async with Listener(line, nodes=nodes).open() as listener:
        heard = listener.values(await listener.frame())
    assert heard == {"speed": (1480.0, status.GOOD), "odd": (5.0, status.GOOD)}


async def test_a_path_that_leads_nowhere_or_to_several_nodes_is_refused_with_what_to_do(
    line: UaServer,
) -> None:
    await line.arrange(folders)
    nodes = {
        "gone": {"path": f"Objects/nsu={URI};Line1/Pump/Speed"},
        "space": {"path": "Objects/nsu=urn:nobody;Line1"},
        "twins": {"path": f"Objects/nsu={URI};Line1/Motor/Twin"},
    }
    with capture_logs() as lines:
        async with Listener(line, "level", nodes=nodes).open() as listener:
            heard = listener.values(await listener.frame())
            assert await listener.hears("level") == (1.5, status.GOOD)
    assert {name: code for name, (_, code) in heard.items()} == {
        "gone": status.BAD_NO_MATCH,
        "space": status.BAD_NO_MATCH,
        "twins": status.BAD_TOO_MANY_MATCHES,
    }
    hints = {log["signal"]: log["hint"] for log in lines if log["event"] == "signal refused"}
    assert "is `path` right" in hints["ua.gone"]
    assert "more than one node" in hints["ua.twins"]


async def test_a_path_is_looked_up_again_when_it_comes_to_be(
    line: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "LONGEST_RETRY_S", 0.02)
    nodes = {"late": {"path": "Objects/Late"}}
    async with Listener(line, "level", nodes=nodes).open() as listener:
        assert (await listener.hears("late"))[1] == status.BAD_NO_MATCH
        await line.add("urn:edgetwin:later", "Late", 4.0)
        for n in range(1000):
            await line.write("level", float(n))
            if await listener.hears("late") == (4.0, status.GOOD):
                break
    await line.write("level", 1.5)


async def test_other_namespaces_after_a_restart_change_nothing_for_a_path(line: UaServer) -> None:
    await line.arrange(folders)
    listener = Listener(line, nodes={"speed": {"path": SPEED}})
    async with listener.open():
        assert await listener.hears("speed") == (1480.0, status.GOOD)
    await line.stop()
    other = UaServer(line.port, others=["urn:one:more", "urn:and:another"], level=0.0)
    try:
        motor = await other.arrange(folders)
        assert motor.nodeid.NamespaceIndex == 4
        async with listener.open():
            assert await listener.hears("speed") == (1480.0, status.GOOD)
    finally:
        other.end()
        await line.start()


async def test_elements_of_an_array_are_signals_and_share_one_item(line: UaServer) -> None:
    nodes = {
        "first": pick("curve", element=0),
        "last": pick("curve", element=2),
        "none": pick("curve", element=3),
    }
    with capture_logs() as lines:
        async with Listener(line, "level", nodes=nodes).open() as listener:
            heard = listener.values(await listener.frame())
            assert len(listener.subscription._places) == 2
            await line.write("curve", [1.0, 2.0, 3.0])
            again = listener.values(await listener.frame())
    assert (heard["first"], heard["last"]) == ((10.0, status.GOOD), (12.0, status.GOOD))
    assert heard["none"][1] == status.BAD_INDEX_RANGE_NO_DATA
    assert (again["first"][0], again["last"][0]) == (1.0, 3.0)
    (refused,) = [log for log in lines if log["event"] == "signal refused"]
    assert refused["signal"] == "ua.none"
    assert "counts from 0" in refused["hint"]
    await line.write("curve", [10.0, 11.0, 12.0])


async def test_a_server_that_knows_no_index_ranges_is_not_believed_to(
    line: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = {"deep": pick("long", element=150)}
    async with Listener(line, nodes=nodes).open() as listener:
        assert await listener.hears("deep") == (150.0, status.GOOD)
    monkeypatch.setattr(opcua_ranges, "_proven", lambda *_: True)  # take the guard away
    async with Listener(line, nodes=nodes).open() as listener:
        assert await listener.hears("deep") == (0.0, status.GOOD)


async def test_fields_of_a_structure_are_signals_and_share_one_item(line: UaServer) -> None:
    await line.arrange(structures)
    nodes = {
        "x": pick("pose", field="Position.X"),
        "y": pick("pose", field="Position.Y"),
        "gripper": pick("pose", field="Gripper", names={"0": "open", "1": "closed"}),
        "name": pick("pose", field="Name", text=True),
        "joint": pick("pose", field="Joints", element=1),
        "way": pick("pose", field="Way.Y", element=1),
        "load": pick("pose", field="Load"),
        "unheard": pick("pose", field="Position.Z"),
        "broken": pick("broken", field="Name", text=True),
    }
    async with Listener(line, nodes=nodes).open() as listener:
        frame = await listener.frame()
        assert len(listener.subscription._places) == 2
    heard = listener.values(frame)
    assert {name: heard[name][0] for name in ("x", "y", "gripper", "joint", "way")} == {
        "x": 1.5,
        "y": -2.5,
        "gripper": 1.0,
        "joint": 8.0,
        "way": 3.25,
    }
    texts = dict(zip(frame.ids.tolist(), frame.texts, strict=True))
    assert texts[3] == "arm"
    codes = {name: code for name, (_, code) in heard.items() if code}
    assert codes == {
        "load": status.BAD_NO_MATCH,  # not sent this time
        "unheard": status.BAD_NO_MATCH,
        "broken": status.BAD_DATA_TYPE_UNKNOWN,  # half of the bytes
    }


async def test_a_node_that_may_hold_any_structure_is_read_by_the_one_it_holds(line: UaServer) -> None:
    await line.arrange(structures)
    async with Listener(line, nodes={"load": pick("any", field="Load")}).open() as listener:
        assert await listener.hears("load") == (0.5, status.GOOD)


async def test_what_holds_no_number_says_how_to_read_it(ua_server: UaServer) -> None:
    with capture_logs() as lines:
        async with Listener(ua_server, "recipe").open() as listener:
            value, code = await listener.hears("recipe")
    assert np.isnan(value)
    assert code == status.BAD_TYPE_MISMATCH
    assert "`text = true`" in lines[0]["hint"]
