"""What the reason codes of MQTT are about, so that a room can say what to do. Pure.

These are the codes of MQTT 5; paho gives those of 3.1.1 the same numbers.
"""

from typing import Literal

About = Literal["credentials", "version", "client", "later", "rights", ""]

_ABOUT: dict[int, About] = {
    0x81: "version",
    0x82: "version",
    0x84: "version",
    0x85: "client",
    0x86: "credentials",
    0x87: "credentials",
    0x88: "later",
    0x89: "later",
    0x8A: "rights",
    0x8B: "later",
    0x8C: "credentials",
    0x8E: "client",
    0x97: "rights",
}


def about(code: int) -> About:
    """Tell what a refusal is about; nothing where it could be anything."""
    return _ABOUT.get(code, "")
