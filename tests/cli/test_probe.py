"""`edgetwin probe`: from a place in a device to the line that reads it right."""

import asyncio
import json
import struct
import tomllib
from collections.abc import AsyncIterator

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edgetwin.__main__ import main
from edgetwin.cli.probe_table import text_lines
from edgetwin.config.registers import Register

NAME, PLACE = b"PUMP 4711\0\0\0", Register("hr", 7)


def test_a_text_is_shown_in_both_byte_orders() -> None:
    assert text_lines("name", NAME, PLACE) == [
        'name = { at = "hr:7", type = "string", length = 12 }   # "PUMP 4711"',
        'name = { at = "hr:7", type = "string", length = 12, byte_order = "low-first" }   # "UPPM4 17"',
    ]


@pytest.mark.parametrize(
    "answer",
    [struct.pack(">2f", 61.25, 412.5), struct.pack(">4H", 412, 65_400, 0, 7), b"\0" * 8, b"\xff" * 8],
)
def test_numbers_are_not_taken_for_a_text(answer: bytes) -> None:
    assert text_lines("name", answer, PLACE) == []


class Moving:
    """A PLC whose holding registers 10 and 11 are a float32, low word first, that moves with each request."""

    def __init__(self) -> None:
        self.requests: list[tuple[int, int]] = []
        self.port = 0
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        """Listen."""
        bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        words = [SimData(10, values=[0] * 6, datatype=DataType.REGISTERS)]
        device = SimDevice(1, simdata=(bits, bits, words, words), action=self._answer)
        self._server = ModbusTcpServer(device, address=("127.0.0.1", 0))
        await self._server.serve_forever(background=True)
        self.port = self._server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Listen no more."""
        assert self._server is not None
        await self._server.shutdown()  # type: ignore[no-untyped-call] # pymodbus left it so

    async def _answer(
        self, _function: int, _start: int, address: int, count: int, now: list[int], _new: object
    ) -> None:
        self.requests.append((address, count))
        level = 61.3 + 0.07 * (len(self.requests) % 5)
        high, low = struct.unpack(">2H", struct.pack(">f", level))
        now[:4] = [low, high, 412, 65_400]


@pytest.fixture
async def plc() -> AsyncIterator[Moving]:
    plc = Moving()
    await plc.start()
    yield plc
    await plc.stop()


async def probe(plc: Moving, *options: str) -> int:
    address = f"modbus-tcp://127.0.0.1:{plc.port}"
    fast = ("--for", "100 ms", "--every", "20 ms", "--timeout", "5 s")
    return await asyncio.to_thread(main, ["probe", address, *fast, *options])


async def test_the_line_to_paste_reads_the_value_right(
    plc: Moving, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await probe(plc, "--at", "40011", "--name", "bearing") == 0
    page = capsys.readouterr().out.splitlines()
    assert page[0].startswith("hr:10 on 127.0.0.1:")
    table = tomllib.loads(page[-1])
    assert table == {"bearing": {"at": "hr:10", "type": "float32", "word_order": "low-first"}}


async def test_a_block_is_shared_out(plc: Moving, capsys: pytest.CaptureFixture[str]) -> None:
    assert await probe(plc, "--at", "hr:10", "--count", "4", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    found = [(each["position"], each["type"]) for each in told["likeliest"]]
    assert found == [(0, "float32"), (2, "uint16"), (3, "int16")]
    assert told["looks"] > 2
    assert len(told["words"][0].split()) == 4


async def test_it_reads_as_far_as_the_device_goes_and_not_further(
    plc: Moving, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await probe(plc, "--at", "hr:15") == 0
    assert "hr:15" in capsys.readouterr().out
    assert plc.requests[-1] == (15, 1)


async def test_registers_that_are_not_there_are_told(plc: Moving, capsys: pytest.CaptureFixture[str]) -> None:
    assert await probe(plc, "--at", "hr:100") == 65
    assert "illegal data address" in capsys.readouterr().err


async def test_it_asks_no_more_often_than_it_may(plc: Moving) -> None:
    assert await probe(plc, "--at", "hr:10", "--for", "90 ms", "--every", "30 ms") == 0
    assert len(plc.requests) <= 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "101"], "could be two registers"),
        (["--at", "10001"], "on or off"),
        (["--at", "hr:0", "--count", "500"], "--count 500"),
        (["--at", "hr:0", "--unit", "300"], "--unit 300"),
        (["--at", "hr:0", "--range", "9", "1"], "lower limit first"),
        (["--at", "hr:0", "--for", "3"], "--for: "),
    ],
)
def test_a_wrong_option_is_told(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "modbus-tcp://127.0.0.1", *options]) == 2
    assert said in capsys.readouterr().err


def test_nobody_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "modbus-rtu:///dev/no-such-port", "--at", "hr:0"]) == 69
    assert "/dev/no-such-port" in capsys.readouterr().err
