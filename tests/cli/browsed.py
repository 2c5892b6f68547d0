"""An OPC UA server with a line of machines in it, for the verbs that look at servers; and ports that are none."""

import asyncio
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from asyncua import ua
from asyncua.common.structures104 import new_enum
from asyncua.server.server import Server
from asyncua.ua.object_ids import ObjectIds
from field_ua import UaServer

if TYPE_CHECKING:
    from asyncua.common.node import Node

LINE = "urn:vendor:line"
EVIL = "bad\x1b[31m name"


class LineServer(UaServer):
    """A server with Line1/Motor and Line1/Fan. The motor leads back to the line."""

    def __init__(self) -> None:
        super().__init__(others=("urn:first",))
        try:
            asyncio.run(self.arrange(_build))
        except BaseException:
            self.end()
            raise

    @property
    def url(self) -> str:
        """Where it is."""
        return f"opc.tcp://127.0.0.1:{self.port}"


async def _build(server: Server) -> None:
    space = await server.register_namespace(LINE)
    line = await server.nodes.objects.add_folder(space, "Line1")
    motor = await line.add_object(space, "Motor")
    fan = await line.add_object(space, "Fan")

    async def add(name: str, value: Any, above: "Node" = motor, **properties: Any) -> "Node":  # noqa: ANN401 - any value
        node = ua.NodeId(ua.String(f"{above.nodeid.Identifier!s}.{name}"), ua.Int16(space))
        made = await above.add_variable(node, ua.QualifiedName(name, ua.UInt16(space)), value)
        for key, content in properties.items():
            await made.add_property(
                ua.NodeId(ua.String(f"{node.Identifier!s}.{key}"), node.NamespaceIndex),
                ua.QualifiedName(key),
                content,
            )
        return made

    rpm = ua.EUInformation(DisplayName=ua.LocalizedText("rpm"))
    celsius = ua.EUInformation(DisplayName=ua.LocalizedText("°C"))
    await add("Speed", 1480.5, EngineeringUnits=rpm, EURange=ua.Range(0.0, 3000.0))
    await add("Bearing Temp.", 250.0, EngineeringUnits=celsius, EURange=ua.Range(0.0, 100.0))
    await add("Running", value=True)
    await add("Valve", value=False, FalseState=ua.LocalizedText("shut"), TrueState=ua.LocalizedText("open"))
    await add(
        "Phase",
        ua.Variant(1, ua.VariantType.UInt32),
        EnumStrings=[ua.LocalizedText("idle"), ua.LocalizedText("mill; wet")],
    )
    await add("Recipe", "lime")
    await add(EVIL, "x\x07y")
    await add("Zones", [1.0, 2.5, 4.0], EngineeringUnits=celsius)
    await add("Many", list(range(40)))
    await add("Serial", ua.Variant(UUID(int=7), ua.VariantType.Guid))
    await add("Speed", 12.0, fan)
    failed = await add("Broken", 1.0, fan)
    await failed.write_value(ua.DataValue(ua.Variant(1.0), ua.StatusCode(ua.UInt32(0x808C0000))))
    mode = await new_enum(server, space, "Mode", ["off", "hand", "automatic"])
    await fan.add_variable(
        ua.NodeId(ua.String("fan.mode"), ua.Int16(space)),
        f"{space}:Mode",
        ua.Variant(2, ua.VariantType.Int32),
        datatype=mode.nodeid,
    )
    around = await motor.add_folder(space, "Around")
    await around.add_reference(line, cast("Any", ua.NodeId(ua.Int32(ObjectIds.Organizes))))
