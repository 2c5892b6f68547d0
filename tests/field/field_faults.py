"""Ways in which an answer can be spoilt between a Modbus device and the gateway. Pure.

A fault gives what arrives in place of the answer: pieces, each with the time it arrives, counted in time-outs of the
request from the moment that was sent. Only faults that can be found out are here. A value that is changed in a frame
whose ids, lengths and checksum are made to fit again is beyond anybody, and so is an answer on a serial line that is
later than the line promises to wait (twice the time-out), or is repeated after the next request was sent: without
transaction ids it looks like the answer to that one.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edgetwin.field.modbus.frames import crc16

Pieces = list[tuple[float, bytes]]
LATEST = 1.7  # time-outs: what would arrive later is dropped, see above
OF_ANOTHER = "of another request"  # the one fault that needs `Case.other`
_CLOSE = b""  # in place of bytes: the connection is closed


@dataclass(frozen=True, slots=True)
class Case:
    """An answer to be spoilt. `older` answered the request before; `other` another unit, function or count."""

    answer: bytes
    older: bytes
    other: bytes
    chance: random.Random


Fault = Callable[[Case], Pieces]


def now(*pieces: bytes) -> Pieces:
    """Let pieces arrive at once, each by itself."""
    return [(0.0, piece) for piece in pieces]


def cut(case: Case) -> int:
    """Choose a place within the answer."""
    return case.chance.randrange(1, len(case.answer))


def noise(case: Case, most: int = 12) -> bytes:
    """Make bytes without a meaning."""
    return case.chance.randbytes(case.chance.randint(1, most))


def split(case: Case) -> Pieces:
    """Let one half arrive somewhat later than the other."""
    at = cut(case)
    return [(0.0, case.answer[:at]), (case.chance.uniform(0.0, 1.5), case.answer[at:])]


def flipped(case: Case) -> bytes:
    """Turn up to three bits around: a checksum finds each of these out."""
    octets = bytearray(case.answer)
    for _ in range(case.chance.randint(1, 3)):
        octets[case.chance.randrange(len(octets))] ^= 1 << case.chance.randrange(8)
    if octets == case.answer:  # one bit, turned twice
        octets[-1] ^= 1
    return bytes(octets)


def without_one(case: Case) -> bytes:
    """Lose one byte."""
    at = cut(case)
    return case.answer[: at - 1] + case.answer[at:]


def with_one_more(case: Case) -> bytes:
    """Hear one byte that nobody sent."""
    at = cut(case)
    return case.answer[:at] + case.chance.randbytes(1) + case.answer[at:]


ANYWHERE: Mapping[str, Fault] = {
    "late": lambda case: [(case.chance.uniform(0.0, 0.9), case.answer)],
    "too late": lambda case: [(case.chance.uniform(1.0, LATEST), case.answer)],
    "lost": lambda _: [],
    "said twice": lambda case: now(case.answer + case.answer),
    "split": split,
    "in single bytes": lambda case: now(*(bytes([octet]) for octet in case.answer)),
    "cut short": lambda case: now(case.answer[: cut(case)]),
    "noise": lambda case: now(noise(case, most=40)),
    "noise before it": lambda case: now(noise(case) + case.answer),
    "noise behind it": lambda case: now(case.answer + noise(case)),
    "one byte less": lambda case: now(without_one(case)),
}


# --- Modbus TCP: transaction id, protocol id, length, unit, function code, byte count, data --------------------


def number(case: Case, to: int) -> bytes:
    """Give it another transaction id, and other values."""
    return to.to_bytes(2, "big") + case.answer[2:9] + bytes(octet ^ 0x55 for octet in case.answer[9:])


def resized(case: Case) -> bytes:
    """Take registers away or add some, with all lengths made to fit."""
    data = case.answer[9:]
    data = data[:-2] if len(data) > 2 and case.chance.random() < 0.5 else data + case.chance.randbytes(2)
    return tcp(case.answer, case.answer[6:8] + bytes([len(data)]) + data)


def tcp(of: bytes, pdu: bytes) -> bytes:
    """Put a frame together with the transaction id of another one."""
    return of[:4] + len(pdu).to_bytes(2, "big") + pdu


def other_number(case: Case) -> int:
    return int.from_bytes(case.answer[:2], "big") ^ case.chance.randrange(1, 0x10000)


TCP: Mapping[str, Fault] = {
    **ANYWHERE,
    "said again": lambda case: now(case.answer, case.answer),
    "said again later": lambda case: [(0.0, case.answer), (case.chance.uniform(0.0, 2.5), case.answer)],
    "one byte more": lambda case: now(with_one_more(case)),
    "without a number": lambda case: now(number(case, 0)),
    "with another number": lambda case: now(number(case, other_number(case))),
    "the one before instead": lambda case: now(case.older),
    "the one before first": lambda case: now(case.older + case.answer),
    "swapped with the one before": lambda case: now(case.answer + case.older),
    OF_ANOTHER: lambda case: now(tcp(case.answer, case.other[6:])),
    "of another protocol": lambda case: now(
        case.answer[:2] + case.chance.randbytes(1) + b"\1" + case.answer[4:]
    ),
    "of another length": lambda case: now(resized(case)),
    "with a wrong count": lambda case: now(case.answer[:8] + bytes([case.answer[8] ^ 2]) + case.answer[9:]),
    "an exception": lambda case: now(
        tcp(case.answer, bytes([case.answer[6], case.answer[7] | 0x80, case.chance.choice((1, 4, 6, 11))]))
    ),
    "hung up": lambda case: now(case.answer[: cut(case)], _CLOSE),
}


# --- A serial line: unit, function code, byte count, data, checksum --------------------------------------------


def sealed(frame: bytes) -> bytes:
    """Put the right checksum behind it."""
    return frame + crc16(frame)


def shorter(case: Case) -> bytes:
    """Take a register away or add one, with the byte count and the checksum made to fit."""
    data = case.answer[3:-2]
    data = data[:-2] if len(data) > 2 and case.chance.random() < 0.5 else data + case.chance.randbytes(2)
    return sealed(case.answer[:2] + bytes([len(data)]) + data)


RTU: Mapping[str, Fault] = {
    **ANYWHERE,
    OF_ANOTHER: lambda case: now(case.other),
    "of another length": lambda case: now(shorter(case)),
    "with a wrong count": lambda case: now(
        sealed(case.answer[:2] + bytes([case.answer[2] ^ 2]) + case.answer[3:-2])
    ),
    "with bits turned around": lambda case: now(flipped(case)),
    "an exception": lambda case: now(
        sealed(bytes([case.answer[0], case.answer[1] | 0x80, case.chance.choice((1, 4, 6, 11))]))
    ),
}
