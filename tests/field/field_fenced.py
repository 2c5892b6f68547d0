"""What the children of fenced test devices run: OPC UA without patience, and a driver that goes wrong at will."""

import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import structlog

from edgetwin.core.signals import Clock, Frame
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua import link as opcua_link
from edgetwin.field.opcua.driver import OpcUaDriver
from edgetwin.field.refusals import Refusals

CHANGES = 1000  # in a frame


def impatient(*wanted: Any, **more: Any) -> OpcUaDriver:  # noqa: ANN401 - whatever the driver takes
    """Make a driver that soon asks a frozen server whether it lives."""
    opcua_link.PROBE_S = 0.2
    return OpcUaDriver(*wanted, **more)


@dataclass(frozen=True)
class Play:
    """What a puppet is to do."""

    act: str
    address: str = "nowhere"
    signals: Mapping[str, None] = field(
        default_factory=lambda: {f"s{number}": None for number in range(CHANGES)}
    )


class Puppet:
    """A driver without a device. Its act is the name of one of its methods."""

    def __init__(self, name: str, config: Play, clock: Clock, *, refusals: Refusals) -> None:
        self.name = name
        self.address = config.address
        self.ids = np.arange(len(config.signals), dtype=np.int32)
        self.missed = 3
        self.lost = 0
        self.facts = {"clock_off_s": 7.5 if config.act == "flood" else 0.0}
        self._act = config.act
        self._clock = clock
        self._refusals = refusals

    async def open(self) -> None:
        """Be ready, or go wrong here already."""
        if self._act == "refuse":
            raise DeviceDown("no", "ask again")

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Send frames for ever; the act comes after the first. Their values count the frames."""
        number = 0.0
        while True:
            values = np.full(len(self.ids), number)
            yield Frame.at(self._clock(), self.ids, values)
            number += 1
            getattr(self, self._act)()

    async def close(self) -> None:
        """Have nothing to close."""

    def flood(self) -> None:
        """Go on."""

    def talk(self) -> None:
        """Say all kinds of things, and that it is over."""
        structlog.get_logger().warning("the puppet speaks", device=self.name, number=7, odd={1, 2})
        logging.getLogger("asyncua.puppet").warning("a library says %s", "something")
        self._refusals.refused("s1", 0x80340000, "is it there?")
        self._refusals.answers(["s2"])
        raise DeviceDown("over")

    def fail(self) -> None:
        """Have a bug."""
        raise KeyError("puppet")

    def eat(self) -> None:
        """Take memory without end."""
        hoard = []
        while True:
            hoard.append(bytes(2**20))

    def spin(self) -> None:
        """Do something else for ever."""
        while True:
            pass

    def rave(self) -> None:
        """Speak of signals that it does not have."""
        self.ids = self.ids + np.int32(5)
