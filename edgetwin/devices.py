"""The devices at work. They outlive a reload: only those whose configuration has changed are started anew.

What a device reads goes to the inbox of the configuration that is at work at that moment. So while a new one takes
over, a device that it leaves alone misses no poll, and its frames wait for the new pipeline.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from edgetwin.core.signals import Clock, Frame, SignalTable
from edgetwin.field.driver import Driver, Patient
from edgetwin.field.link import LinkState
from edgetwin.field.poller import keep
from edgetwin.inbox import Inbox
from edgetwin.tasks import Tasks


class Devices:
    """One task for each device, and how each is doing."""

    def __init__(self, table: SignalTable, inbox: Inbox, clock: Clock) -> None:
        self.links: dict[str, LinkState] = {}
        self._table = table
        self._inbox = inbox
        self._clock = clock
        self._tasks = Tasks()

    def deliver_to(self, table: SignalTable, inbox: Inbox) -> None:
        """Put what is read from now on into another inbox, numbered as in another table."""
        self._table, self._inbox = table, inbox

    def start(self, group: asyncio.TaskGroup, drivers: Sequence[Driver]) -> None:
        """Start devices. All of them then stand in the order of the table."""
        links = self.links | {driver.name: LinkState(driver.name, driver.address) for driver in drivers}
        self.links = dict(sorted(links.items(), key=lambda entry: self._table.first_of(entry[0])))
        for driver in drivers:
            if isinstance(driver, Patient):
                driver.room = self._room
            link = links[driver.name]
            work = keep(driver, partial(self._put, link), self._clock, link)
            self._tasks.start(group, f"device {driver.name}", work)

    async def retire(self, names: Sequence[str], deadline: float) -> None:
        """Stop some devices, and forget them: one that has not ended by then is heard no more.

        `deadline` is a time of the loop.
        """
        await self._tasks.end(deadline, [f"device {name}" for name in names])
        for name in names:
            del self.links[name]

    async def end(self, deadline: float) -> None:
        """Stop all devices. How they were doing can still be told."""
        await self._tasks.end(deadline)

    async def _room(self) -> None:
        """Wait for room in the inbox that is at work now."""
        await self._inbox.room()

    def _put(self, link: LinkState, frame: Frame) -> None:
        # Another device may have the name by now, and other signals.
        if self.links.get(link.device) is link:
            self._inbox.put(frame.moved(self._table.first_of(link.device)))
