"""Signals that a device refuses while it serves the others: said once when it begins, once when it ends.

A driver keeps this over all its connections, so that a device that reconnects every minute does not repeat itself. Of a
signal that comes and goes with each message something is said once a minute at most.
"""

from collections.abc import Iterable

import structlog

from edgetwin.core import status
from edgetwin.core.signals import Clock

log = structlog.get_logger()

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
QUIET_NS = 60 * 10**9  # that a signal is refused is said so often at most


def retry_s(last_s: float = 0.0) -> float:
    """Give how long to wait before a device is asked again for what it refuses; `last_s` was the wait before.

    A PLC that starts, or is being loaded, refuses for seconds what it will have; a wrong address is refused for ever.
    """
    return min(max(FIRST_RETRY_S, 2 * last_s), LONGEST_RETRY_S)


class Retry:
    """When a device is asked again for what it refuses. The first time is at once."""

    def __init__(self, now_ns: int) -> None:
        self._next_ns = now_ns
        self._wait_s = 0.0

    def due(self, now_ns: int) -> bool:
        """Tell whether it is time, and if so wait longer for the next."""
        if now_ns < self._next_ns:
            return False
        self._wait_s = retry_s(self._wait_s)
        self._next_ns = now_ns + round(self._wait_s * 1e9)
        return True


class Refusals:
    """The signals of one device that are refused now."""

    def __init__(self, device: str, clock: Clock) -> None:
        self._device = device
        self._clock = clock
        self._refused: set[str] = set()  # as was said last
        self._told_ns: dict[str, int] = {}  # when that a signal is refused was said last

    def refused(self, signal: str, code: int, hint: str) -> None:
        """Note that the device refuses a signal. Called again while it does."""
        now_ns = self._clock().mono
        if signal in self._refused or now_ns - self._told_ns.get(signal, now_ns - QUIET_NS) < QUIET_NS:
            return
        self._refused.add(signal)
        self._told_ns[signal] = now_ns
        name = f"{self._device}.{signal}"
        log.warning("signal refused", signal=name, reason=status.describe(code), hint=hint)

    def answers(self, signals: Iterable[str]) -> None:
        """Note that the device gives these signals; most of them it always gave."""
        if not self._refused:  # as mostly: this is asked for each answer
            return
        for signal in self._refused.intersection(signals):
            self._refused.remove(signal)
            log.info("signal answers", signal=f"{self._device}.{signal}")
