"""[device.NAME] with connect = "modbus-...://...": one unit on a line, and the signals in its registers."""

from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from edgetwin.config.branch import Flag, Table, Whole, mistake
from edgetwin.config.device import DeviceConfig
from edgetwin.config.modbus_line import SCHEMES, TCP, Line, line
from edgetwin.config.modbus_signal import ModbusSignal
from edgetwin.config.modbus_types import Order
from edgetwin.config.names import Name

PROTOCOL = "modbus"
_LAST_SERIAL_UNIT = 247
_SHORTEST_TIMEOUT_S = 0.1
_AROUND_DATA = 13  # bytes of a request, and of what stands around the data of its answer


def _connect(text: object) -> object:
    line(text)
    return text


Connect = Annotated[
    str,
    BeforeValidator(_connect),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({'|'.join(SCHEMES)})://",
            "examples": [
                "modbus-tcp://192.168.10.21:502",
                "modbus-rtu:///dev/ttyUSB0?baud=19200&parity=even",
                "modbus-rtu-tcp://192.168.10.22:4001",
            ],
        }
    ),
]


class ModbusDevice(DeviceConfig):
    """One Modbus unit: behind a network address, or on a serial line that it may share with others."""

    connect: Connect = Field(
        description="The line it is on: modbus-tcp://host:port (port 502 if left out), a serial port of this "
        "machine as modbus-rtu:///dev/ttyUSB0?baud=19200&parity=even&stop_bits=1 (what stands here if left out), "
        "or a serial line behind a device server as modbus-rtu-tcp://host:port. Several units may be on one line."
    )
    unit: Whole = Field(1, ge=0, le=255, description="The unit id (slave address) on that line.")
    word_order: Order = Field(
        "high-first",
        description="Which word of a value of two or four registers comes first: high-first or low-first.",
    )
    byte_order: Order = Field(
        "high-first", description="Which byte of a register comes first; nearly always high-first."
    )
    max_registers: Whole = Field(
        125, ge=1, le=125, description="The most registers the device hands over in one request."
    )
    max_gap: Whole = Field(
        8, ge=0, le=124, description="How many unused registers may be read along to save a request; 0: none."
    )
    single_reads: Flag = Field(
        default=False,
        description="Ask for each value with a request of its own: for old devices that hand over no more at once.",
    )
    signals: Table[Name, ModbusSignal] = Field(description="The signals of the device, by name.")

    @property
    def line(self) -> Line:
        """The line it is on; devices with equal lines share it."""
        return line(self.connect)

    @property
    def timeout_s(self) -> float:
        """How long to wait for an answer. Short, so that a device that falls silent is noticed within three polls."""
        if self.timeout is not None:
            return self.timeout
        fastest_s = min(signal.every or self.every for signal in self.signals.values())
        longest = _AROUND_DATA + 2 * self.max_registers
        return min(max(_SHORTEST_TIMEOUT_S, fastest_s), 1.0) + longest * self.line.character_s

    @property
    def address(self) -> str:
        """Where it is, for messages: there may be several units behind one address."""
        return f"{self.connect} unit {self.unit}"

    @field_validator("unit")
    @classmethod
    def _a_serial_unit_answers(cls, unit: int, info: ValidationInfo) -> int:
        scheme = str(info.data.get("connect")).partition("://")[0]
        if scheme in SCHEMES and scheme != TCP and not 1 <= unit <= _LAST_SERIAL_UNIT:
            what = "speaks to all units at once, and none answers" if unit == 0 else "is reserved"
            raise mistake(
                f"unit {unit} {what} on a serial line", f"units have the numbers 1 to {_LAST_SERIAL_UNIT}"
            )
        return unit
