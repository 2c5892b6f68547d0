"""Lines that two devices describe in different ways: a serial port has one speed, and a network port speaks one way."""

from collections.abc import Callable, Iterator, Mapping

from edgetwin.config.device import DeviceConfig
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_line import Line, SerialPort
from edgetwin.config.places import Place
from edgetwin.config.problems import Mistake, Path


def shared_lines(devices: Mapping[str, DeviceConfig], place_of: Callable[[Path], Place]) -> Iterator[Mistake]:
    """Find the devices whose line is another one than that of a device above them."""
    first: dict[object, tuple[Place, Line]] = {}
    units = [(place_of(("device", name, "connect")), name, device) for name, device in devices.items()]
    for place, name, device in sorted(units, key=lambda unit: unit[0]):
        if not isinstance(device, ModbusDevice):
            continue
        line = device.line
        where = line.place.path if isinstance(line.place, SerialPort) else (line.place.host, line.place.port)
        above, other = first.setdefault(where, (place, line))
        if other != line:
            yield Mistake(
                ("device", name, "connect"),
                f"{line} is {_said(line)} here and {_said(other)} {above.where}",
                "all devices on one line say the same of it",
            )


def _said(line: Line) -> str:
    if isinstance(line.place, SerialPort):
        return f"baud={line.place.baud} parity={line.place.parity} stop_bits={line.place.stop_bits}"
    return line.place.scheme
