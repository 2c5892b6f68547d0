"""From the bytes of one answer to one float64 column, in a few numpy calls. Pure.

All that can be known beforehand (where each value's bytes are, in which order, of which type) is worked out once, so
that a poll costs the same few calls for one value and for sixty. Whatever the device's order of words and bytes, the
bytes are gathered in little-endian order and read as that, on every machine.

What a device sends and a float64 cannot say is never passed off as a good number:
- NaN and infinity become NaN with BAD_SENSOR_FAILURE: the device says itself that it has no number.
- A 64-bit integer beyond 2**53 is rounded to the nearest float64, with UNCERTAIN: its last digits are lost. (A meter
  of watt-hours gets there after a billion years; a register full of ones, that means "no value", is there at once.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgetwin.config.modbus_types import Byte, Order, Type, registers_of
from edgetwin.core import status
from edgetwin.core.signals import Codes, Floats

_DTYPES: dict[Type, str] = {
    "int16": "<i2",
    "uint16": "<u2",
    "int32": "<i4",
    "uint32": "<u4",
    "int64": "<i8",
    "uint64": "<u8",
    "float32": "<f4",
    "float64": "<f8",
}
EXACT = 2.0**53  # up to here a float64 holds every integer


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one value lies in an answer: `position` counts registers (or bits) from the answer's first one."""

    position: int
    type: Type
    bit: int = 0
    byte: Byte = "low"
    length: int = 0
    word_order: Order = "high-first"
    byte_order: Order = "high-first"
    scale: float = 1.0
    offset: float = 0.0

    def byte_positions(self) -> list[int]:
        """Where its bytes are in the answer, least significant first."""
        words = range(self.position, self.position + registers_of(self.type))
        lowest_first = words if self.word_order == "low-first" else reversed(words)
        low, high = (1, 0) if self.byte_order == "high-first" else (0, 1)
        return [2 * word + half for word in lowest_first for half in (low, high)]


class _Group:
    """The values of one type in one answer."""

    def __init__(self, name: Type, columns: list[int], layouts: Sequence[Layout]) -> None:
        self.columns = np.array(columns, np.intp)
        first, last = columns[0], columns[-1] + 1
        # A slice is filled faster than a list of places; registers of one type mostly stand side by side.
        self._target = slice(first, last) if last - first == len(columns) else self.columns
        self._bytes = np.array([at for column in columns for at in layouts[column].byte_positions()], np.intp)
        self._dtype = np.dtype(_DTYPES[name])
        self.is_wide = self._dtype.kind in "iu" and self._dtype.itemsize == 8

    def read(self, octets: NDArray[np.uint8], values: Floats) -> None:
        """Put the values where they belong."""
        values[self._target] = octets.take(self._bytes).view(self._dtype)


class Decoder:
    """Reads the answer to one block of registers."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        columns: dict[Type, list[int]] = {}
        for column, layout in enumerate(layouts):
            columns.setdefault(layout.type, []).append(column)
        self._groups = [_Group(name, members, layouts) for name, members in columns.items()]
        self._wide = [group.columns for group in self._groups if group.is_wide]
        self._has_floats = any(name.startswith("float") for name in columns)
        self._scale = _unless_all([layout.scale for layout in layouts], 1.0)
        self._offset = _unless_all([layout.offset for layout in layouts], 0.0)

    def read(self, answer: bytes, values: Floats, codes: Codes) -> None:
        """Fill one column of values and one of status codes. `answer` has the length that was asked for."""
        octets = np.frombuffer(answer, np.uint8)
        codes[:] = status.GOOD
        # A NaN in a register is dealt with below, and is no cause for a warning.
        with np.errstate(all="ignore"):
            for group in self._groups:
                group.read(octets, values)
            for wide in self._wide:
                codes[wide[np.abs(values[wide]) > EXACT]] = status.UNCERTAIN
            _to_units(values, self._scale, self._offset)
        if self._has_floats and not (finite := np.isfinite(values)).all():
            values[~finite] = np.nan
            codes[~finite] = status.BAD_SENSOR_FAILURE


class BitDecoder:
    """Reads the answer to one block of coils or discrete inputs: eight to a byte, the first in its lowest bit."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self._bits = np.array([layout.position for layout in layouts], np.intp)
        self._scale = _unless_all([layout.scale for layout in layouts], 1.0)
        self._offset = _unless_all([layout.offset for layout in layouts], 0.0)

    def read(self, answer: bytes, values: Floats, codes: Codes) -> None:
        """Fill one column of values and one of status codes. `answer` has the length that was asked for."""
        values[:] = np.unpackbits(np.frombuffer(answer, np.uint8), bitorder="little").take(self._bits)
        codes[:] = status.GOOD
        _to_units(values, self._scale, self._offset)


def _unless_all(factors: list[float], neutral: float) -> Floats | None:
    """Give the factors as an array, or nothing where none of them does anything."""
    return None if all(factor == neutral for factor in factors) else np.array(factors, np.float64)


def _to_units(values: Floats, scale: Floats | None, offset: Floats | None) -> None:
    """Turn what the device counts in into what it measures in, in place."""
    if scale is not None:
        values *= scale
    if offset is not None:
        values += offset
