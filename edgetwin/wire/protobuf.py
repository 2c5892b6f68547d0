"""The grammar of protocol buffers: a message is a row of fields, each with a number, a kind and a content. Pure.

Only what Sparkplug needs. Bytes come from strangers, so every length is held against the bytes that are there, and
whatever is wrong is one Malformed. Groups, which nobody writes any more, are refused.
"""

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10  # bytes: 64 bits in groups of seven
_64_BITS = (1 << 64) - 1
_HIGHEST_FIELD = (1 << 29) - 1


class Malformed(ValueError):  # noqa: N818 - a state of the bytes, not a programming error
    """These bytes are not what they should be."""


class ProtoField(NamedTuple):
    """One field. Its content is a whole number without sign (VARINT), or the bytes as they stand."""

    number: int
    kind: int
    content: int | bytes

    @property
    def whole(self) -> int:
        """Give a VARINT."""
        if not isinstance(self.content, int):
            raise Malformed(f"field {self.number} is no whole number")
        return self.content

    @property
    def raw(self) -> bytes:
        """Give the bytes of a text, of bytes or of a message inside."""
        if not isinstance(self.content, bytes) or self.kind != BYTES:
            raise Malformed(f"field {self.number} has no length")
        return self.content

    @property
    def text(self) -> str:
        """Give a text."""
        try:
            return self.raw.decode()
        except UnicodeDecodeError:
            raise Malformed(f"field {self.number} is no UTF-8") from None

    def fixed(self, kind: int) -> bytes:
        """Give the four or eight bytes of a number of fixed length."""
        if not isinstance(self.content, bytes) or self.kind != kind:
            raise Malformed(f"field {self.number} is no number of fixed length")
        return self.content


def fields(data: bytes) -> Iterator[ProtoField]:
    """Read a message field by field. Nothing is copied twice, and the work is linear in the bytes."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if not 0 < number <= _HIGHEST_FIELD:
            raise Malformed(f"there is no field {number}")
        if kind == VARINT:
            content, at = _varint(data, at)
            yield ProtoField(number, kind, content)
            continue
        if kind == BYTES:
            length, at = _varint(data, at)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            raise Malformed(f"field {number} is of kind {kind}, which is not known")
        if length > end - at:
            raise Malformed(f"field {number} has {length} bytes, and {end - at} are left")
        yield ProtoField(number, kind, data[at : at + length])
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a whole number; give it and the place behind it."""
    value = shift = 0
    for byte in data[at : at + _LONGEST_VARINT]:
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value & _64_BITS, at
        shift += 7
    raise Malformed("a whole number has no end")


def whole(number: int, value: int) -> bytes:
    """Write a field with a whole number without sign."""
    return _written(number << 3 | VARINT) + _written(value)


def block(number: int, content: bytes) -> bytes:
    """Write a field with a text, bytes or a message inside."""
    return _written(number << 3 | BYTES) + _written(len(content)) + content


def _written(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
