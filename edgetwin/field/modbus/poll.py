"""Reads one rhythm of a unit into columns, and learns which registers the unit refuses.

A device refuses a whole block when one register in it does not exist. The block is halved until the bad register
stands alone: that signal gets the exception as its status and is tried again now and then, its neighbours go on, and
from then on no poll asks for it along with them. A good register that appears later (a PLC that was reprogrammed) puts
the original plan back.

A block for which the device is busy is asked for once more at the end of the same cycle.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from edgetwin.core import status
from edgetwin.core.signals import Clock, Codes, Floats, Nanos, Stamp
from edgetwin.field.modbus.bus import NoAnswer
from edgetwin.field.modbus.decode_text import Texts
from edgetwin.field.modbus.frames import Refused, Unusable
from edgetwin.field.modbus.link import ModbusLink
from edgetwin.field.modbus.plan import Block, Rhythm
from edgetwin.field.refusals import Refusals, Retry

# Illegal address, illegal value: one of the registers is the reason, or how many there are.
_NOT_THERE = (2, 3)
_LATER = (5, 6)  # the device is busy, and says: ask again


@dataclass(slots=True)
class Columns:
    """The columns of a frame while it is being filled, or a part of them."""

    values: Floats
    codes: Codes
    t_read: Nanos
    mono: Nanos
    texts: Texts | None = None  # only where a device has strings

    @classmethod
    def empty(cls, length: int, *, texts: bool = False) -> Self:
        """Make columns in which nothing has arrived yet."""
        return cls(
            values=np.full(length, np.nan),
            codes=np.full(length, status.BAD_NO_DATA, np.uint32),
            t_read=np.zeros(length, np.int64),
            mono=np.zeros(length, np.int64),
            texts=np.full(length, None, object) if texts else None,
        )

    def part(self, span: slice) -> "Columns":
        """Give some of the rows; what is written there is written here."""
        texts = None if self.texts is None else self.texts[span]
        return Columns(self.values[span], self.codes[span], self.t_read[span], self.mono[span], texts)

    def arrived(self, stamp: Stamp) -> None:
        """Stamp all rows."""
        self.t_read[:] = stamp.wall
        self.mono[:] = stamp.mono

    def failed(self, stamp: Stamp, code: int) -> None:
        """Say of all rows that they could not be read."""
        self.values[:] = np.nan
        self.codes[:] = code
        if self.texts is not None:
            self.texts[:] = None
        self.arrived(stamp)


@dataclass(slots=True)
class _Refusal:
    """A register that the device refuses, with the exception code."""

    block: Block
    code: int
    retry: Retry


class Poll:
    """One rhythm over one connection. What it learned is forgotten with the connection."""

    def __init__(self, rhythm: Rhythm, link: ModbusLink, refusals: Refusals, clock: Clock) -> None:
        self._rhythm = rhythm
        self._link = link
        self._refusals = refusals
        self._clock = clock
        self._blocks = list(rhythm.blocks)
        self._refused: dict[int, _Refusal] = {}
        self._busy: list[Block] = []

    async def read(self, columns: Columns) -> None:
        """Fill the columns of this rhythm."""
        self._busy.clear()
        for block in tuple(self._blocks):
            if code := await self._read_block(block, columns):
                readable = await self._search(block, code, columns)
                place = self._blocks.index(block)
                self._blocks[place : place + 1] = readable
        for refusal in tuple(self._refused.values()):
            await self._read_refused(refusal, columns)

    async def read_busy(self, columns: Columns, until_ns: int) -> None:
        """Ask once more for what the device was too busy for, as long as there is time."""
        for block in tuple(self._busy):
            if self._clock().mono < until_ns:
                await self._read_block(block, columns)

    async def _read_block(self, block: Block, columns: Columns) -> int:
        """Read one block and give 0. If it is refused for what halving may find, write nothing and give the code."""
        part = columns.part(block.span)
        try:
            answer = await self._link.read(block.area, block.address, block.count)
        except Refused as refused:
            if refused.code in _NOT_THERE:
                return refused.code
            if refused.code in _LATER:
                self._busy.append(block)
            part.failed(self._clock(), status.modbus_exception(refused.code))
        except Unusable:
            part.failed(self._clock(), status.BAD_COMMUNICATION)
        except NoAnswer:
            part.failed(self._clock(), status.BAD_TIMEOUT)
        else:
            part.arrived(self._clock())
            block.read(answer, part.values, part.codes, part.texts)
            self._refusals.answers(register.name for register in block.registers)
        return 0

    async def _search(self, block: Block, code: int, columns: Columns) -> list[Block]:
        """Find what in a refused block is refused, and give the largest blocks that can be read without it."""
        joined: list[Block] = []
        for piece in await self._halve(block, code, columns):
            if joined and joined[-1].span.stop == piece.span.start:
                larger = joined[-1].joined(piece)
                # The whole block again would be refused again: then its length or a gap in it is the reason.
                if len(larger) < len(block) and not await self._read_block(larger, columns):
                    joined[-1] = larger
                    continue
            joined.append(piece)
        return joined

    async def _halve(self, block: Block, code: int, columns: Columns) -> list[Block]:
        """Give the pieces of a refused block that can be read; a register that cannot is noted as refused."""
        if len(block) == 1:
            self._note_refused(block, code)
            return []
        pieces = []
        for half in block.halves():
            if code := await self._read_block(half, columns):
                pieces += await self._halve(half, code, columns)
            else:
                pieces.append(half)
        return pieces

    async def _read_refused(self, refusal: _Refusal, columns: Columns) -> None:
        """Give a refused register its status again, and ask for it once in a while."""
        now = self._clock()
        if refusal.retry.due(now.mono):
            if not await self._read_block(refusal.block, columns):
                self._blocks = list(self._rhythm.blocks)
                self._refused.clear()
                return
            self._tell_refused(refusal.block, refusal.code)
        columns.part(refusal.block.span).failed(now, status.modbus_exception(refusal.code))

    def _note_refused(self, block: Block, code: int) -> None:
        now_ns = self._clock().mono
        retry = Retry(now_ns)
        retry.due(now_ns)  # it was asked just now
        self._refused[block.first] = _Refusal(block, code, retry)
        self._tell_refused(block, code)

    def _tell_refused(self, block: Block, code: int) -> None:
        place = f"{block.area}:{block.address}"
        self._refusals.refused(
            block.registers[0].name,
            status.modbus_exception(code),
            f"the device has nothing readable at {place}: is `at` right?",
        )
