"""OPC UA by subscription: the server says what changed, when it changed. One notification is one Frame (or more).

Import this module only where a device needs it: asyncua costs 23 MB and a quarter of a second.
"""

from collections.abc import AsyncGenerator, Sequence

import numpy as np

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.core import status
from edgetwin.core.signals import Clock, Frame, Ids
from edgetwin.field import opcua_values
from edgetwin.field.opcua_link import OpcUaLink, Wish
from edgetwin.field.refusals import Refusals, retry_s


class OpcUaDriver:
    """One OPC UA server."""

    def __init__(self, name: str, config: OpcUaDevice, clock: Clock) -> None:
        self.name = name
        self.address = config.address
        self.ids: Ids = np.arange(len(config.signals), dtype=np.int32)
        self.missed = 0  # nothing is asked for in cycles, so no cycle is missed
        self._names = list(config.signals)
        self._is_text = [signal.text for signal in config.signals.values()]
        self._wishes = [
            Wish(
                place=place,
                node=signal.node,
                sampling_s=signal.every or config.every,
                deadband=signal.deadband,
            )
            for place, signal in enumerate(config.signals.values())
        ]
        self._config = config
        self._refusals = Refusals(name)
        self._clock = clock
        self._link: OpcUaLink | None = None
        self._lost_before = 0

    @property
    def lost(self) -> int:
        """Readings that the server dropped in its queue, or we in ours, since the start."""
        return self._lost_before + (self._link.lost if self._link else 0)

    async def open(self) -> None:
        """Connect and make a subscription."""
        config = self._config
        link = OpcUaLink(config.connect, config.endpoint, config.timeout_s, self._clock)
        if config.user is not None:
            link.log_in_as(config.user, config.password.get_secret_value() if config.password else "")
        try:
            await link.open(min(wish.sampling_s for wish in self._wishes))
        except BaseException:
            await link.close()
            raise
        self._link = link

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Pass on what the server publishes. A node that it does not know is failed, and asked for now and then."""
        link = self._link
        if link is None:
            raise RuntimeError(f"{self.name}: frames before open")
        missing: Sequence[Wish] = self._wishes
        wait_s, retry_ns = 0.0, self._clock().mono
        while True:
            if missing and self._clock().mono >= retry_ns:
                wait_s = retry_s(wait_s)
                retry_ns = self._clock().mono + round(wait_s * 1e9)
                codes = await link.subscribe(missing)
                missing, frame = self._sort(missing, codes)
                if frame is not None:
                    yield frame
            notification = await link.next()
            for frame in opcua_values.frames(notification.stamp, notification.items, self._is_text):
                yield frame

    async def close(self) -> None:
        """Let go of the session."""
        link, self._link = self._link, None
        if link is not None:
            self._lost_before += link.lost
            await link.close()

    def _sort(self, wishes: Sequence[Wish], codes: Sequence[int]) -> tuple[list[Wish], Frame | None]:
        """Tell the nodes that the server will not give, and make the frame that says so."""
        missing = []
        for wish, code in zip(wishes, codes, strict=True):
            if code == status.GOOD:
                self._refusals.answers([self._names[wish.place]])
            else:
                hint = f"the server does not give {wish.node}: is `node` right?"
                self._refusals.refused(self._names[wish.place], code, hint)
                missing.append(wish)
        if not missing:
            return [], None
        ids = np.array([wish.place for wish in missing], np.int32)
        bad = np.array([code for code in codes if code != status.GOOD], np.uint32)
        return missing, Frame.at(self._clock(), ids, np.full(len(ids), np.nan), bad)
