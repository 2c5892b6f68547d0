"""What vendors call the types of their registers -> what we call them. Pure.

A size that the word does not tell comes from the number of registers, where the list has one. What is not known is
refused: a wrong type gives numbers that look right for a while.
"""

import re
from typing import Any, get_args

from edgetwin.config.modbus_types import Type

_UNSIGNED = (
    "u ui uint uinteger unsigned unsignedint unsignedinteger integerunsigned intunsigned intu "
    "enum enumeration bitfield bitmap bitmask bitstring flags acc"
)
_SIGNED = "i s si int integer signed signedint signedinteger integersigned intsigned ints"
_FLOAT = "f fp float real ieee ieeefloat floatieee floatingpoint floatsingle"
# A word -> its family, and its size where the word says so.
_WORDS: dict[str, tuple[str, int | None]] = {
    **dict.fromkeys(_UNSIGNED.split(), ("uint", None)),
    **dict.fromkeys(_SIGNED.split(), ("int", None)),
    **dict.fromkeys(_FLOAT.split(), ("float", None)),
    **dict.fromkeys(("bool", "boolean", "bit", "coil", "binary", "digital"), ("bool", None)),
    **dict.fromkeys(("string", "str", "ascii", "text", "char", "chars", "characters"), ("string", None)),
    "bcd": ("bcd", None),
    **dict.fromkeys(("byte", "usint", "uchar", "ubyte"), ("uint", 8)),
    **dict.fromkeys(("word", "ushort", "unsignedshort"), ("uint", 16)),
    **dict.fromkeys(("dword", "udint", "ulong", "unsignedlong"), ("uint", 32)),
    **dict.fromkeys(("lword", "qword", "ulint", "ulonglong"), ("uint", 64)),
    "sint": ("int", 8),
    "short": ("int", 16),
    **dict.fromkeys(("dint", "long", "signedlong"), ("int", 32)),
    **dict.fromkeys(("lint", "longlong"), ("int", 64)),
    "half": ("float", 16),
    "single": ("float", 32),
    **dict.fromkeys(("double", "lreal", "floatdouble", "doublefloat"), ("float", 64)),
}
# How the four bytes of a value lie in its registers. "Little endian" is not here: it means two of them, by vendor.
_ORDERS: dict[str, dict[str, Any]] = {
    "abcd": {},
    "bigendian": {},
    "cdab": {"word_order": "low-first"},
    "badc": {"byte_order": "low-first"},
    "dcba": {"word_order": "low-first", "byte_order": "low-first"},
}
_ORDER = re.compile(rf"[^a-z]*\b({'|'.join(_ORDERS)}|big.endian)\b[^a-z]*")
_USUAL_BITS = {"float": 32, "uint": 16, "int": 16, "bcd": 16}
_SIZED_BIT = re.compile(r"(\d)\s*-?\s*bits?\b|\bbits?\s*(\d)")


def type_keys(text: str, registers: int | None = None) -> dict[str, Any]:
    """Give the keys that a vendor's word for a type stands for; ValueError where nobody can tell."""
    plain = re.sub(r"ieee\W*754", "ieee", text.lower())
    plain = _SIZED_BIT.sub(r"\1\2", plain)  # "32 bit" is a size, and "bit" alone is a type
    order = match[1].replace("-", "").replace(" ", "") if (match := _ORDER.search(plain)) else "abcd"
    plain = _ORDER.sub(" ", plain)
    numbers = [int(digits) for digits in re.findall(r"\d+", plain)]
    word = re.sub(r"[^a-z]", "", plain)
    if word not in _WORDS:
        raise ValueError(f'"{text}" is not a type that is known here')
    family, bits = _WORDS[word]
    size = numbers[0] if numbers else None
    if len(numbers) > 1:
        raise ValueError(f'"{text}" has more than one size in it')
    if family == "bool":
        return {}
    if family == "string":
        length = size or (registers or 0) * 2
        if not length:
            raise ValueError(f'"{text}" does not say how long the text is')
        return {"type": "string", "length": length}
    bits = size or bits or (registers * 16 if registers else _USUAL_BITS[family])
    found = f"{family}{bits}"
    if found not in get_args(Type):
        raise ValueError(f'"{text}" would be {found}, which is not a type that is known here')
    taken = -(-bits // 16)
    if registers is not None and registers != taken:
        raise ValueError(f'"{text}" takes {taken} registers, and the list says {registers}')
    return {"type": found, **_ORDERS[order]}
