"""One signal of a Modbus device: its place, its type, and what makes no sense together."""

from typing import Any, Self

from pydantic import Field, model_validator

from edgetwin.config.branch import Flag, Number, Whole, mistake
from edgetwin.config.device import SignalConfig
from edgetwin.config.modbus_types import BYTES, LONGEST_STRING, Byte, Order, Type, numbers_of, registers_of
from edgetwin.config.registers import AREA_NAMES, BITS, Area, At, register

_LAST = 65_535


def _usual_type(fields: dict[str, Any]) -> Type:
    if register(fields["at"]).area in BITS or fields["bit"] is not None:
        return "bool"
    if fields["length"] is not None:
        return "string"
    return "uint8" if fields["byte"] else "uint16"


class ModbusSignal(SignalConfig):
    """One signal in the registers of a unit."""

    at: At = Field(
        description='Where it is: 40101 as in the datasheet ("00017" in quotes for its coils), or counted from zero '
        'with the kind of register: "hr:100" holding, "ir:0" input, "di:3" discrete input, "co:0" coil.'
    )
    bit: Whole | None = Field(
        None, ge=0, le=15, description="Which bit of the register it is: 0 is the lowest, 15 the highest."
    )
    byte: Byte | None = Field(
        None, description='Which half of the register an int8 or uint8 is: "low" (if left out) or "high".'
    )
    length: Whole | None = Field(
        None, ge=1, le=LONGEST_STRING, description="How many characters a string has; two to a register."
    )
    type: Type = Field(
        default_factory=_usual_type,
        description="How the value is stored. Not given: bool for coils, discrete inputs and bits, uint8 where there "
        "is a byte, string where there is a length, uint16 for other registers.",
    )
    scale: Number = Field(1.0, description="value = stored number * scale + offset.")
    offset: Number = Field(0.0, description="value = stored number * scale + offset.")
    word_order: Order | None = Field(
        None, description="Which word of a longer value comes first, where it differs from the device."
    )
    byte_order: Order | None = Field(
        None, description="Which byte of a word comes first, where it differs from the device."
    )
    shared: Flag = Field(
        default=False,
        description="It overlaps registers of other signals on purpose. Bits, bytes and the register they are in, "
        "and signals that read the same in the same way, need no such word.",
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
        return registers_of(self.type, self.length)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for rule in (_lies_there, _is_a_part, _is_text, _has_an_order, _has_names, _is_scaled):
            rule(self)
        return self


def _lies_there(signal: ModbusSignal) -> None:
    place, kind = AREA_NAMES[signal.area], signal.type
    if signal.area in BITS:
        for key in ("bit", "byte", "length"):
            if getattr(signal, key) is not None:
                raise mistake(
                    f"a {place} is one bit, so it has no {key}",
                    f"leave out {key}, or check at: is it a register?",
                )
        if kind != "bool":
            raise mistake(
                f'a {place} is on or off, so its type cannot be "{kind}"', "leave out type, or check at"
            )
    elif kind == "bool" and signal.bit is None:
        raise mistake(
            f'{signal.at} is a whole {place}, so its type cannot be "bool"',
            "write which bit of it is meant, from 0 (the lowest) to 15: bit = 0; "
            'or leave out type and name its values: names = { 0 = "off", 1 = "on" }',
        )
    if signal.address + signal.words - 1 > _LAST:
        raise mistake(
            f"a {kind} takes {signal.words} registers, and {signal.at} is too near to the last one",
            f"the last register is {signal.area}:{_LAST}",
        )


def _is_a_part(signal: ModbusSignal) -> None:
    if signal.bit is not None and signal.byte is not None:
        raise mistake(
            "bit and byte do not go together",
            "bits are counted through the whole register: 0 to 7 low, 8 to 15 high",
        )
    if signal.bit is not None and signal.type != "bool":
        raise mistake(
            f'a bit is on or off, so its type cannot be "{signal.type}"', "leave out type, or leave out bit"
        )
    if signal.byte is not None and signal.type not in BYTES:
        raise mistake(
            f'byte = "{signal.byte}" is half a register, so its type cannot be "{signal.type}"',
            'write type = "uint8" or "int8", or leave out byte',
        )


def _is_text(signal: ModbusSignal) -> None:
    if signal.type != "string":
        if signal.length is not None:
            raise mistake(
                f"only a string has a length, and this is a {signal.type}",
                'write type = "string", or leave out length',
            )
        return
    if signal.length is None:
        raise mistake(
            "a string needs its length", "write how many characters it has, two to a register: length = 16"
        )
    if signal.names or signal.range or signal.scale != 1.0 or signal.offset != 0.0:
        raise mistake("text has no range, no names and no scale", "leave them out, or check type")
    if signal.word_order:
        raise mistake(
            "the registers of a string stand in the order of its characters",
            "leave out word_order; byte_order says which of the two in a register comes first",
        )


def _has_an_order(signal: ModbusSignal) -> None:
    if signal.area in BITS and (signal.word_order or signal.byte_order):
        raise mistake(
            f"a {AREA_NAMES[signal.area]} is one bit, so it has no order of words or bytes",
            "leave out word_order and byte_order, or check at: is it a register?",
        )
    # In a list of signals the column may be filled from top to bottom; but who writes it here meant a longer type.
    if signal.word_order and signal.words == 1 and "type" not in signal.model_fields_set:
        raise mistake(
            f"a {signal.type} is one register, so it has no order of words",
            'is the type missing, such as type = "float32"? Otherwise leave out word_order',
        )


def _has_names(signal: ModbusSignal) -> None:
    if not signal.names:
        return
    if (numbers := numbers_of(signal.type)) is None:
        raise mistake(
            f"a {signal.type} cannot have names", "only whole numbers and bits can: choose another type"
        )
    low, high = numbers
    never = [number for number in signal.names if not low <= number <= high]
    if never and signal.type == "bool":
        raise mistake("what is on or off has the numbers 0 and 1 only", 'names = { 0 = "off", 1 = "on" }')
    if never:
        raise mistake(
            f"a {signal.type} is never {never[0]}", f"it goes from {low} to {high}: correct names or type"
        )


def _is_scaled(signal: ModbusSignal) -> None:
    scaled = signal.scale != 1.0 or signal.offset != 0.0
    if scaled and signal.type == "bool":
        raise mistake("what is on or off is not scaled", "leave out scale and offset")
    if signal.range and signal.type == "bool":
        raise mistake("what is on or off has no range", "leave out range")
    if scaled and signal.names:
        raise mistake("a state is not scaled", "leave out scale and offset, or names")
    if signal.scale == 0.0:
        raise mistake(
            "scale = 0 makes every value zero", "leave out scale, or write what one count is worth: 0.1"
        )
