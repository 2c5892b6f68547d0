"""What registers may mean: every type and order that they could be read in, ranked by how plausible it is. Pure.

Each meaning is weighed against chance: by how much more likely are these bits if they are a measured value stored so,
than if they were thrown by dice. The weights are natural logarithms of that ratio, so those of neighbours add up, and
a block of registers can be shared out among its likeliest meanings. What a plant measures is taken to lie between a
thousandth and a million, small whole numbers to be more common than large ones, and a value to move little from one
look to the next.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from edgetwin.config.modbus_types import NUMBERS, Order, Type, registers_of
from edgetwin.core import status
from edgetwin.field.modbus.decode import Decoder
from edgetwin.field.modbus.decode_layout import Layout

Limits = tuple[float, float]

# How common a type is in the field, beside the integers of one register and float32.
_RARE: dict[Type, float] = {
    **dict.fromkeys(("int32", "uint32", "float64"), -1.0),
    **dict.fromkeys(("int64", "uint64"), -4.0),
    **dict.fromkeys(("float16", "bcd16", "bcd32", "bcd64"), -3.0),
}
# There are so many ways to read a register that one of them looks right by chance. Zero is zero in all of them.
_CHOSEN = -1.5
_WORDS_TURNED, _BYTES_TURNED, _NEGATIVE = -0.7, -2.5, -1.0
# So common are registers of zeros. Wherever there are several, each stands alone.
_ZERO = math.log(0.3 * 2**16)
# Of a floating-point type: the share of all exponents that is usual, and how many bits its mantissa has.
_FLOATS: dict[Type, tuple[float, int]] = {
    "float16": (26 / 32, 11),
    "float32": (30 / 256, 24),
    "float64": (30 / 2048, 53),
}
_ROUND = 0.5  # so many values are round: set by somebody, or measured in coarse steps
_USUAL, _POSSIBLE = (-3.0, 6.0), (-6.0, 9.0)  # powers of ten
_UNLIKELY = -6.0
_INSIDE = 3.0  # the user knows the range
_MOST_FROM_MOVING = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One way to read what begins at register `position`. `share` is how likely it is among all that begin there."""

    position: int
    type: Type
    values: tuple[float, ...]  # one for each look
    weight: float
    why: tuple[str, ...]
    word_order: Order = "high-first"
    byte_order: Order = "high-first"
    share: float = 0.0

    @property
    def width(self) -> int:
        """How many registers it takes."""
        return registers_of(self.type)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a block of registers may mean: for each register the meanings that begin there, the likeliest first.

    `likeliest` shares the whole block out among meanings that do not overlap.
    """

    at: tuple[tuple[Meaning, ...], ...]
    likeliest: tuple[Meaning, ...]


def rank(looks: Sequence[bytes], limits: Limits | None = None) -> Ranking:
    """Rank the meanings of a block. Each look is one answer; `limits` are of the value that begins the block."""
    length = len(looks[0]) // 2
    found = [_meanings(looks, place, limits if place == 0 else None) for place in range(length)]
    rest = [0.0] * (length + 1)  # the weight of the best way to share out all from here on
    for place in range(length - 1, -1, -1):
        rest[place] = max(
            (meaning.weight + rest[place + meaning.width] for meaning in found[place]),
            default=rest[place + 1],
        )
    at = tuple(_with_shares(meanings, rest) for meanings in found)
    likeliest, place = list[Meaning](), 0
    while place < length:
        likeliest += at[place][:1]
        place += at[place][0].width if at[place] else 1
    return Ranking(at, tuple(likeliest))


def _with_shares(meanings: Sequence[Meaning], rest: Sequence[float]) -> tuple[Meaning, ...]:
    """Compare meanings of different width: a narrow one leaves registers over that must mean something too."""
    if not meanings:
        return ()
    totals = [meaning.weight + rest[meaning.position + meaning.width] for meaning in meanings]
    odds = [math.exp(total - max(totals)) for total in totals]
    shared = [replace(meaning, share=odd / sum(odds)) for meaning, odd in zip(meanings, odds, strict=True)]
    return tuple(sorted(shared, key=lambda meaning: -meaning.share))


def _meanings(looks: Sequence[bytes], position: int, limits: Limits | None) -> list[Meaning]:
    """Weigh all that a value beginning at a register may be."""
    room = len(looks[0]) // 2 - position
    layouts = [layout for layout in _layouts(position) if registers_of(layout.type) <= room]
    decoder = Decoder(layouts)
    values = np.full((len(looks), len(layouts)), np.nan)
    codes = np.full(len(layouts), status.GOOD, np.uint32)
    for row, answer in enumerate(looks):
        decoder.read(answer, values[row], codes)
    found: dict[tuple[object, ...], Meaning] = {}
    for layout, column in zip(layouts, values.T, strict=True):
        if np.isfinite(column).all():
            meaning = _weighed(layout, tuple(column.tolist()), limits)
            # int16 and uint16 of a small number are one meaning, and one name stands for both.
            key = (meaning.width, meaning.values)
            if key not in found or found[key].weight <= meaning.weight:
                found[key] = meaning
    return list(found.values())


def _layouts(position: int) -> Iterator[Layout]:
    orders: tuple[Order, Order] = ("high-first", "low-first")
    for kind in NUMBERS:
        if kind in ("int8", "uint8"):
            continue  # a byte fits whatever is there
        for words in orders if registers_of(kind) > 1 else orders[:1]:
            for octets in orders:
                yield Layout(position=position, type=kind, word_order=words, byte_order=octets)


def _weighed(layout: Layout, values: tuple[float, ...], limits: Limits | None) -> Meaning:
    weight = _RARE.get(layout.type, 0.0) + _CHOSEN * any(values)
    weight += _WORDS_TURNED * (layout.word_order == "low-first")
    weight += _BYTES_TURNED * (layout.byte_order == "low-first")
    why = list[str]()
    for each, said in (_size(layout.type, values), _moving(values), _range(values, limits)):
        weight += each
        why += [said] if said else []
    return Meaning(
        position=layout.position,
        type=layout.type,
        values=values,
        weight=weight,
        why=tuple(why),
        word_order=layout.word_order,
        byte_order=layout.byte_order,
    )


def _size(kind: Type, values: Sequence[float]) -> tuple[float, str]:
    """Weigh how large a value is, against bits thrown by dice."""
    value, width = float(np.median(values)), registers_of(kind)
    if value == 0:
        return _ZERO, "zero, which says little"
    sign = _NEGATIVE if value < 0 else 0.0
    if kind not in _FLOATS:
        # Of whole numbers each power of ten is as likely as the next, so small ones are more common.
        bits = 16 * width * math.log(2)
        weight = sign + bits - math.log(abs(value) * bits)
        return weight, "a small number" if weight > 2 else "a large number" if weight < 0 else ""
    usual, mantissa = _FLOATS[kind]
    power = math.log10(abs(value))
    if _USUAL[0] <= power <= _USUAL[1]:
        return sign - math.log(usual) + _roundness(value, mantissa), "a usual size"
    if _POSSIBLE[0] <= power <= _POSSIBLE[1]:
        return sign - 1.0, "an unusual size"
    return _UNLIKELY, "an absurd size"


def _roundness(value: float, mantissa: int) -> float:
    """Weigh how many of the last bits of a mantissa are zero: dice hardly throw 61.25, people write it."""
    digits = round(math.frexp(abs(value))[0] * 2**mantissa)
    zeros = (digits & -digits).bit_length() - 1
    return float(max(0.0, math.log(_ROUND / mantissa) + zeros * math.log(2)))


def _moving(values: Sequence[float]) -> tuple[float, str]:
    """Weigh how a value moves from one look to the next. One that stands still says nothing."""
    moves = [
        abs(later - earlier) / max(abs(earlier), abs(later))
        for earlier, later in pairwise(values)
        if later != earlier
    ]
    if not moves:
        return 0.0, ""
    weight = sum(
        1.5 if move <= 0.02 else 0.5 if move <= 0.1 else -1.0 if move <= 0.5 else -3.0 for move in moves
    )
    said = "moves smoothly" if weight > 0 else "jumps"
    return max(-_MOST_FROM_MOVING, min(_MOST_FROM_MOVING, weight)), said


def _range(values: Sequence[float], limits: Limits | None) -> tuple[float, str]:
    if limits is None:
        return 0.0, ""
    inside = all(limits[0] <= value <= limits[1] for value in values)
    return (_INSIDE, "inside the range") if inside else (_UNLIKELY, "outside the range")
