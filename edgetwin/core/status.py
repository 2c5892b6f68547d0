"""The status that a device gives with a value, kept as it came.

The house speaks OPC UA status codes everywhere (32 bits, the top two say good, uncertain or bad), since it is the
richest vocabulary in the field. A Modbus exception keeps its number in the low byte of BAD_DEVICE_FAILURE, or of
BAD_NO_COMMUNICATION where a gateway in between says that the unit is not there.
"""

import numpy as np
from numpy.typing import NDArray

from edgetwin.core.status_names import NAMES

GOOD = 0x00000000
UNCERTAIN = 0x40000000
UNCERTAIN_LAST_USABLE = 0x40900000  # what was true once; whether it still is, nobody says
BAD = 0x80000000
BAD_COMMUNICATION = 0x80050000  # an answer came, and it was not usable
BAD_TIMEOUT = 0x800A0000  # no answer in time
BAD_ACCESS_DENIED = 0x801F0000
BAD_NO_COMMUNICATION = 0x80310000  # the link to the device is down
BAD_DATA_TYPE_UNKNOWN = 0x80110000  # a structure, and the device does not say how it is built
BAD_WAITING = 0x80320000  # subscribed, nothing received yet
BAD_NODE_UNKNOWN = 0x80340000  # the device has no such node
BAD_INDEX_RANGE_NO_DATA = 0x80370000  # the array has no such element
BAD_TOO_MANY_MATCHES = 0x806D0000  # a path that leads to more than one node
BAD_NO_MATCH = 0x806F0000  # the device has nothing of that name
BAD_TYPE_MISMATCH = 0x80740000  # the device answers something that is not a number
BAD_CONFIGURATION = 0x80890000
BAD_NOT_CONNECTED = 0x808A0000
BAD_DEVICE_FAILURE = 0x808B0000
BAD_SENSOR_FAILURE = 0x808C0000
BAD_OUT_OF_SERVICE = 0x808D0000
BAD_NO_DATA = 0x809B0000  # this reading is missing

_MODBUS_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledged, later",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target does not respond",
}
MODBUS_UNIT_AWAY = (10, 11)  # of a gateway in between

# What the low half of an OPC UA code says of a value, where these two bits say that it speaks of one.
_INFO_BITS, _DATA_VALUE, _OVERFLOW = 0x0C00, 0x0400, 0x0080
_LIMITS = {0x100: "at its low limit", 0x200: "at its high limit", 0x300: "constant"}

# The codes that speak of the way to the device, not of the device.
_COMM = np.array([BAD_COMMUNICATION, BAD_TIMEOUT, BAD_NO_COMMUNICATION, BAD_NOT_CONNECTED], np.uint32) >> 16
_MISSING = BAD_NO_DATA >> 16


def modbus_exception(code: int) -> int:
    """Give the status for a Modbus exception, with its number kept in the low byte."""
    kind = BAD_NO_COMMUNICATION if code in MODBUS_UNIT_AWAY else BAD_DEVICE_FAILURE
    return kind | (code & 0xFF)


def describe_exception(code: int) -> str:
    """Name a Modbus exception for a person: `Modbus exception 2: illegal data address`."""
    return f"Modbus exception {code}: {_MODBUS_EXCEPTIONS.get(code, 'unknown')}"


def describe(status: int) -> str:
    """Name a status for a person: `BadDeviceFailure (Modbus exception 2: illegal data address)`.

    What an OPC UA server says beside it is kept too: `UncertainSensorNotAccurate (at its high limit)`.
    """
    kind, exception = status & 0xFFFF0000, status & 0xFF
    name = NAMES.get(kind, f"0x{kind:08X}")
    if status & _INFO_BITS == _DATA_VALUE:
        said = [_LIMITS[status & 0x300]] if status & 0x300 else []
        said += ["values were lost before it"] if status & _OVERFLOW else []
        return f"{name} ({', '.join(said)})" if said else name
    if exception and kind in (BAD_DEVICE_FAILURE, BAD_NO_COMMUNICATION):
        return f"{name} ({describe_exception(exception)})"
    return name


def is_bad(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Tell which values the device itself calls bad."""
    return status >= BAD


def is_uncertain(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Tell which values the device itself calls uncertain."""
    return (status >= UNCERTAIN) & (status < BAD)


def is_comm(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Tell where the way to the device failed, and the device said nothing."""
    return np.isin(status >> 16, _COMM)


def is_missing(status: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Tell where a reading is simply not there (an empty cell of a file)."""
    missing: NDArray[np.bool_] = status >> 16 == _MISSING
    return missing
