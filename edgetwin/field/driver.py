"""The contract of a driver. It fits on one screen; tests/field/test_contract.py holds every driver to it.

A driver knows how to open one device, how to read it and how to close it. It never reconnects, never logs that it
is down and never waits between attempts: `poller.keep` does that, the same way for every protocol.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Protocol, runtime_checkable

from edgetwin.core.signals import Frame, Ids

Deliver = Callable[[Frame], None]
Room = Callable[[], Awaitable[None]]


class DeviceDown(Exception):  # noqa: N818 - a state of the plant, not a programming error
    """The device cannot be read now. `reason` is for the log, `hint` says what a technician can do about it."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint

    @property
    def in_words(self) -> str:
        """Say both, to a person."""
        return f"{self.reason}; {self.hint}" if self.hint else self.reason


class Driver(Protocol):
    """One device. `open`, then iterate `frames` until it raises DeviceDown, then `close`; and again.

    - `open` either has a working link when it returns, or raises DeviceDown. Cancelling it leaks nothing.
    - `frames` yields one Frame per poll cycle (or notification). The ids in it count the signals of this device from
      0, in the order of its configuration; where they stand among those of others is not for it to know. Each value is
      stamped when its own answer arrived. A signal that fails alone is in the frame, NaN with a bad status; its
      neighbours are not touched by it. A signal stands in a frame once at most. A frame without any says that the
      device is there. It raises DeviceDown when the whole device is away, and never ends otherwise.
    - `close` never raises, may be called twice, and returns within a second.
    """

    @property
    def name(self) -> str:
        """The name of the device in the configuration."""
        ...

    @property
    def address(self) -> str:
        """Where it is, for messages: `modbus-tcp://192.168.10.21:502 unit 1`. Never with a password in it."""
        ...

    @property
    def ids(self) -> Ids:
        """All signals of the device, counted from 0, whether or not they can be read now."""
        ...

    @property
    def missed(self) -> int:
        """Polls that were skipped since the start, because the one before took too long."""
        ...

    @property
    def lost(self) -> int:
        """Readings that the device sent and that were dropped on the way here, since the start."""
        ...

    async def open(self) -> None:
        """Connect."""
        ...

    def frames(self) -> AsyncGenerator[Frame, None]:
        """Read for as long as the device answers."""
        ...

    async def close(self) -> None:
        """Let go of the link."""
        ...


async def no_wait() -> None:
    """Find that there is always room."""


@runtime_checkable
class Patient(Protocol):
    """A driver whose device waits, as a file does. Before each frame it awaits `room`, so none need be dropped."""

    room: Room


@runtime_checkable
class Clocked(Protocol):
    """A driver whose device has clocks of its own. They are compared with ours, and with each other."""

    @property
    def facts(self) -> Mapping[str, float]:
        """Give `clock_off_s`, the device against us, and `source_off_s`, its sources against it; 0: all is well."""
        ...
