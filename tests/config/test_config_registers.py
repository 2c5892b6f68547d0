"""Where a value is in a Modbus unit: as the datasheet counts, or from zero, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_signal import ModbusSignal
from edgetwin.config.registers import Register, register

LEADING = {"di": "1", "ir": "3", "hr": "4"}


@pytest.mark.parametrize(
    ("at", "place"),
    [
        (40101, Register("hr", 100)),
        (400101, Register("hr", 100)),
        (465536, Register("hr", 65_535)),
        (49999, Register("hr", 9_998)),
        (30001, Register("ir", 0)),
        (10001, Register("di", 0)),
        (100001, Register("di", 0)),
        ("co:0", Register("co", 0)),
        ("00001", Register("co", 0)),
        ("000001", Register("co", 0)),
        ("09999", Register("co", 9_998)),
        ("065536", Register("co", 65_535)),
        ("hr:65535", Register("hr", 65_535)),
    ],
)
def test_a_place_is_read_as_it_is_written(at: int | str, place: Register) -> None:
    assert register(at) == place


@given(st.sampled_from(["di", "ir", "hr"]), st.integers(1, 9_999))
def test_five_and_six_digits_mean_the_same(area: str, item: int) -> None:
    five = register(int(f"{LEADING[area]}{item:04d}"))
    six = register(int(f"{LEADING[area]}{item:05d}"))
    assert five == six == register(str(five))
    assert five == (area, item - 1)


@given(st.one_of(st.integers(), st.text(max_size=10), st.floats(), st.booleans()))
def test_anything_is_a_place_or_a_mistake(at: object) -> None:
    hint = ""
    address = -1
    try:
        address = register(at).address
    except PydanticCustomError as wrong:
        hint = str((wrong.context or {})["hint"])
    assert bool(hint) != (0 <= address <= 65_535)


@pytest.mark.parametrize("at", [100, 1, 0, 9_999, 65_536, 20_001, 50_001, 40_000, 465_537, -1, True, 1.5])
def test_what_could_be_two_registers_is_refused(at: object) -> None:
    with pytest.raises(PydanticCustomError):
        register(at)


@pytest.mark.parametrize(
    "at", ["40101", "0001", "0000001", "00000", "065537", "hr100", "HR:1", "hr:-1", "hr:65536", "hr:٣", "co:"]
)
def test_text_that_is_no_place_is_refused(at: str) -> None:
    with pytest.raises(PydanticCustomError):
        register(at)


def test_a_signal_knows_its_place_and_its_width() -> None:
    signal = ModbusSignal(at=40101, type="float64")
    assert (signal.area, signal.address, signal.words) == ("hr", 100, 4)


def test_the_type_that_is_not_given_is_the_usual_one() -> None:
    assert ModbusSignal(at=10001).type == "bool"
    assert ModbusSignal(at="co:7").type == "bool"
    assert ModbusSignal(at=30001).type == "uint16"


def test_a_device_knows_its_line() -> None:
    usual = ModbusDevice(connect="modbus-tcp://[fe80::1]", signals={})
    other = ModbusDevice(connect="modbus-tcp://plc:1502/", signals={})
    assert str(usual.line) == "fe80::1:502"
    assert str(other.line) == "plc:1502"
