"""Text that came from outside (a device, a server, a vendor's list), made fit for a keyboard and for a topic. Pure."""

import re
import unicodedata

_SPOKEN = str.maketrans({"°": "deg", "μ": "u", "Ω": "Ohm", "ß": "ss"})


def spoken(text: str) -> str:
    """Write what is on no keyboard in letters: `°C` is degC, and `m³` is m3."""
    return unicodedata.normalize("NFKC", text).translate(_SPOKEN)


def name_of(title: str) -> str:
    """Make a name of a title, for it becomes part of a topic. Empty where there is no letter or digit in it."""
    plain = unicodedata.normalize("NFKD", spoken(title)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9-]+", "_", plain.lower()).strip("_-")
