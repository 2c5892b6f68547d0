"""Serial ports: what a technician is told when one cannot be used, and an adapter that is pulled out."""

import asyncio
import errno
import termios
import time
from pathlib import Path

import pytest
import serial
from field_reader import Reader
from field_spoiler import Pty
from field_units import Units

from edgetwin.config.modbus_line import Line, Parity, SerialPort, line
from edgetwin.field.driver import DeviceDown
from edgetwin.field.modbus.bus import Bus
from edgetwin.field.modbus.link import ModbusLink
from edgetwin.field.modbus.serial_port import unusable_port

PORT = SerialPort("/dev/ttyUSB7", baud=76_800, parity="odd")


async def failure(path: str, parity: Parity = "none") -> DeviceDown:
    """Say why a port cannot be opened."""
    link = ModbusLink(Bus(Line(SerialPort(path, parity=parity), "rtu")), 1, 0.1)
    with pytest.raises(DeviceDown) as down:
        await link.open()
    return down.value


async def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    down = await failure(f"{tmp_path}/ttyUSB0")
    assert down.reason == f"there is no serial port {tmp_path}/ttyUSB0"
    assert "plugged in" in down.hint


async def test_what_is_no_serial_port(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").write_text("")
    for path in (f"{tmp_path}/ttyUSB0", str(tmp_path), "/dev/null"):
        assert (await failure(path)).reason == f"{path} is not a serial port"


async def test_a_port_that_would_do_without_the_parity_is_refused() -> None:
    port = Pty()  # its kernel driver takes the wish the first time, and forgets it
    try:
        for _ in range(2):
            down = await failure(port.port, "even")
            assert down.reason == f"{port.port} cannot do 19200 baud with parity even"
    finally:
        port.close()


async def test_a_port_that_another_program_has() -> None:
    async with Units({1}, "modbus-rtu") as units:
        path = units.where.removeprefix("modbus-rtu://").partition("?")[0]
        with serial.Serial(path, exclusive=True):
            down = await failure(path)
    assert down.reason == f"{path} is in use by another program"
    assert "fuser" in down.hint


@pytest.mark.parametrize(
    ("error", "reason", "hint"),
    [
        (serial.SerialException(errno.EACCES, "no"), "no permission to use /dev/ttyUSB7", "dialout"),
        (serial.SerialException(errno.EBUSY, "no"), "/dev/ttyUSB7 is in use by another program", "fuser"),
        (ValueError("no"), "/dev/ttyUSB7 cannot do 76800 baud with parity odd", "every speed"),
        (
            termios.error(errno.EINVAL, "no"),
            "/dev/ttyUSB7 cannot do 76800 baud with parity odd",
            "every speed",
        ),
        (OSError(errno.EIO, "Input/output error"), "cannot open /dev/ttyUSB7: Input/output error", ""),
    ],
)
def test_the_reason_is_told_in_plain_words(error: Exception, reason: str, hint: str) -> None:
    down = unusable_port(PORT, error)
    assert down.reason == reason
    assert hint in down.hint


async def test_an_adapter_that_is_pulled_out_is_noticed_at_once_and_found_again() -> None:
    async with Units({1}, "modbus-rtu") as units:
        settings = {"connect": units.where, "every": "5 s", "timeout": "100 ms"}
        async with Reader(0, {"it": {"at": "hr:0"}}, **settings).open() as reader:
            await reader.next()
            units.unplug()
            began = time.monotonic()
            with pytest.raises(DeviceDown, match="the serial port is gone"):
                await reader.next()
            assert time.monotonic() - began < 2.0  # and not at the next poll


@pytest.mark.parametrize(
    ("kind", "reason", "asked"),
    [
        (
            "modbus-rtu",
            "the port is open, and no answer",
            "are baud, parity and stop bits those of the device",
        ),
        ("modbus-tcp", "connected, and no answer", "is it busy with another client"),
    ],
)
async def test_a_silent_unit_is_looked_for_where_its_kind_of_line_fails(
    kind: str, reason: str, asked: str
) -> None:
    async with Units({1}, kind) as units:
        link = ModbusLink(Bus(line(units.where)), 9, 0.1)
        await link.open()
        with pytest.raises(DeviceDown, match=reason) as down:
            await link.read("hr", 0, 1)
        await link.close()
    assert asked in down.value.hint
    assert "is `unit = 9` right" in down.value.hint


async def test_a_line_on_which_somebody_else_talks_is_told() -> None:
    async with Units({1}, "modbus-rtu") as units:
        link = ModbusLink(Bus(line(units.where)), 1, 0.05)
        await link.open()
        chatter = asyncio.create_task(units.chatter(0.01))
        with pytest.raises(DeviceDown, match="is never quiet"):
            await link.read("hr", 0, 1)
        chatter.cancel()
        await asyncio.gather(chatter, return_exceptions=True)
        await link.close()
