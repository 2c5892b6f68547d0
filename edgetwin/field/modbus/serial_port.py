"""How the bytes of a Modbus line travel: through a serial port of this machine. Knows nothing of frames.

The port is ours alone while it is open. It is read by the event loop as a socket is; an adapter that is unplugged is
told at once.
"""

import asyncio
import errno
import os
import termios
from contextlib import suppress

import serial

from edgetwin.config.modbus_line import Parity, SerialPort
from edgetwin.field.driver import DeviceDown
from edgetwin.field.modbus.streams import OnBytes, OnLost, is_readable

_PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class SerialStream:
    """A serial port."""

    def __init__(self, port: SerialPort, on_bytes: OnBytes, on_lost: OnLost) -> None:
        self._settings = port
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self._port: serial.Serial | None = None
        self._fileno = -1

    async def open(self, within_s: float) -> None:  # noqa: ARG002 - a port opens at once or not at all
        """Open the port, or raise DeviceDown with what a technician can do."""
        settings = self._settings
        try:
            port = serial.Serial(
                settings.path,
                settings.baud,
                parity=_PARITIES[settings.parity],
                stopbits=settings.stop_bits,
                timeout=0,
                write_timeout=0,
                exclusive=True,
            )
            parity = _parity_of(port.fileno())
        # A SerialException is an OSError, an error of termios is none.
        except (OSError, ValueError, termios.error) as error:
            raise unusable_port(settings, error) from error
        if parity != settings.parity:
            port.close()
            raise unusable_port(settings, ValueError(parity))
        with suppress(OSError, ValueError):  # an adapter that knows it hands over each byte 15 ms sooner
            port.set_low_latency_mode(True)
        self._port = port
        self._fileno = port.fileno()
        asyncio.get_running_loop().add_reader(self._fileno, self._readable)

    def write(self, data: bytes) -> None:
        """Send. A request is a few bytes; a port that does not take them at once takes none at all."""
        try:
            sent = os.write(self._fileno, data)
        except OSError:
            sent = 0
        if sent < len(data):
            asyncio.get_running_loop().call_soon(self._lose)

    def pending(self) -> bool:
        """Tell whether bytes have come that were not handed over yet."""
        return self._port is not None and is_readable(self._fileno)

    def close(self) -> None:
        """Let go of the port."""
        port, self._port = self._port, None
        if port is not None:
            asyncio.get_running_loop().remove_reader(self._fileno)
            with suppress(OSError):  # it may be gone
                port.close()

    def _readable(self) -> None:
        try:
            data = os.read(self._fileno, 4096)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # unplugged
            data = b""
        if data:
            self._on_bytes(data)
        else:
            self._lose()

    def _lose(self) -> None:
        if self._port is not None:
            self.close()
            self._on_lost(self)


def _parity_of(fileno: int) -> Parity:
    """Give the parity that a port took. Where its driver knows none, it says nothing and does without."""
    flags: int = termios.tcgetattr(fileno)[2]
    if not flags & termios.PARENB:
        return "none"
    return "odd" if flags & termios.PARODD else "even"


def unusable_port(port: SerialPort, error: Exception) -> DeviceDown:
    """Say in a technician's words why a serial port could not be opened."""
    path = port.path
    number = error.args[0] if isinstance(error, termios.error) else getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return DeviceDown(
            f"there is no serial port {path}",
            "is the adapter plugged in? `ls /dev/serial/by-id` lists them by names that do not change",
        )
    if number in (errno.EACCES, errno.EPERM):
        return DeviceDown(
            f"no permission to use {path}",
            "the user of the service must be in the group dialout, and DeviceAllow in edgetwin.service must name it",
        )
    if number in (errno.EAGAIN, errno.EBUSY):
        return DeviceDown(
            f"{path} is in use by another program", f"`fuser {path}` says by which one: stop that"
        )
    if number in (errno.EISDIR, errno.ENOTTY) or "configure port" in str(error):
        return DeviceDown(f"{path} is not a serial port", "is the path in `connect` right?")
    if isinstance(error, ValueError) or number == errno.EINVAL:
        return DeviceDown(
            f"{path} cannot do {port.baud} baud with parity {port.parity}",
            "are the settings in `connect` right? Not every adapter knows every speed",
        )
    return DeviceDown(f"cannot open {path}: {getattr(error, 'strerror', None) or error}")
