"""Signals that a device refuses while it serves the others: said once when it begins, once when it ends.

A driver keeps this over all its connections, so that a device that reconnects every minute does not repeat itself.
"""

from collections.abc import Iterable

import structlog

from edgetwin.core import status

log = structlog.get_logger()

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0


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

    def __init__(self, device: str) -> None:
        self._device = device
        self._refused: set[str] = set()

    def refused(self, signal: str, code: int, hint: str) -> None:
        """Note that the device refuses a signal."""
        if signal not in self._refused:
            self._refused.add(signal)
            name = f"{self._device}.{signal}"
            log.warning("signal refused", signal=name, reason=status.describe(code), hint=hint)

    def answers(self, signals: Iterable[str]) -> None:
        """Note that the device gives these signals; most of them it always gave."""
        if not self._refused:
            return
        for signal in self._refused.intersection(signals):
            self._refused.remove(signal)
            log.info("signal answers", signal=f"{self._device}.{signal}")
