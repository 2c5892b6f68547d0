"""The words of vendors: types, addresses, kinds of registers. What is not known is refused."""

from typing import Any

import pytest

from edgetwin.cli.import_places import Base, Counting, area_of, place, written
from edgetwin.cli.import_types import type_keys


@pytest.mark.parametrize(
    ("text", "registers", "keys"),
    [
        *(
            (text, None, {"type": "float32"})
            for text in ("FLOAT32", "REAL", "Float (32 bit)", "IEEE-754 32bit")
        ),
        *((text, None, {"type": "float32"}) for text in ("float", "F32", "32-bit float", "Single", "FP32")),
        *((text, None, {"type": "uint16"}) for text in ("UINT", "INT16U", "U16", "WORD", "unsigned 16-bit")),
        *((text, None, {"type": "uint16"}) for text in ("uint_16", "Unsigned Integer", "enum16", "USHORT")),
        *(
            (text, None, {"type": "int32"})
            for text in ("S32", "DINT", "long", "Signed 32 Bit", "INT32", "SINT32")
        ),
        *(
            (text, None, {"type": "uint32"})
            for text in ("DWORD", "UDINT", "32 bit unsigned integer", "acc32")
        ),
        *((text, None, {"type": "float64"}) for text in ("DOUBLE", "LREAL", "float64")),
        *((text, None, {}) for text in ("BOOL", "bit", "Coil")),
        ("INT64", None, {"type": "int64"}),
        ("SINT", None, {"type": "int8"}),
        ("byte", None, {"type": "uint8"}),
        ("BCD16", None, {"type": "bcd16"}),
        ("INT", 2, {"type": "int32"}),
        ("unsigned", 4, {"type": "uint64"}),
        ("STRING[20]", None, {"type": "string", "length": 20}),
        ("ASCII", 5, {"type": "string", "length": 10}),
        ("FLOAT32 CDAB", None, {"type": "float32", "word_order": "low-first"}),
        ("UINT32 (DCBA)", 2, {"type": "uint32", "word_order": "low-first", "byte_order": "low-first"}),
        ("32-bit float, big endian", None, {"type": "float32"}),
    ],
)
def test_types_are_understood_in_the_words_of_vendors(
    text: str, registers: int | None, keys: dict[str, Any]
) -> None:
    assert type_keys(text, registers) == keys


@pytest.mark.parametrize(
    ("text", "registers"),
    [
        ("DATETIME", None),
        ("float32", 4),
        ("U24", None),
        ("string", None),
        ("int16 / int32", None),
        ("float32 little endian", 2),
        ("?", 1),
        ("", 1),
    ],
)
def test_a_type_that_is_not_known_is_refused(text: str, registers: int | None) -> None:
    with pytest.raises(ValueError, match=r"type|registers|long|size"):
        type_keys(text, registers)


@pytest.mark.parametrize(
    ("cell", "base", "at", "bit"),
    [
        ("100", "0", "hr:100", None),
        ("100", "1", "hr:99", None),
        ("0x64", "0", "hr:100", None),
        ("64h", "0", "hr:100", None),
        ("100-101", "0", "hr:100", None),
        ("100.15", "0", "hr:100", 15),
        ("4x0001", None, "hr:0", None),
        ("3X00010", None, "ir:9", None),
        ("ir:5", None, "ir:5", None),
        ("40101", "datasheet", 40101, None),
        ("00017", "datasheet", "00017", None),
    ],
)
def test_addresses_are_understood_as_they_are_written(
    cell: str, base: Base | None, at: object, bit: int | None
) -> None:
    counting = Counting(base, "hr")
    address = written(cell, counting)
    assert (place(address, counting, None), address.bit) == (at, bit)


@pytest.mark.parametrize("cell", ["", "x", "100.16", "101-100", "100,5", "1e3", "-5", "A4"])
def test_what_is_no_address_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"not an address|the bits 0 to 15"):
        written(cell, Counting("0", "hr"))


@pytest.mark.parametrize(
    ("cell", "area"),
    [
        ("3", "hr"),
        ("0x04", "ir"),
        ("FC 02", "di"),
        ("Coils", "co"),
        ("Input register", "ir"),
        ("HR", "hr"),
        ("4x", "hr"),
    ],
)
def test_kinds_of_registers_are_understood(cell: str, area: str) -> None:
    assert area_of(cell) == area
