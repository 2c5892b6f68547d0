"""`edgetwin scan`: which units a Modbus line has, and which registers they give."""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edgetwin.__main__ import main
from edgetwin.cli.scan_table import spans


class Line:
    """A Modbus TCP gateway with the units 1 and 7. Unit 1 has holding registers 100 to 139 and no other area."""

    def __init__(self) -> None:
        self.port = 0
        self.requests = 0
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        """Listen."""
        bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        few = [SimData(100, values=[7] * 40, datatype=DataType.REGISTERS)]
        one = SimDevice(1, simdata=(bits, bits, few, few), action=self._count)
        two = SimDevice(7, simdata=(bits, bits, few, few), action=self._count)
        start = [SimData(0, values=[0] * 10, datatype=DataType.REGISTERS)]
        others = SimDevice(0, simdata=(bits, bits, start, start), action=self._nobody)
        self._server = ModbusTcpServer([one, two, others], address=("127.0.0.1", 0))
        await self._server.serve_forever(background=True)
        self.port = self._server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Listen no more."""
        assert self._server is not None
        await self._server.shutdown()  # type: ignore[no-untyped-call] # pymodbus left it so

    async def _count(self, *_: object) -> None:
        self.requests += 1

    async def _nobody(self, *_: object) -> ExcCodes:
        return ExcCodes.GATEWAY_NO_RESPONSE


@pytest.fixture
async def bus() -> AsyncIterator[Line]:
    line = Line()
    await line.start()
    yield line
    await line.stop()


async def scan(bus: Line, *options: str) -> int:
    address = f"modbus-tcp://127.0.0.1:{bus.port}"
    return await asyncio.to_thread(main, ["scan", address, "--pause", "1 us", "--timeout", "5 s", *options])


async def test_units_and_their_blocks_are_found(bus: Line, capsys: pytest.CaptureFixture[str]) -> None:
    assert await scan(bus, "--units", "1,3,7", "--areas", "hr,di", "--json") == 0
    one, three, seven = json.loads(capsys.readouterr().out)["units"]
    assert (
        one["blocks"]
        == seven["blocks"]
        == [
            {"area": "di", "first": 0, "count": 16},
            {"area": "hr", "first": 100, "count": 40},
        ]
    )
    assert (one["there"], three["there"]) == (True, False)
    assert "target does not respond" in three["note"]


async def test_the_page_ends_with_lines_to_paste(bus: Line, capsys: pytest.CaptureFixture[str]) -> None:
    assert await scan(bus, "--units", "1,3", "--areas", "hr") == 0
    page = capsys.readouterr().out
    assert "hr:100 to hr:139   40 holding registers, from 40101" in page
    assert "no answer from unit 3" in page
    pasted = tomllib.loads(page.partition("to paste:")[2])
    assert pasted["device"]["unit1"]["signals"] == {"first": {"at": "hr:100"}}


async def test_a_unit_is_asked_no_more_often_than_it_may(
    bus: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await scan(bus, "--units", "1", "--budget", "25") == 0
    assert bus.requests <= 25
    assert "--budget is 25 requests" in capsys.readouterr().out


async def test_only_the_units_that_were_named_are_asked(bus: Line) -> None:
    assert await scan(bus, "--units", "3") == 1
    assert bus.requests == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["modbus-tcp://127.0.0.1", "--units", "1-300"], "from 0 to 255"),
        (["modbus-tcp://127.0.0.1", "--units", "7-3"], "begins with the lower"),
        (["modbus-tcp://127.0.0.1", "--units", "one"], "write numbers and spans"),
        (["modbus-tcp://127.0.0.1", "--areas", "hr,xx"], "there is no xx"),
        (["modbus-tcp://127.0.0.1", "--pause", "5"], "--pause: "),
        (["192.168.10.0/24"], "has no protocol in front"),
    ],
)
def test_a_wrong_option_is_told(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", *options]) == 2
    assert said in capsys.readouterr().err


def test_numbers_are_written_in_short() -> None:
    assert spans([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"
