"""A real Modbus PLC on loopback for the tests of the field."""

import struct
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Self, cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

if TYPE_CHECKING:
    import asyncio


class Plc:
    """A Modbus PLC. `holes` are registers that do not exist; `refuse` maps a register to an exception code."""

    def __init__(self, registers: Sequence[int], holes: Sequence[int] = (), unit: int = 1) -> None:
        self.port = 0
        self.refuse: dict[int, ExcCodes] = {}
        self.requests: list[tuple[int, int]] = []
        self.on_request: Callable[[], Coroutine[None, None, None]] | None = None
        self._registers = list(registers)
        self._holes = set(holes)
        self._unit = unit
        self._server: ModbusTcpServer | None = None

    async def start(self) -> Self:
        """Listen; again on the same port, if it did before."""
        bits = [SimData(0, values=[True, False] * 16, datatype=DataType.BITS)]
        words = [
            SimData(address, values=[value], datatype=DataType.REGISTERS)
            for address, value in enumerate(self._registers)
            if address not in self._holes
        ]
        device = SimDevice(self._unit, simdata=(bits, bits, words, words), action=self._answer)
        self._server = ModbusTcpServer(device, address=("127.0.0.1", self.port))
        await self._server.serve_forever(background=True)
        listener = cast("asyncio.Server", self._server.transport)
        self.port = listener.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Drop all connections and listen no more."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call] # pymodbus left it untyped
            self._server = None

    async def set(self, address: int, values: Sequence[int]) -> None:
        """Write holding registers."""
        assert self._server is not None
        await self._server.async_setValues(self._unit, 16, address, list(values))

    async def _answer(
        self, _function: int, _start: int, address: int, count: int, _now: list[int], _new: object
    ) -> ExcCodes | None:
        self.requests.append((address, count))
        if self.on_request is not None:
            await self.on_request()
        for register, code in self.refuse.items():
            if address <= register < address + count:
                return code
        return None


def floats(*values: float) -> list[int]:
    """Put numbers into registers as float32, high word first."""
    return list(struct.unpack(f">{2 * len(values)}H", struct.pack(f">{len(values)}f", *values)))
