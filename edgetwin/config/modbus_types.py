"""How a value can be stored in a Modbus unit: the types, how many registers each takes, which numbers each can be.

Order and type are plain words, the same at a signal, in a template, in a list of signals and in what `probe` prints.
"""

from typing import Literal

Order = Literal["high-first", "low-first"]
Byte = Literal["low", "high"]
Type = Literal[
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
    "bcd16",
    "bcd32",
    "bcd64",
    "string",
]

# How many registers a value takes; how many a string takes, its length says.
_REGISTERS: dict[Type, int] = {
    **dict.fromkeys(("bool", "int8", "uint8", "int16", "uint16", "float16", "bcd16"), 1),
    **dict.fromkeys(("int32", "uint32", "float32", "bcd32"), 2),
    **dict.fromkeys(("int64", "uint64", "float64", "bcd64"), 4),
}
NUMBERS: tuple[Type, ...] = tuple(kind for kind in _REGISTERS if kind != "bool")
BYTES: tuple[Type, ...] = ("int8", "uint8")
# A bit or a byte may lie beside such a value in the same register: the value is the register as a whole.
WHOLE_REGISTER: tuple[Type, ...] = ("int16", "uint16", "bcd16")
LONGEST_STRING = 250  # characters; as many as one answer of a unit can hold


def registers_of(kind: Type, length: int | None = None) -> int:
    """Say how many registers a value takes (or bits, of coils and discrete inputs). `length` is that of a string."""
    return ((length or 0) + 1) // 2 if kind == "string" else _REGISTERS[kind]


def numbers_of(kind: Type) -> tuple[int, int] | None:
    """Give the lowest and the highest whole number that a type can be; None where it is no whole number."""
    if kind == "bool":
        return 0, 1
    bits = 8 if kind in BYTES else 16 * registers_of(kind)
    if kind.startswith("uint"):
        return 0, 2**bits - 1
    if kind.startswith("int"):
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return (0, 10 ** (bits // 4) - 1) if kind.startswith("bcd") else None
