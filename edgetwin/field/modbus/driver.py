"""Modbus: asks one unit for its registers, each in its rhythm. One poll cycle is one Frame."""

from collections.abc import AsyncGenerator, Sequence

import numpy as np

from edgetwin.config.modbus import ModbusDevice
from edgetwin.core.signals import UNSTAMPED, Clock, Frame, Ids
from edgetwin.field.modbus.bus import Buses
from edgetwin.field.modbus.link import ModbusLink
from edgetwin.field.modbus.phases import phases
from edgetwin.field.modbus.plan import plan
from edgetwin.field.modbus.poll import Columns, Poll
from edgetwin.field.refusals import Refusals
from edgetwin.field.schedule import Schedule


class ModbusDriver:
    """One Modbus unit, on a line that it may share with others.

    `phases_s` are those of its rhythms among all devices of the gateway. Without them it is taken to be the only one.
    """

    def __init__(
        self,
        name: str,
        config: ModbusDevice,
        clock: Clock,
        buses: Buses,
        phases_s: Sequence[float] | None = None,
    ) -> None:
        self.name = name
        self.address = config.address
        self.ids: Ids = np.arange(len(config.signals), dtype=np.int32)
        self._rhythms = plan(config)
        self._phases_s = phases({name: config})[name] if phases_s is None else phases_s
        places = {signal: place for place, signal in enumerate(config.signals)}
        self._rhythm_ids = [
            np.array([places[register.name] for register in rhythm.registers], np.int32)
            for rhythm in self._rhythms
        ]
        self._has_texts = any(signal.type == "string" for signal in config.signals.values())
        self._ids_when_due: dict[tuple[int, ...], Ids] = {}
        self._bus = buses.on(config.line)
        self._unit = config.unit
        self._timeout_s = config.timeout_s
        self._refusals = Refusals(name, clock)
        self._clock = clock
        self._link: ModbusLink | None = None
        self._schedule: Schedule | None = None
        self._missed_before = 0

    @property
    def missed(self) -> int:
        """Polls that were skipped since the start, because the one before took too long."""
        return self._missed_before + (self._schedule.missed if self._schedule else 0)

    @property
    def lost(self) -> int:
        """Nothing: what is asked for is waited for."""
        return 0

    async def open(self) -> None:
        """Connect."""
        link = ModbusLink(self._bus, self._unit, self._timeout_s, self._rhythms[0].period_s)
        try:
            await link.open()
        except BaseException:
            await link.close()
            raise
        self._link = link

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Ask in all rhythms for as long as the device answers."""
        link = self._link
        if link is None:
            raise RuntimeError(f"{self.name}: frames before open")
        polls = [Poll(rhythm, link, self._refusals, self._clock) for rhythm in self._rhythms]
        self._missed_before = self.missed
        periods_s = [rhythm.period_s for rhythm in self._rhythms]
        self._schedule = Schedule(periods_s, self._clock().mono, self._phases_s)
        while True:
            async with link.lifeline.hold():
                due = await self._schedule.wait(self._clock)
                frame = await self._cycle(link, polls, due)
            yield frame

    async def close(self) -> None:
        """Let go of the link."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _cycle(self, link: ModbusLink, polls: list[Poll], due: tuple[int, ...]) -> Frame:
        """Read the rhythms that are due, one after the other, into one frame."""
        ids = self._ids_of(due)
        columns = Columns.empty(len(ids), texts=self._has_texts)
        parts = []
        start = 0
        half_way_ns = self._clock().mono + round(self._rhythms[0].period_s / 2 * 1e9)
        for number in due:
            end = start + len(self._rhythm_ids[number])
            parts.append(columns.part(slice(start, end)))
            await polls[number].read(parts[-1])
            start = end
        for number, part in zip(due, parts, strict=True):
            await polls[number].read_busy(part, half_way_ns)
        link.judge_cycle()
        return Frame(
            ids=ids,
            values=columns.values,
            status=columns.codes,
            t_source=np.full(len(ids), UNSTAMPED, np.int64),
            t_read=columns.t_read,
            mono=columns.mono,
            texts=() if columns.texts is None else tuple(columns.texts),
        )

    def _ids_of(self, due: tuple[int, ...]) -> Ids:
        """Give the signals of several rhythms. The same few sets of rhythms fall together again and again."""
        if due not in self._ids_when_due:
            self._ids_when_due[due] = np.concatenate([self._rhythm_ids[number] for number in due])
        return self._ids_when_due[due]
