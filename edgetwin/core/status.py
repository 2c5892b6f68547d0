"""The status that a device gives with a value, kept as it came.

The house speaks OPC UA status codes everywhere (32 bits, the top two say good, uncertain or bad), since it is the
richest vocabulary in the field. A Modbus exception keeps its number in the low byte of BAD_DEVICE_FAILURE, or of
BAD_NO_COMMUNICATION where a gateway in between says that the unit is not there.
"""

import numpy as np
from numpy.typing import NDArray

GOOD = 0x00000000
UNCERTAIN = 0x40000000
BAD = 0x80000000
BAD_COMMUNICATION = 0x80050000  # an answer came, and it was not usable
BAD_TIMEOUT = 0x800A0000  # no answer in time
BAD_NO_COMMUNICATION = 0x80310000  # the link to the device is down
BAD_WAITING = 0x80320000  # subscribed, nothing received yet
BAD_NODE_UNKNOWN = 0x80340000  # the device has no such node
BAD_TYPE_MISMATCH = 0x80740000  # the device answers something that is not a number
BAD_CONFIGURATION = 0x80890000
BAD_NOT_CONNECTED = 0x808A0000
BAD_DEVICE_FAILURE = 0x808B0000
BAD_SENSOR_FAILURE = 0x808C0000
BAD_OUT_OF_SERVICE = 0x808D0000
BAD_NO_DATA = 0x809B0000  # this reading is missing

_NAMES = {
    GOOD: "Good",
    UNCERTAIN: "Uncertain",
    BAD: "Bad",
    BAD_COMMUNICATION: "BadCommunicationError",
    BAD_TIMEOUT: "BadTimeout",
    BAD_NO_COMMUNICATION: "BadNoCommunication",
    BAD_WAITING: "BadWaitingForInitialData",
    BAD_NODE_UNKNOWN: "BadNodeIdUnknown",
    BAD_TYPE_MISMATCH: "BadTypeMismatch",
    BAD_CONFIGURATION: "BadConfigurationError",
    BAD_NOT_CONNECTED: "BadNotConnected",
    BAD_DEVICE_FAILURE: "BadDeviceFailure",
    BAD_SENSOR_FAILURE: "BadSensorFailure",
    BAD_OUT_OF_SERVICE: "BadOutOfService",
    BAD_NO_DATA: "BadNoData",
}

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

# The codes that speak of the way to the device, not of the device.
_COMM = np.array([BAD_COMMUNICATION, BAD_TIMEOUT, BAD_NO_COMMUNICATION, BAD_NOT_CONNECTED], np.uint32) >> 16
_MISSING = BAD_NO_DATA >> 16


def modbus_exception(code: int) -> int:
    """Give the status for a Modbus exception, with its number kept in the low byte."""
    kind = BAD_NO_COMMUNICATION if code in MODBUS_UNIT_AWAY else BAD_DEVICE_FAILURE
    return kind | (code & 0xFF)


def describe(status: int) -> str:
    """Name a status for a person: `BadDeviceFailure (Modbus exception 2: illegal data address)`."""
    kind, exception = status & 0xFFFF0000, status & 0xFF
    name = _NAMES.get(kind, f"0x{kind:08X}")
    if exception and kind in (BAD_DEVICE_FAILURE, BAD_NO_COMMUNICATION):
        return f"{name} (Modbus exception {exception}: {_MODBUS_EXCEPTIONS.get(exception, 'unknown')})"
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
