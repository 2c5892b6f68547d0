"""The PLC of the feed station: a real OPC UA server whose nodes hold what the plant's instruments show.

A value that an instrument does not give has the status BadSensorFailure. A reboot closes the port and every
session; the same port answers again when it is over.
"""

import logging
from collections.abc import Mapping
from datetime import UTC
from math import isnan

from asyncua import ua
from asyncua.server.server import Server

from edgetwin.core.status import BAD_SENSOR_FAILURE
from edgetwin.plant.points import FEED, HOST, NAMESPACE, NODE_POINTS, NodePoint
from edgetwin.plant.process import Value


class FeedPlc:
    """One OPC UA server on loopback. Port 0: any free one, and the same again after a reboot."""

    device = FEED

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.serving = False
        self._server: Server | None = None
        self._nodes: dict[str, ua.NodeId] = {}
        # The library warns that this server has no certificates, which for a toy on loopback is meant so.
        logging.getLogger("asyncua.server").setLevel(logging.ERROR)

    async def start(self) -> None:
        """Listen. Raises OSError when the port cannot be had."""
        if self._server is None:
            self._server = await self._make()
        self._server.set_endpoint(f"opc.tcp://{HOST}:{self.port}")
        await self._server.start()
        if self._server.bserver is None:
            raise OSError(f"cannot listen on {HOST}:{self.port}")
        self.port = self._server.bserver.port
        self.serving = True

    async def stop(self) -> None:
        """Close the port and every session."""
        if self._server is not None and self.serving:
            self.serving = False
            await self._server.stop()

    async def show(self, readings: Mapping[str, Value]) -> None:
        """Put readings into the nodes, stamped with the clock of this PLC."""
        if self._server is None or not self.serving:
            return
        now = ua.DateTime.now(UTC)
        for point in NODE_POINTS:
            await self._server.write_attribute_value(
                self._nodes[point.name], _stamped(point, readings[point.name], now)
            )

    async def _make(self) -> Server:
        server = Server()
        await server.init()
        # Its own clock task would hold up every stop for a second, and no client of ours asks it for the time.
        server.disable_clock(val=True)
        server.set_server_name("edgetwin plant, feed station")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        index = await server.register_namespace(NAMESPACE)
        now = ua.DateTime.now(UTC)
        for point in NODE_POINTS:
            empty = _stamped(point, "" if point.type == "String" else 0, now)
            node = await server.nodes.objects.add_variable(
                ua.NodeId(ua.String(point.node), ua.Int16(index)), point.node, empty.Value
            )
            self._nodes[point.name] = node.nodeid
        return server


def _stamped(point: NodePoint, value: Value, now: ua.DateTime) -> ua.DataValue:
    """Give a value as the server holds it: with its type, its status and its time."""
    kind = ua.VariantType[point.type]
    if isinstance(value, float) and isnan(value):
        return ua.DataValue(
            ua.Variant(value, kind),
            StatusCode=ua.StatusCode(ua.UInt32(BAD_SENSOR_FAILURE)),
            SourceTimestamp=now,
        )
    typed = {"Double": float, "Boolean": bool, "String": str}[point.type](value)
    return ua.DataValue(ua.Variant(typed, kind), SourceTimestamp=now)
