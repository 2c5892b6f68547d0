"""[device.NAME] with connect = "modbus-tcp://...": units, registers and how their words are put together."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from edgetwin.config.branch import Number, Table, Whole, mistake
from edgetwin.config.device import DeviceConfig, SignalConfig
from edgetwin.config.names import Name
from edgetwin.config.registers import AREA_NAMES, BITS, Area, At, register
from edgetwin.config.url import Endpoint, endpoint

Order = Literal["high-first", "low-first"]
Type = Literal["bool", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]

SCHEME = "modbus-tcp"
_PORTS = {SCHEME: 502}
# How many registers a value takes (or bits, of coils and discrete inputs).
WORDS: dict[Type, int] = {
    **dict.fromkeys(("bool", "int16", "uint16"), 1),
    **dict.fromkeys(("int32", "uint32", "float32"), 2),
    **dict.fromkeys(("int64", "uint64", "float64"), 4),
}
_LAST = 65_535


def _connect(text: object) -> object:
    endpoint(text, _PORTS, instead="Modbus knows no passwords: leave it out")
    return text


Connect = Annotated[
    str,
    BeforeValidator(_connect),
    WithJsonSchema(
        {"type": "string", "pattern": "^modbus-tcp://", "examples": ["modbus-tcp://192.168.10.21:502"]}
    ),
]


def _usual_type(fields: dict[str, Any]) -> Type:
    return "bool" if register(fields["at"]).area in BITS else "uint16"


class ModbusSignal(SignalConfig):
    """One signal in the registers of a unit."""

    at: At = Field(
        description="Where it is: 40101 as in the datasheet, or counted from zero with the kind of register: "
        '"hr:100" holding, "ir:0" input, "di:3" discrete input, "co:0" coil.'
    )
    type: Type = Field(
        default_factory=_usual_type,
        description="How the value is stored. Not given: bool for coils and discrete inputs, uint16 for registers.",
    )
    scale: Number = Field(1.0, description="value = stored number * scale + offset.")
    offset: Number = Field(0.0, description="value = stored number * scale + offset.")
    word_order: Order | None = Field(
        None, description="Which word of a longer value comes first, where it differs from the device."
    )
    byte_order: Order | None = Field(
        None, description="Which byte of a word comes first, where it differs from the device."
    )

    @property
    def area(self) -> Area:
        """The table of the unit it is in."""
        return register(self.at).area

    @property
    def address(self) -> int:
        """Its address in that table, counted from zero."""
        return register(self.at).address

    @property
    def words(self) -> int:
        """How many registers (or bits, of coils and discrete inputs) it takes."""
        return WORDS[self.type]

    @model_validator(mode="after")
    def _type_fits_the_place(self) -> Self:
        place = AREA_NAMES[self.area]
        if self.area in BITS and self.type != "bool":
            raise mistake(
                f'a {place} is on or off, so its type cannot be "{self.type}"', "leave out type, or check at"
            )
        if self.area not in BITS and self.type == "bool":
            raise mistake(
                f'{self.at} is a whole {place}, so its type cannot be "bool"',
                'leave out type and name its values: names = { 0 = "off", 1 = "on" }',
            )
        if self.address + self.words - 1 > _LAST:
            raise mistake(
                f"a {self.type} takes {self.words} registers, and {self.at} is too near to the last one",
                f"the last register is {self.area}:{_LAST}",
            )
        return self

    @model_validator(mode="after")
    def _only_numbers_are_scaled(self) -> Self:
        scaled = self.scale != 1.0 or self.offset != 0.0
        if scaled and self.type == "bool":
            raise mistake("what is on or off is not scaled", "leave out scale and offset")
        if scaled and self.names:
            raise mistake("a state is not scaled", "leave out scale and offset, or names")
        if self.names and self.type.startswith("float"):
            raise mistake(
                f"a {self.type} cannot have names", "only whole numbers and bits can: choose another type"
            )
        if self.names and self.type == "bool" and not self.names.keys() <= {0, 1}:
            raise mistake("what is on or off has the numbers 0 and 1 only", 'names = { 0 = "off", 1 = "on" }')
        if self.scale == 0.0:
            raise mistake(
                "scale = 0 makes every value zero", "leave out scale, or write what one count is worth: 0.1"
            )
        return self


class ModbusDevice(DeviceConfig):
    """One unit behind Modbus TCP."""

    connect: Connect = Field(description="Where it is: modbus-tcp://host:port (port 502 if left out).")
    unit: Whole = Field(1, ge=0, le=255, description="The unit id (slave address) behind that address.")
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
    signals: Table[Name, ModbusSignal] = Field(description="The signals of the device, by name.")

    @property
    def endpoint(self) -> Endpoint:
        """The address, taken apart."""
        return endpoint(self.connect, _PORTS)

    @property
    def address(self) -> str:
        """Where it is, for messages: there may be several units behind one address."""
        return f"{self.connect} unit {self.unit}"
