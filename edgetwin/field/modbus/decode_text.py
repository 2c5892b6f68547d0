"""From the bytes of a string in registers to text. Pure.

A unit says neither where its text ends nor in which encoding it is, so both are settled here, the same for all:
- It ends at the first NUL, as in the PLC: what follows is left over from a longer text. Blanks at the end are padding.
- It is read as UTF-8, and where it is not that, as Latin-1, in which every byte is a character.
- Control characters within it mean that the place or the order of bytes is wrong, or that no text was ever put there.
  Each is shown as the mark that Unicode has for it, and the text is UNCERTAIN.
- Nothing but bytes of all ones is memory that was never written: no text, with BAD_SENSOR_FAILURE.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgetwin.core import status
from edgetwin.core.signals import Codes, Floats
from edgetwin.field.modbus.decode_layout import Layout

Texts = NDArray[np.object_]  # a text or None in each row

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


class TextDecoder:
    """Reads the strings in the answer to one block of registers."""

    def __init__(self, columns: Sequence[int], layouts: Sequence[Layout]) -> None:
        self._places = [
            (column, np.array(layouts[column].character_positions(), np.intp)) for column in columns
        ]

    def read(self, octets: NDArray[np.uint8], values: Floats, texts: Texts, codes: Codes) -> None:
        """Put the texts where they belong. A text is no number, so its value is NaN."""
        for column, places in self._places:
            values[column] = np.nan
            texts[column], codes[column] = text_of(octets.take(places).tobytes())


def text_of(octets: bytes) -> tuple[str | None, int]:
    """Give the text that some bytes hold, and its status."""
    if octets.strip(b"\xff") == b"":
        return None, status.BAD_SENSOR_FAILURE
    octets = octets.partition(b"\0")[0].rstrip()
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    shown, unreadable = _CONTROL.subn(_UNREADABLE, text)
    return shown, status.UNCERTAIN if unreadable else status.GOOD
