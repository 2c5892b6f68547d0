"""Which registers are asked for together. Pure: worked out once at the start, tested without a socket.

A request costs far more than a register, so the registers of one area and one rhythm are read in as few requests as
the device allows, across small gaps of registers that nobody asked for. A value of several words is never split over
two requests: its halves could come from two scans of the PLC. A device that hands over no more than one value at once
(`single_reads`) gets a request for each; signals within the registers of that value share it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_types import registers_of
from edgetwin.config.registers import BITS, Area
from edgetwin.field.modbus.decode import BitDecoder, Decoder
from edgetwin.field.modbus.decode_layout import Form, Layout

MAX_REGISTERS = 125  # in one answer, says the protocol
MAX_BITS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Form):
    """One signal, as it lies in the tables of the device."""

    name: str
    area: Area
    address: int

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.address + self.width

    @property
    def width(self) -> int:
        """How many registers (or bits, of coils and discrete inputs) it takes."""
        return registers_of(self.type, self.length)

    def layout(self, start: int) -> Layout:
        """How it lies in an answer whose first register is `start`."""
        form = {each.name: getattr(self, each.name) for each in fields(Form)}
        return Layout(position=self.address - start, **form)


class Block:
    """One request and how its answer is read. `first` is the place of its first register in its rhythm."""

    def __init__(self, registers: Sequence[Register], first: int) -> None:
        self.registers = tuple(registers)
        self.first = first
        self.area = registers[0].area
        self.address = registers[0].address
        self.count = max(register.end for register in registers) - self.address
        layouts = [register.layout(self.address) for register in registers]
        self.read = (BitDecoder(layouts) if self.area in BITS else Decoder(layouts)).read
        self.span = slice(first, first + len(self.registers))

    def __len__(self) -> int:
        return len(self.registers)

    def __repr__(self) -> str:
        return f"Block({self.area}:{self.address} count={self.count} signals={len(self)})"

    @property
    def octets(self) -> int:
        """How many bytes of values the answer has."""
        return (self.count + 7) // 8 if self.area in BITS else 2 * self.count

    def halves(self) -> tuple["Block", "Block"]:
        """Two requests for what is one here."""
        middle = len(self) // 2
        return (
            Block(self.registers[:middle], self.first),
            Block(self.registers[middle:], self.first + middle),
        )

    def joined(self, other: "Block") -> "Block":
        """One request for this block and the one right after it."""
        return Block(self.registers + other.registers, self.first)


@dataclass(frozen=True, slots=True, eq=False)
class Rhythm:
    """All that is read with one period: its signals in the order of their addresses, and the requests for them."""

    period_s: float
    registers: tuple[Register, ...]
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, period_s: float, registers: Sequence[Register], limits: "Limits") -> Self:
        """Group registers into blocks."""
        ordered = sorted(registers, key=lambda register: (register.area, register.address, -register.end))
        blocks: list[Block] = []
        first, end = 0, ordered[0].end
        for place, register in enumerate(ordered[1:], start=1):
            if not limits.allow(ordered[first], end, register):
                blocks.append(Block(ordered[first:place], first))
                first, end = place, register.end
            end = max(end, register.end)
        blocks.append(Block(ordered[first:], first))
        return cls(period_s, tuple(ordered), tuple(blocks))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may ask for."""

    registers: int
    gap: int
    single: bool = False

    def allow(self, first: Register, end: int, following: Register) -> bool:
        """Tell whether a block from `first` to before `end` may grow by the register that follows it."""
        if following.area != first.area:
            return False
        if self.single:
            return following.end <= end
        # A gap of 16 bits is as long on the wire as one of one register.
        longest, gap = (MAX_BITS, 16 * self.gap) if following.area in BITS else (self.registers, self.gap)
        return following.address - end <= gap and max(end, following.end) - first.address <= longest


def registers(config: ModbusDevice) -> list[Register]:
    """Give the signals of a device as registers; what a signal does not say is taken from its device."""
    return [
        Register(
            name=name,
            area=signal.area,
            address=signal.address,
            type=signal.type,
            bit=signal.bit or 0,
            byte=signal.byte or "low",
            length=signal.length or 0,
            word_order=signal.word_order or config.word_order,
            byte_order=signal.byte_order or config.byte_order,
            scale=signal.scale,
            offset=signal.offset,
        )
        for name, signal in config.signals.items()
    ]


def plan(config: ModbusDevice) -> tuple[Rhythm, ...]:
    """Plan the reading of a device, fastest rhythm first."""
    by_period: dict[float, list[Register]] = defaultdict(list)
    for register, signal in zip(registers(config), config.signals.values(), strict=True):
        by_period[signal.every or config.every].append(register)
    limits = Limits(min(config.max_registers, MAX_REGISTERS), config.max_gap, config.single_reads)
    return tuple(Rhythm.of(period_s, members, limits) for period_s, members in sorted(by_period.items()))
