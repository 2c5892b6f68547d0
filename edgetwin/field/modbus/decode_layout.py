"""How one value lies in the answer of a Modbus unit. Pure."""

from dataclasses import dataclass

from edgetwin.config.modbus_types import BYTES, Byte, Order, Type, registers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one value is stored, wherever that is."""

    type: Type
    bit: int = 0
    byte: Byte = "low"
    length: int = 0
    word_order: Order = "high-first"
    byte_order: Order = "high-first"
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout(Form):
    """How one value lies in an answer: `position` counts registers (or bits) from the answer's first one."""

    position: int

    def byte_positions(self) -> list[int]:
        """Where the bytes of a number are in the answer, least significant first."""
        words = range(self.position, self.position + registers_of(self.type))
        lowest_first = words if self.word_order == "low-first" else reversed(words)
        low, high = (1, 0) if self.byte_order == "high-first" else (0, 1)
        halves = [low, high]
        if self.type in BYTES:
            halves = [low] if self.byte == "low" else [high]
        return [2 * word + half for word in lowest_first for half in halves]

    def character_positions(self) -> list[int]:
        """Where the characters of a string are in the answer, the first one first: its registers are never turned."""
        first, turned = 2 * self.position, self.byte_order == "low-first"
        return [first + (number ^ 1 if turned else number) for number in range(self.length)]
