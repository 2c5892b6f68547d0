"""OPC UA: the server says what changed, when it changed; or it is asked in cycles, where it is poor at that.

One notification is one Frame (or more), and one cycle is one. Import this module only where a device needs it:
asyncua costs 23 MB and a quarter of a second.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.config.pki import DIRECTORY
from edgetwin.core import status
from edgetwin.core.signals import Clock, Frame, Ids
from edgetwin.field.opcua.clock import ClockWatch
from edgetwin.field.opcua.hints import hint
from edgetwin.field.opcua.link import OpcUaLink
from edgetwin.field.opcua.nodes import Wish
from edgetwin.field.opcua.security import OpcUaSecurity
from edgetwin.field.opcua.session import OpcUaSession, Targets
from edgetwin.field.opcua.subscription import OpcUaSubscription, filter_refused
from edgetwin.field.opcua.values import joined
from edgetwin.field.opcua.wishes import takes_of, wishes_of
from edgetwin.field.refusals import Refusals, Retry
from edgetwin.field.schedule import Schedule

log = structlog.get_logger()

_REFUSED, _ANSWERS = 1, 2
_NAMED = 5  # signals that one line of the log names


class OpcUaDriver:
    """One OPC UA server."""

    def __init__(
        self,
        name: str,
        config: OpcUaDevice,
        clock: Clock,
        pki: Path = DIRECTORY,
        *,
        refusals: Refusals | None = None,
    ) -> None:
        self.name = name
        self.address = config.address
        self.ids: Ids = np.arange(len(config.signals), dtype=np.int32)
        self._names = list(config.signals)
        self._signals = list(config.signals.values())
        self._wishes = wishes_of(config)
        self._takes = takes_of(config)
        self._config = config
        self._security = OpcUaSecurity(name, config, pki, clock)
        self._refusals = refusals or Refusals(name, clock)
        self._unfiltered: set[str] = set()  # signals whose deadband was refused, and that were told so
        self._clock = clock
        periods = sorted({wish.every_s for wish in self._wishes})
        self._periods = periods
        self._clocks = ClockWatch(len(config.signals), config.clock_tolerance, lag_s=2 * periods[-1])
        self._session: OpcUaSession | None = None
        self._subscription: OpcUaSubscription | None = None
        self._schedule: Schedule | None = None
        self._lost_before = 0
        self._missed_before = 0

    @property
    def lost(self) -> int:
        """Readings that the server dropped in its queue, or we in ours, since the start."""
        return self._lost_before + (self._subscription.lost if self._subscription else 0)

    @property
    def missed(self) -> int:
        """Cycles that were skipped since the start; with a subscription there are none."""
        return self._missed_before + (self._schedule.missed if self._schedule else 0)

    @property
    def facts(self) -> dict[str, float]:
        """How far the clocks of the server and of its sources are off."""
        return {"clock_off_s": self._clocks.server_off_s, "source_off_s": self._clocks.source_off_s}

    async def open(self) -> None:
        """Connect, and make a subscription."""
        config = self._config
        link = OpcUaLink(config.connect, config.endpoint, config.timeout_s, self._security)
        subscription = OpcUaSubscription(link, self._clock) if config.mode == "subscribe" else None
        try:
            await link.open()
            if subscription is not None:
                await subscription.open(self._periods[0])
        except BaseException:
            await link.close()
            raise
        self._session, self._subscription = OpcUaSession(link, self._takes, self._clock), subscription

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Pass on what the server gives. A node that it does not know is failed, and asked for now and then."""
        session, subscription = self._session, self._subscription
        if session is None:
            raise RuntimeError(f"{self.name}: frames before open")
        frames = self._told(session, subscription) if subscription else self._asked(session)
        told = np.zeros(len(self.ids), np.int8)  # what is known of each signal in this session: nothing yet
        async with aclosing(frames):
            async for frame in frames:
                self._note_refusals(frame, told)
                yield frame

    async def close(self) -> None:
        """Let go of the session."""
        self._lost_before, self._missed_before = self.lost, self.missed
        session, self._session, self._subscription, self._schedule = self._session, None, None, None
        if session is not None:
            await session.link.close()

    async def _told(
        self, session: OpcUaSession, subscription: OpcUaSubscription
    ) -> AsyncGenerator[Frame, None]:
        """Take what the server publishes."""
        missing: Sequence[Wish] = self._wishes
        retry = Retry(self._clock().mono)
        while True:
            if missing and retry.due(self._clock().mono):
                targets, refused = await session.find(missing)
                refused |= await self._subscribe(subscription, targets)
                missing = list(refused)
                if (failed := self._failed(refused)) is not None:
                    yield failed
            notification = await subscription.next()
            self._security.remind()
            self._clocks.heard(notification.stamp.wall, notification.server_ns)
            for frame in session.frames(notification.stamp, notification.items):
                self._clocks.took(frame, notification.server_ns)
                yield frame

    async def _subscribe(self, subscription: OpcUaSubscription, targets: Targets) -> dict[Wish, int]:
        """Subscribe to what was found, and give what was refused. A deadband is no reason to have no value."""
        codes = dict(zip(targets, await subscription.subscribe(targets), strict=True))
        plain = {wish: targets[wish] for wish, code in codes.items() if filter_refused(code)}
        if plain:
            self._tell_unfiltered({wish: codes[wish] for wish in plain})
            codes |= zip(plain, await subscription.subscribe(plain, with_deadband=False), strict=True)
        return {wish: code for wish, code in codes.items() if code != status.GOOD}

    async def _asked(self, session: OpcUaSession) -> AsyncGenerator[Frame, None]:
        """Read in cycles."""
        self._schedule = schedule = Schedule(self._periods, self._clock().mono)
        targets: Targets = {}
        missing = dict.fromkeys(self._wishes, status.BAD_NODE_UNKNOWN)
        retry = Retry(self._clock().mono)
        while True:
            if missing and retry.due(self._clock().mono):
                found, missing = await session.find(list(missing))
                targets |= found
            async with session.link.lifeline.hold():
                due = {self._periods[number] for number in await schedule.wait(self._clock)}
            self._security.remind()
            parts = []
            if heard := await session.read(
                (wish, target) for wish, target in targets.items() if wish.every_s in due
            ):
                frame, answer = heard
                self._clocks.heard(answer.stamp.wall, answer.server_ns)
                self._clocks.took(frame, answer.server_ns)
                parts.append(frame)
            failed = self._failed({wish: code for wish, code in missing.items() if wish.every_s in due})
            yield joined([*parts, failed] if failed is not None else parts)

    def _failed(self, refused: Mapping[Wish, int]) -> Frame | None:
        """Make the frame that says which signals the server does not give, if there are any."""
        if not refused:
            return None
        rows = [(place, code) for wish, code in refused.items() for place in wish.places]
        ids = np.array([place for place, _ in rows], np.int32)
        codes = np.array([code for _, code in rows], np.uint32)
        return Frame.at(self._clock(), ids, np.full(len(ids), np.nan), codes)

    def _note_refusals(self, frame: Frame, told: NDArray[np.int8]) -> None:
        """Tell the log which signals fail for a reason that lies in the configuration, and which no longer do."""
        bad = status.is_bad(frame.status)
        failed = bad & (told[frame.ids] != _REFUSED)
        for place, code in zip(frame.ids[failed].tolist(), frame.status[failed].tolist(), strict=True):
            if advice := hint(code, self._signals[place]):
                told[place] = _REFUSED
                self._refusals.refused(self._names[place], code, advice)
        answers = frame.ids[~bad & (told[frame.ids] != _ANSWERS)]
        if len(answers):
            told[answers] = _ANSWERS
            self._refusals.answers([self._names[place] for place in answers.tolist()])

    def _tell_unfiltered(self, refused: Mapping[Wish, int]) -> None:
        """Tell the log which signals have no deadband after all; in one line, for they may be many."""
        told = {
            self._names[place]: code
            for wish, code in refused.items()
            for place in wish.places
            if self._names[place] not in self._unfiltered
        }
        if not told:
            return
        self._unfiltered |= told.keys()
        names = list(told)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        log.warning(
            "no deadband",
            device=self.name,
            signals=", ".join(names[:_NAMED]) + more,
            reason=status.describe(told[names[0]]),
            hint="the server has none for these nodes, and tells every change; one in percent needs an EURange",
        )
