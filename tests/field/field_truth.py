"""Registers that tell on whoever mixes them up: each value holds its unit, its table, its address and when it was read.

Every reading of the PLC has a number, one more than the last. A value that was read before it was asked for (an answer
to another request that came late, or twice), that stood at another address or in another unit, or half of which is
from another reading, is found out by `Truth.is_true`.
"""

import struct

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edgetwin.config.registers import Area

UNITS = (1, 2)
TABLES: tuple[tuple[Area, int], ...] = (("hr", 3), ("ir", 4))  # each with its function code
REGISTERS = 200
_STRIDE = 40_503  # odd, so each of 65,536 readings in a row gives each register another value


def value(unit: int, function: int, address: int, reading: int) -> int:
    """Give what a register holds in one reading."""
    return (reading * _STRIDE + address * 977 + function * 7919 + unit * 104_729) & 0xFFFF


class Truth:
    """A PLC with two units. It counts its readings, and can say whether an answer is a true one."""

    def __init__(self) -> None:
        self.readings = 0
        self._server: ModbusTcpServer | ModbusSerialServer | None = None

    async def listen(self, framer: FramerType) -> int:
        """Serve on a free port, and give it."""
        server = ModbusTcpServer(self._units(), framer=framer, address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        self._server = server
        port: int = server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        return port

    async def attend(self, port: str) -> None:
        """Serve on a serial port."""
        self._server = ModbusSerialServer(self._units(), framer=FramerType.RTU, port=port, baudrate=115_200)
        await self._server.serve_forever(background=True)

    async def stop(self) -> None:
        """Serve no more."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call] # pymodbus left it so

    def is_true(self, unit: int, function: int, address: int, data: bytes, asked_after: int) -> bool:
        """Tell whether these registers were read together, there, and after reading number `asked_after`."""
        got = struct.unpack(f">{len(data) // 2}H", data)
        for reading in range(asked_after + 1, self.readings + 1):
            if got[0] == value(unit, function, address, reading):
                return got == tuple(
                    value(unit, function, place, reading) for place in range(address, address + len(got))
                )
        return False

    def _units(self) -> list[SimDevice]:
        return [self._unit(unit) for unit in UNITS]

    def _unit(self, unit: int) -> SimDevice:
        async def read(
            function: int, start: int, address: int, count: int, now: list[int], _new: object
        ) -> ExcCodes | None:
            self.readings += 1
            first = address - start
            now[first : first + count] = [
                value(unit, function, place, self.readings) for place in range(address, address + count)
            ]
            return None

        bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        words = [SimData(0, count=REGISTERS, values=0, datatype=DataType.REGISTERS)]
        return SimDevice(unit, simdata=(bits, bits, words, words), action=read)
