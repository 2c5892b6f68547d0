"""Devices that come and go with a reload: what they read goes to the signals that are theirs, or nowhere."""

import asyncio
from collections.abc import AsyncGenerator

import numpy as np

from edgetwin.core.signals import Frame, Ids, Signal, SignalTable, Stamp
from edgetwin.devices import Devices
from edgetwin.inbox import Inbox

NOW = Stamp(1_780_000_000_000_000_000, 5_000_000_000)


class Stubborn:
    """A driver whose library loses every cancellation while it connects. Then it has one more thing to say."""

    name, address = "plc1", "nowhere"
    missed = lost = 0
    ids: Ids = np.arange(1, dtype=np.int32)

    def __init__(self) -> None:
        self.connecting, self.connected = asyncio.Event(), asyncio.Event()
        self.closed = asyncio.Event()

    async def open(self) -> None:
        """Connect, and heed nobody."""
        self.connecting.set()
        while not self.connected.is_set():
            try:
                await self.connected.wait()
            except asyncio.CancelledError:
                continue

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Say one thing."""
        yield Frame.at(NOW, self.ids, np.array([7.0]))
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Note that it is over."""
        self.closed.set()


async def test_a_device_that_does_not_end_is_heard_no_more() -> None:
    table, inbox = SignalTable([Signal(name="plc1.a"), Signal(name="plc1.b")]), Inbox()
    devices, stubborn = Devices(table, inbox, lambda: NOW), Stubborn()
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        devices.start(group, [stubborn])
        await stubborn.connecting.wait()
        await devices.retire(["plc1"], loop.time())
        devices.start(group, [heir := Stubborn()])  # the same device, configured otherwise
        stubborn.connected.set()
        await stubborn.closed.wait()
        from_the_old = inbox.take_now()
        heir.connected.set()
        from_the_new = await inbox.take(10)
        await devices.end(loop.time() + 10)
    assert from_the_old == []
    assert [frame.values.tolist() for frame in from_the_new] == [[7.0]]
