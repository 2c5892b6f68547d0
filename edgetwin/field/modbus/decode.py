"""From the bytes of one answer to columns, in a few numpy calls: `decode_numbers` and `decode_text` do each kind. Pure.

All that can be known beforehand (where each value's bytes are, in which order, of which type) is worked out once, so
that a poll costs the same few calls for one value and for sixty.

What a device sends and a float64 cannot say is never passed off as a good number:
- NaN and infinity become NaN with BAD_SENSOR_FAILURE: the device says itself that it has no number.
- BCD with a digit above 9 becomes NaN with BAD_TYPE_MISMATCH: what is there is not BCD.
- A 64-bit integer beyond 2**53 is rounded to the nearest float64, with UNCERTAIN: its last digits are lost. (A meter
  of watt-hours gets there after a billion years; a register full of ones, that means "no value", is there at once.)
"""

from collections.abc import Sequence

import numpy as np

from edgetwin.core import status
from edgetwin.core.signals import Codes, Floats
from edgetwin.field.modbus.decode_layout import Layout
from edgetwin.field.modbus.decode_numbers import group
from edgetwin.field.modbus.decode_text import TextDecoder, Texts

_HUGE = 1e280  # a larger scale or offset can make a whole number infinite


class Decoder:
    """Reads the answer to one block of registers."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        kinds = dict.fromkeys(layout.type for layout in layouts)
        columns = {
            kind: [column for column, layout in enumerate(layouts) if layout.type == kind] for kind in kinds
        }
        strings = columns.pop("string", None)
        self._texts = TextDecoder(strings, layouts) if strings else None
        self._groups = [group(kind, members, layouts) for kind, members in columns.items()]
        self._may_be_infinite = any(
            layout.type.startswith("float") or max(abs(layout.scale), abs(layout.offset)) > _HUGE
            for layout in layouts
        )
        self._scale = _unless_all([layout.scale for layout in layouts], 1.0)
        self._offset = _unless_all([layout.offset for layout in layouts], 0.0)

    def read(self, answer: bytes, values: Floats, codes: Codes, texts: Texts | None = None) -> None:
        """Fill columns of values and status codes, and of texts where there are strings; those have NaN as value.

        `answer` has the length that was asked for.
        """
        octets = np.frombuffer(answer, np.uint8)
        codes[:] = status.GOOD
        # A NaN in a register is dealt with below, and is no cause for a warning.
        with np.errstate(all="ignore"):
            for each in self._groups:
                each.read(octets, values, codes)
            _to_units(values, self._scale, self._offset)
        if self._may_be_infinite and not (finite := np.isfinite(values)).all():
            values[~finite] = np.nan
            codes[~finite & (codes < status.BAD)] = status.BAD_SENSOR_FAILURE
        if self._texts is not None and texts is not None:
            self._texts.read(octets, values, texts, codes)


class BitDecoder:
    """Reads the answer to one block of coils or discrete inputs: eight to a byte, the first in its lowest bit."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self._bits = np.array([layout.position for layout in layouts], np.intp)

    def read(self, answer: bytes, values: Floats, codes: Codes, texts: Texts | None = None) -> None:
        """Fill columns of values and status codes. `answer` has the length that was asked for."""
        del texts  # there are none in bits
        values[:] = np.unpackbits(np.frombuffer(answer, np.uint8), bitorder="little").take(self._bits)
        codes[:] = status.GOOD


def _unless_all(factors: list[float], neutral: float) -> Floats | None:
    """Give the factors as an array, or nothing where none of them does anything."""
    return None if all(factor == neutral for factor in factors) else np.array(factors, np.float64)


def _to_units(values: Floats, scale: Floats | None, offset: Floats | None) -> None:
    """Turn what the device counts in into what it measures in, in place."""
    if scale is not None:
        values *= scale
    if offset is not None:
        values += offset
