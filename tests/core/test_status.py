"""Status codes are kept as they came and named for people."""

import numpy as np
import pytest

from edgetwin.core import status as codes

GOODS = [codes.GOOD, 0x00960000, 0x00000408]  # good, local override, good with info bits
UNCERTAINS = [codes.UNCERTAIN, 0x40900000]
COMMS = [
    codes.BAD_COMMUNICATION,
    codes.BAD_TIMEOUT,
    codes.BAD_NO_COMMUNICATION,
    codes.BAD_NOT_CONNECTED,
    codes.modbus_exception(10),
    codes.modbus_exception(11),
]
OTHER_BADS = [codes.BAD, codes.BAD_SENSOR_FAILURE, codes.BAD_NO_DATA, codes.modbus_exception(2), 0xFFFFFFFF]
EVERY = np.array([*GOODS, *UNCERTAINS, *COMMS, *OTHER_BADS], np.uint32)


def test_each_status_is_good_or_uncertain_or_bad() -> None:
    bad, uncertain = codes.is_bad(EVERY), codes.is_uncertain(EVERY)
    assert bad.tolist() == [False] * 5 + [True] * 11
    assert uncertain.tolist() == [False] * 3 + [True] * 2 + [False] * 11


def test_the_way_to_the_device_is_not_the_device() -> None:
    assert codes.is_comm(EVERY).tolist() == [False] * 5 + [True] * 6 + [False] * 5


def test_a_missing_reading_is_neither() -> None:
    assert EVERY[codes.is_missing(EVERY)].tolist() == [codes.BAD_NO_DATA]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (codes.GOOD, "Good"),
        (codes.BAD_TIMEOUT, "BadTimeout"),
        (codes.BAD_TIMEOUT | 0x0480, "BadTimeout (values were lost before it)"),
        (0x40930600, "UncertainSensorNotAccurate (at its high limit)"),
        (0x80340000, "BadNodeIdUnknown"),
        (
            codes.BAD_DEVICE_FAILURE | 0x0580,
            "BadDeviceFailure (at its low limit, values were lost before it)",
        ),
        (codes.GOOD | 0x0700, "Good (constant)"),
        (0x80340080, "BadNodeIdUnknown"),  # bits that say nothing of a value, for nobody marked them so
        (codes.modbus_exception(2), "BadDeviceFailure (Modbus exception 2: illegal data address)"),
        (
            codes.modbus_exception(11),
            "BadNoCommunication (Modbus exception 11: gateway target does not respond)",
        ),
        (codes.modbus_exception(77), "BadDeviceFailure (Modbus exception 77: unknown)"),
        (codes.BAD_DEVICE_FAILURE, "BadDeviceFailure"),
        (0x80FF0000, "0x80FF0000"),
    ],
)
def test_a_status_has_a_name_for_people(status: int, words: str) -> None:
    assert codes.describe(status) == words


@pytest.mark.parametrize("exception", range(1, 12))
def test_a_modbus_exception_keeps_its_number(exception: int) -> None:
    assert codes.modbus_exception(exception) & 0xFF == exception
    assert bool(codes.is_bad(np.array([codes.modbus_exception(exception)], np.uint32))[0])
