"""Registers that two signals read in different ways: one of the two is not what its name says.

What may share registers without a word: signals that read the same in the same way; bits and bytes of one register,
beside each other and beside that register as a whole. Whatever else does so on purpose says `shared = true`.
"""

from collections.abc import Callable, Iterator

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_signal import ModbusSignal
from edgetwin.config.modbus_types import BYTES, WHOLE_REGISTER
from edgetwin.config.places import Place
from edgetwin.config.problems import Mistake, Path


def overlaps(name: str, device: ModbusDevice, place_of: Callable[[Path], Place]) -> Iterator[Mistake]:
    """Find the registers of a device that are read in two ways."""

    def place(signal: str) -> Place:
        return place_of(("device", name, "signals", signal))

    places = sorted(
        device.signals, key=lambda signal: (device.signals[signal].area, device.signals[signal].address)
    )
    told = set[str]()
    for number, first in enumerate(places):
        one = device.signals[first]
        for second in places[number + 1 :]:
            other = device.signals[second]
            if other.area != one.area or other.address >= one.address + one.words:
                break
            if _may_share(device, one, other):
                continue
            early, late = sorted((first, second), key=place)
            if late in told:  # it may overlap several: one is enough to go and look
                continue
            told.add(late)
            yield Mistake(
                ("device", name, "signals", late),
                f"{_taken(device.signals[late])} overlaps {early} {place(early).where}, "
                f"which is {_taken(device.signals[early])}",
                "correct at or type of one of them; if both are right, add shared = true to one",
            )


def _may_share(device: ModbusDevice, one: ModbusSignal, other: ModbusSignal) -> bool:
    if one.shared or other.shared or _reading(device, one) == _reading(device, other):
        return True
    return (
        (_is_part(one) or _is_part(other))
        and all(_is_part(signal) or signal.type in WHOLE_REGISTER for signal in (one, other))
        and (one.byte_order or device.byte_order) == (other.byte_order or device.byte_order)
    )


def _is_part(signal: ModbusSignal) -> bool:
    """Tell whether it is a bit or a byte of a register."""
    return signal.bit is not None or signal.type in BYTES


def _reading(device: ModbusDevice, signal: ModbusSignal) -> tuple[object, ...]:
    """Tell how a signal's registers are read: two that do it alike may share them."""
    words = (signal.word_order or device.word_order) if signal.words > 1 else None
    return signal.address, signal.type, signal.length, words, signal.byte_order or device.byte_order


def _taken(signal: ModbusSignal) -> str:
    last = signal.address + signal.words - 1
    where = f"{signal.area}:{signal.address}" + (f" to {signal.area}:{last}" if signal.words > 1 else "")
    part = "" if signal.bit is None else f" {signal.bit}"
    words = f" {signal.word_order}" if signal.word_order else ""
    octets = f" (bytes {signal.byte_order})" if signal.byte_order else ""
    return f"{'bit' if part else signal.type}{part}{words}{octets} in {where}"
