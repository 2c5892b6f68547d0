"""The values of one kind in an answer, all with the same few numpy calls. Pure.

Whatever the order of words and bytes in the unit, the bytes are gathered in little-endian order and read as that, on
every machine.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgetwin.config.modbus_types import Type, registers_of
from edgetwin.core import status
from edgetwin.core.signals import Codes, Floats
from edgetwin.field.bounds import EXACT
from edgetwin.field.modbus.decode_layout import Layout

Octets = NDArray[np.uint8]

_DTYPES: dict[Type, str] = {
    "int8": "i1",
    "uint8": "u1",
    "int16": "<i2",
    "uint16": "<u2",
    "int32": "<i4",
    "uint32": "<u4",
    "int64": "<i8",
    "uint64": "<u8",
    "float16": "<f2",
    "float32": "<f4",
    "float64": "<f8",
}
_WIDE: tuple[Type, ...] = ("int64", "uint64", "bcd64")  # may be larger than a float64 can hold exactly


class Group(Protocol):
    """The values of one type in one answer, and the columns they go to."""

    def read(self, octets: Octets, values: Floats, codes: Codes) -> None:
        """Put the values where they belong. What is no number, or loses digits as a float64, gets its status."""
        ...


def group(kind: Type, columns: Sequence[int], layouts: Sequence[Layout]) -> Group:
    """Make the group that reads a type."""
    if kind == "bool":
        return _Bits(columns, layouts)
    return _Digits(kind, columns, layouts) if kind.startswith("bcd") else _Plain(kind, columns, layouts)


def _rounded(numbers: NDArray[np.int64] | NDArray[np.uint64]) -> Codes:
    """Give the status of whole numbers. Told from the numbers themselves: rounded ones may look as good as any."""
    return np.where(
        (numbers > EXACT) | (numbers < -EXACT), np.uint32(status.UNCERTAIN), np.uint32(status.GOOD)
    )


def _gathered(columns: Sequence[int], layouts: Sequence[Layout]) -> NDArray[np.intp]:
    return np.array([at for column in columns for at in layouts[column].byte_positions()], np.intp)


class _Plain:
    """Numbers as numpy has them."""

    def __init__(self, kind: Type, columns: Sequence[int], layouts: Sequence[Layout]) -> None:
        first, last = columns[0], columns[-1] + 1
        # A slice is filled faster than a list of places; registers of one type mostly stand side by side.
        self._columns = slice(first, last) if last - first == len(columns) else np.array(columns, np.intp)
        self._bytes = _gathered(columns, layouts)
        self._dtype = np.dtype(_DTYPES[kind])
        self._is_wide = kind in _WIDE

    def read(self, octets: Octets, values: Floats, codes: Codes) -> None:
        """Read them. Floats that say they are no numbers are the decoder's to look after."""
        numbers = octets.take(self._bytes).view(self._dtype)
        values[self._columns] = numbers
        if self._is_wide:
            codes[self._columns] = _rounded(numbers)


class _Bits:
    """Single bits of registers."""

    def __init__(self, columns: Sequence[int], layouts: Sequence[Layout]) -> None:
        self._columns = np.array(columns, np.intp)
        self._bytes = _gathered(columns, layouts)
        self._shifts = np.array([layouts[column].bit for column in columns], np.uint16)

    def read(self, octets: Octets, values: Floats, codes: Codes) -> None:
        """Read them."""
        del codes
        values[self._columns] = octets.take(self._bytes).view("<u2") >> self._shifts & 1


class _Digits:
    """BCD: a decimal digit in each half of a byte. A half above 9 is no digit, so the value is no number."""

    def __init__(self, kind: Type, columns: Sequence[int], layouts: Sequence[Layout]) -> None:
        self._columns = np.array(columns, np.intp)
        self._bytes = _gathered(columns, layouts)
        self._weights = np.array([100**place for place in range(2 * registers_of(kind))], np.uint64)
        self._is_wide = kind in _WIDE

    def read(self, octets: Octets, values: Floats, codes: Codes) -> None:
        """Read them."""
        pairs = octets.take(self._bytes).reshape(len(self._columns), -1)
        tens, ones = pairs >> 4, pairs & 0x0F
        numbers = (10 * tens + ones).astype(np.uint64) @ self._weights
        values[self._columns] = numbers
        if self._is_wide:
            codes[self._columns] = _rounded(numbers)
        wrong = ((tens > 9) | (ones > 9)).any(axis=1)
        if wrong.any():
            values[self._columns[wrong]] = np.nan
            codes[self._columns[wrong]] = status.BAD_TYPE_MISMATCH
