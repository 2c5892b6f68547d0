"""The PLC of the mill: a real Modbus TCP server whose registers hold what the plant's instruments show.

Floats are high word first. A float without a value is NaN; an int16 has no NaN, so it shows -32768, as many
transmitters do. A reboot closes the port and every connection; the same port answers again when it is over.
"""

import logging
import struct
from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING

from edgetwin.plant.extra import ExtraMissing
from edgetwin.plant.points import HOST, MILL, MODBUS_POINTS, ModbusPoint
from edgetwin.plant.process import Value

if TYPE_CHECKING:  # the package is an extra
    from pymodbus.server import ModbusTcpServer

UNIT = 1
NO_VALUE_INT16 = -32768

# A function code names the table that is written.
_READ_DISCRETE_INPUTS = 2
_READ_HOLDING_REGISTERS = 3
_REGISTERS = 16  # how many the PLC has; those without a point read as zero


def words(point: ModbusPoint, value: Value) -> list[int]:
    """Give the registers that hold a value."""
    if point.type == "float32":
        return list(struct.unpack(">HH", struct.pack(">f", value)))
    number = float(value)
    raw = NO_VALUE_INT16 if isnan(number) else round(number / point.scale)
    return [raw & 0xFFFF]


class MillPlc:
    """One unit behind Modbus TCP on loopback. Port 0: any free one, and the same again after a reboot."""

    device = MILL

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._server: ModbusTcpServer | None = None
        # The library reports every broken connection with a trace; a plant that reboots breaks many.
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

    @property
    def serving(self) -> bool:
        """Whether it answers now."""
        return self._server is not None

    async def start(self) -> None:
        """Listen. Raises OSError when the port cannot be had."""
        server = _server(self.port)
        try:
            await server.serve_forever(background=True)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {HOST}:{self.port}") from error
        self._server = server
        self.port = server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            server, self._server = self._server, None
            await server.shutdown()  # type: ignore[no-untyped-call]

    async def show(self, readings: Mapping[str, Value]) -> None:
        """Put readings into the registers."""
        if self._server is None:
            return
        memory = self._server.context
        for point in MODBUS_POINTS:
            value = readings[point.name]
            if point.type == "bool":
                await memory.async_setValues(UNIT, _READ_DISCRETE_INPUTS, point.address, [bool(value)])
            else:
                await memory.async_setValues(
                    UNIT, _READ_HOLDING_REGISTERS, point.address, words(point, value)
                )


def _server(port: int) -> "ModbusTcpServer":
    """Make a server for one unit with four tables: coils, discrete inputs, holding registers, input registers."""
    try:
        from pymodbus.server import ModbusTcpServer  # noqa: PLC0415 - see above
        from pymodbus.simulator import DataType, SimData, SimDevice  # noqa: PLC0415 - see above
    except ImportError as error:
        raise ExtraMissing("what the PLCs of the simulated plant speak Modbus with") from error
    bits = SimData(0, values=[False] * 16, datatype=DataType.BITS)
    registers = SimData(0, values=[0] * _REGISTERS, datatype=DataType.REGISTERS)
    unit = SimDevice(id=UNIT, simdata=([bits], [bits], [registers], [registers]))
    return ModbusTcpServer(unit, address=(HOST, port))
