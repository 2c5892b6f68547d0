"""A real Modbus PLC whose two temperatures are alive: noise at every reading, until one of them is told to stick."""

import asyncio
import random
import struct
from typing import Self

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

WORDS = 2  # of a float32
SIGMA = 0.2
LEVELS = {"bearing": 60.0, "oil": 45.0}


class NoisyPlc:
    """Holding registers 0 and 2 are the temperatures `bearing` and `oil`. It keeps its port over stop and start."""

    def __init__(self) -> None:
        self.port = 0
        self.silent = False  # it takes connections and requests, and answers nothing
        self.requests = 0
        self.stuck: dict[str, float] = {}
        self._noise = random.Random(1)  # noqa: S311 - noise, no secret
        self._server: ModbusTcpServer | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the port it had before if it had one."""
        bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        words = [SimData(0, count=WORDS * len(LEVELS), values=0, datatype=DataType.REGISTERS)]
        device = SimDevice(1, simdata=(bits, bits, words, words), action=self._answer)
        self._server = ModbusTcpServer(device, address=("127.0.0.1", self.port))
        await self._server.serve_forever(background=True)
        self.port = self._server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call] # pymodbus left it so
            self._server = None

    def stick(self, name: str, value: float) -> None:
        """Let a temperature repeat one value from now on."""
        self.stuck[name] = value

    async def _answer(
        self, _function: int, _start: int, _address: int, _count: int, now: list[int], _new: object
    ) -> ExcCodes | None:
        self.requests += 1
        if self.silent:
            await asyncio.sleep(3600)
        values = [self.stuck.get(name, self._noise.gauss(level, SIGMA)) for name, level in LEVELS.items()]
        now[:] = struct.unpack(f">{WORDS * len(values)}H", struct.pack(f">{len(values)}f", *values))
        return None

    def tables(self, name: str = "plc1", every: str = "20 ms") -> str:
        """Give the part of a configuration that reads it."""
        return f"""
            [device.{name}]
            connect = "modbus-tcp://127.0.0.1:{self.port}"
            every = "{every}"
            timeout = "500 ms"
            [device.{name}.signals]
            bearing = {{ at = "hr:0", type = "float32", unit = "degC", range = [0, 150] }}
            oil = {{ at = "hr:2", type = "float32", unit = "degC" }}
        """
