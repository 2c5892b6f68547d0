"""`edgetwin check --live`: every signal as it comes out now, and what to do about what is wrong."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from ports import port_that
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edgetwin import build
from edgetwin.__main__ import main
from edgetwin.cli.check_live import LiveDevice, LiveSignal, all_well, lines, look
from edgetwin.daemon import system_clock


def floats(*values: float) -> list[int]:
    return list(struct.unpack(f">{2 * len(values)}H", struct.pack(f">{len(values)}f", *values)))


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Give a PLC: float32 61.25 and NaN, then uint16 1 and 65535. It has nothing else."""
    words = [SimData(0, values=[*floats(61.25, float("nan")), 1, 65_535], datatype=DataType.REGISTERS)]
    bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    server = ModbusTcpServer(SimDevice(1, simdata=(bits, bits, words, words)), address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    yield server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    await server.shutdown()  # type: ignore[no-untyped-call] # pymodbus left it so


def written(folder: Path, *tables: str) -> Path:
    path = folder / "gateway.toml"
    path.write_text("\n".join(tables))
    return path


def plc(port: int, signals: str, name: str = "plc1", settings: str = "") -> str:
    connect = f'connect = "modbus-tcp://127.0.0.1:{port}"'
    return f"[device.{name}]\n{connect}\n{settings}\n[device.{name}.signals]\n{signals}\n"


async def looked(path: Path, wait_s: float = 5.0) -> tuple[LiveDevice, ...]:
    parts = build.from_file(path, system_clock)
    return await asyncio.to_thread(look, parts, system_clock, wait_s)


def by_name(device: LiveDevice) -> dict[str, LiveSignal]:
    return {signal.name: signal for signal in device.signals}


async def test_each_signal_is_read_once_and_judged(tmp_path: Path, port: int) -> None:
    path = written(
        tmp_path,
        plc(
            port,
            """
            temp = { at = "hr:0", type = "float32", unit = "degC", range = [0, 150] }
            mode = { at = "hr:4", names = { 1 = "running" } }
            """,
        ),
    )
    (device,) = await looked(path)
    assert all_well((device,))
    signals = by_name(device)
    assert (signals["temp"].value, signals["temp"].unit, signals["temp"].quality) == (61.25, "degC", "good")
    assert signals["mode"].value == "running"
    assert signals["temp"].age_s is not None
    assert device.answered_s is not None


async def test_what_is_wrong_comes_with_what_to_do(tmp_path: Path, port: int) -> None:
    path = written(
        tmp_path,
        plc(
            port,
            """
            swapped = { at = "hr:0", type = "float32", word_order = "low-first", range = [0, 150] }
            broken = { at = "hr:2", type = "float32" }
            missing = { at = "hr:100" }
            nothing = { at = "hr:5", range = [0, 1000] }
            unnamed = { at = "hr:4", names = { 0 = "off" } }
            """,
        ),
    )
    (device,) = await looked(path)
    signals = by_name(device)
    assert not all_well((device,))
    assert "word_order" in signals["swapped"].advice
    assert "is the sensor connected" in signals["broken"].advice
    assert "no such register" in signals["missing"].advice
    assert "65535 is what many devices send for no value" in signals["nothing"].advice
    assert "has no name" in signals["unnamed"].advice
    assert {name for name, each in signals.items() if each.quality != "bad"} == {"swapped", "unnamed"}


async def test_a_device_that_is_away_is_told_once_and_the_others_are_read(
    tmp_path: Path, port: int, closed: int
) -> None:
    path = written(tmp_path, plc(port, 'mode = { at = "hr:4" }'), plc(closed, 'x = { at = "hr:0" }', "plc2"))
    there, away = await looked(path)
    assert there.up
    assert not away.up
    assert "refused" in away.reason
    assert "is the port right" in away.hint
    page = "\n".join(lines((there, away)))
    assert page.count("refused") == 1
    assert page.endswith("2 signals: 1 good, 0 uncertain, 1 bad; 1 of 2 devices down")


async def test_a_device_that_says_nothing_does_not_hold_it_up(tmp_path: Path, silent: int) -> None:
    table = plc(silent, 'x = { at = "hr:0" }').replace(
        "[device.plc1.signals]", 'timeout = "60 s"\n[device.plc1.signals]'
    )
    (device,) = await looked(written(tmp_path, table), wait_s=0.3)
    assert not device.up
    assert device.reason


async def test_who_answered_at_once_is_not_stale_because_another_did_not(
    tmp_path: Path, port: int, silent: int
) -> None:
    quick = plc(port, 'a = { at = "hr:0", type = "float32" }', settings='every = "100 ms"')
    mute = plc(silent, 'x = { at = "hr:0" }', "plc2", 'timeout = "60 s"')
    there, away = await looked(written(tmp_path, quick, mute), wait_s=1.0)
    assert by_name(there)["a"].quality == "good"
    assert by_name(there)["a"].reasons == ()
    assert not away.up


async def test_what_never_had_a_value_has_no_age(tmp_path: Path, port: int) -> None:
    (device,) = await looked(written(tmp_path, plc(port, 'missing = { at = "hr:100" }')))
    assert by_name(device)["missing"].age_s is None
    assert "bad device: BadDeviceFailure (Modbus exception 2: illegal data address)" in "\n".join(
        lines((device,))
    )


async def test_a_slow_unit_on_a_shared_line_is_read_too(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(12):
            answer = head[:4] + b"\0\5" + head[6:7] + b"\3\2\0\7"  # unit 2 takes its time
            if head[6] == 2:
                asyncio.get_running_loop().call_later(0.3, writer.write, answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    place = server.sockets[0].getsockname()[1]
    dead = plc(place, 'a = { at = "hr:0" }', settings='every = "300 ms"')
    slow = plc(place, 'b = { at = "hr:0" }', "plc2", 'unit = 2\nevery = "5 s"\ntimeout = "1 s"')
    away, there = await looked(written(tmp_path, dead, slow), wait_s=20.0)
    server.close()
    assert not away.up
    assert there.reason == ""
    assert by_name(there)["b"].value == 7


@pytest.fixture
async def closed() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.fixture
def silent() -> Iterator[int]:
    with port_that(None) as port:
        yield port


async def test_the_verb_tells_people_and_programs(
    tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, plc(port, 'mode = { at = "hr:4" }\nmissing = { at = "hr:100" }'))
    assert await asyncio.to_thread(main, ["check", str(path), "--live"]) == 1
    page = capsys.readouterr().out
    assert "-> the device has no such register" in page
    assert "2 signals: 1 good, 0 uncertain, 1 bad" in page
    assert await asyncio.to_thread(main, ["check", str(path), "--live", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert [signal["quality"] for signal in told["live"][0]["signals"]] == ["good", "bad"]


async def test_all_well_is_exit_code_0(tmp_path: Path, port: int) -> None:
    path = written(tmp_path, plc(port, 'mode = { at = "hr:4" }'))
    assert await asyncio.to_thread(main, ["check", str(path), "--live", "--wait", "20 s"]) == 0
