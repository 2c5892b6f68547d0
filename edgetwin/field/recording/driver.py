"""A recording as a device: plays it at the speed it was made, so many times faster, or as fast as possible.

Its stamps are those of the file; it arrives now. A gap in the recording is waited out in proportion, time that goes
back is not waited for. The file is read in a thread, a block ahead. A file that cannot be used is a device that is
down; one that breaks off later is a recording that ends there.

At its end it says so once and stays silent, or begins again with stamps that go on. It never begins again otherwise.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Generator

import numpy as np
import structlog

from edgetwin.config.recording import RecordedDevice
from edgetwin.core.signals import Clock, Frame, Ids
from edgetwin.field.driver import DeviceDown, Room, no_wait
from edgetwin.field.recording import source
from edgetwin.field.recording.moment import Moment, Wanted
from edgetwin.field.recording.pace import Pace
from edgetwin.field.schedule import Sleep
from edgetwin.field.table.problems import Problems, Trouble, UnusableFile

log = structlog.get_logger()

Block = list[Moment]

_OPTION = re.compile(r'--(time|every|dates) ("[^"]*"|\w+)')
_CLOSE_S = 0.5  # a disk that hangs holds nobody up for longer


class ReplayDriver:
    """One recording."""

    def __init__(self, name: str, config: RecordedDevice, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self.name = name
        self.address = config.address
        self.ids: Ids = np.arange(len(config.signals), dtype=np.int32)
        self.room: Room = no_wait
        self._path = config.path
        self._wanted = Wanted.of(name, config)
        self._again = config.at_end == "again"
        self._clock = clock
        self._pace = Pace(config.speed, clock, sleep)
        self._problems = Problems(self._tell)
        self._blocks: Generator[Block, None, None] | None = None
        self._reading: asyncio.Future[Block | None] | None = None
        self._rows = 0
        self._round = _Round()
        self._over = False

    @property
    def missed(self) -> int:
        """Nothing: a recording waits."""
        return 0

    @property
    def lost(self) -> int:
        """Rows of the file that could not be used at all."""
        counts = tuple(self._problems.counts.items())  # at once: the thread that reads goes on counting
        return sum(count for (trouble, _), count in counts if trouble in (Trouble.TIME, Trouble.BROKEN))

    async def open(self) -> None:
        """Open the file and read its first block."""
        if not self._over:
            await self._begin()
            self._pace.restart()

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Play the file, and again if so configured; then keep silent."""
        while not self._over:
            while block := await self._next():
                for moment in block:
                    await self._pace.until(moment.time + self._round.shift)
                    await self.room()
                    self._rows += 1
                    self._round.count(moment.time)
                    yield self._frame(moment)
                await asyncio.sleep(0)  # as fast as possible is no faster than all others get their turn
            await self._end()
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Let go of the file."""
        reading, blocks = self._reading, self._blocks
        self._reading = self._blocks = None
        if reading is None or blocks is None:
            return

        def let_go(done: asyncio.Future[Block | None]) -> None:
            done.exception()  # nobody else will ask for it
            blocks.close()

        reading.add_done_callback(let_go)  # not while the thread is in it
        await asyncio.wait({reading}, timeout=_CLOSE_S)

    async def _begin(self) -> None:
        self._blocks = source.blocks(self._path, self._wanted, self._problems)
        self._reading = self._read(self._blocks)
        try:
            first = await asyncio.shield(self._reading)
        except UnusableFile as error:
            raise DeviceDown(error.reason, _in_toml(error.hint)) from error
        except OSError as error:
            hint = "is the path right, and may the service read it? It sees nothing below /home"
            raise DeviceDown(f"the file cannot be read: {error.strerror or error}", hint) from error
        if first is None:
            raise DeviceDown(
                "the recording has none of the signals", "check what they are called in the file"
            )

    async def _next(self) -> Block | None:
        """Give the next block; None after the last. A file that breaks off ends there, and that is told."""
        if self._reading is None or self._blocks is None:
            raise RuntimeError(f"{self.name}: frames before open")
        try:
            block = await asyncio.shield(self._reading)
        except (UnusableFile, OSError) as error:
            log.warning("the recording breaks off", device=self.name, file=str(self._path), reason=str(error))
            return None
        if block is not None:
            self._reading = self._read(self._blocks)
        return block

    async def _end(self) -> None:
        """Begin again, or say that it is over."""
        if self._again:
            if not self._round.shift:  # once is enough: a short file begins again and again
                log.info(
                    "the recording begins again", device=self.name, file=str(self._path), rows=self._rows
                )
            self._round.next()
            await self.close()
            await self._begin()
            return
        self._over = True
        problems = self._problems.totals()
        tell = log.warning if problems else log.info
        tell(
            "the recording is over",
            device=self.name,
            file=str(self._path),
            rows=self._rows,
            problems=problems,
        )

    @staticmethod
    def _read(blocks: Generator[Block, None, None]) -> asyncio.Future[Block | None]:
        """Read one block in a thread; None after the last."""
        return asyncio.get_running_loop().run_in_executor(None, next, blocks, None)

    def _frame(self, moment: Moment) -> Frame:
        """Let a moment arrive now."""
        now, k = self._clock(), len(moment.ids)
        return Frame(
            ids=moment.ids,
            values=moment.values,
            status=moment.status,
            t_source=moment.stamps + self._round.shift,
            t_read=np.full(k, now.wall, np.int64),
            mono=np.full(k, now.mono, np.int64),
            texts=moment.texts,
        )

    def _tell(self, text: str) -> None:
        """Pass on what is to be said about the file, from the thread that reads it; but not in every round again."""
        if not self._round.shift:
            log.info("about the recording", device=self.name, file=str(self._path), what=text)


class _Round:
    """One time through the file, and by how much its stamps are moved so that they go on from the last."""

    def __init__(self) -> None:
        self.shift = 0
        self._first: int | None = None
        self._last = 0
        self._moments = 0

    def count(self, time: int) -> None:
        """Note one moment."""
        self._first = time if self._first is None else min(self._first, time)
        self._last = time if self._moments == 0 else max(self._last, time)
        self._moments += 1

    def next(self) -> None:
        """Begin the next round one step after the last moment of this one."""
        span = self._last - (self._first or 0)
        step = span // (self._moments - 1) if self._moments > 1 and span else 1_000_000_000
        self.shift += span + step
        self._first, self._moments = None, 0


def _in_toml(hint: str) -> str:
    """Give a hint about the options of a command as one about the keys of a device."""
    return _OPTION.sub(lambda found: f'{found[1]} = "{found[2].strip(chr(34))}"', hint)
