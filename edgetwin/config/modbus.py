"""[device.NAME] with connect = "modbus-tcp://...": units, registers and how their words are put together."""

from typing import Literal

from edgetwin.config.device import DeviceConfig, SignalConfig

Order = Literal["high-first", "low-first"]
Area = Literal["co", "di", "hr", "ir"]  # coils, discrete inputs, holding registers, input registers
Type = Literal[
    "bool", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"
]


class ModbusSignal(SignalConfig):
    """One signal in the registers of a unit."""

    at: int | str  # 40101 as in the datasheet, or "hr:100" counted from zero
    type: Type | None = None  # None: bool for coils and discrete inputs, uint16 for registers
    scale: float = 1.0
    offset: float = 0.0
    word_order: Order | None = None
    byte_order: Order | None = None

    @property
    def area(self) -> Area:
        """The table of the unit it is in."""
        raise NotImplementedError

    @property
    def address(self) -> int:
        """Its address in that table, counted from zero."""
        raise NotImplementedError


class ModbusDevice(DeviceConfig):
    """One unit behind Modbus TCP."""

    unit: int = 1
    word_order: Order = "high-first"
    byte_order: Order = "high-first"
    max_registers: int = 125
    max_gap: int = 8
    signals: dict[str, ModbusSignal]
