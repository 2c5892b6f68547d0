"""Watches the clocks of an OPC UA server: its own against ours, and those of its sources against its own. Pure.

A time stamp is worth what the clock is that made it. The server's own clock shows in each message it publishes. The
age of a source's stamp is judged for values that have just changed: of those that stand still it says nothing.
"""

from collections import deque

import numpy as np

from edgetwin.core.signals import UNSTAMPED, Frame, Nanos

WINDOW, ENOUGH = 9, 3  # messages looked at, and how many say something


class ClockWatch:
    """The clocks of one device. Offsets are in s, positive where a clock is ahead; 0 while all is well."""

    def __init__(self, signals: int, tolerance_s: float, lag_s: float) -> None:
        """Take how far a clock may be off, and how late a value may be published after it was sampled."""
        self.server_off_s = 0.0
        self.source_off_s = 0.0
        self._tolerance_s = tolerance_s
        self._lag_s = lag_s
        self._server: deque[float] = deque(maxlen=WINDOW)
        self._source: deque[float] = deque(maxlen=WINDOW)
        self._last: Nanos = np.full(signals, UNSTAMPED, np.int64)

    def heard(self, here_ns: int, there_ns: int) -> None:
        """Note what the server's clock showed (or UNSTAMPED) when a message of it arrived."""
        if there_ns == UNSTAMPED:
            return
        self._server.append((there_ns - here_ns) / 1e9)
        self.server_off_s = self._judge(self._server, self.server_off_s, 0.0)

    def took(self, frame: Frame, there_ns: int) -> None:
        """Note the sources' stamps in a frame that the server sent at a time of its own clock (or UNSTAMPED)."""
        last = self._last[frame.ids]
        fresh = (last != UNSTAMPED) & (frame.t_source != UNSTAMPED) & (frame.t_source != last)
        self._last[frame.ids] = frame.t_source
        if there_ns != UNSTAMPED and fresh.any():
            self._source.append(float(np.median(frame.t_source[fresh] - there_ns)) / 1e9)
            self.source_off_s = self._judge(self._source, self.source_off_s, self._lag_s)

    def _judge(self, offsets: deque[float], before_s: float, lag_s: float) -> float:
        """Give the median where it is too much. A clock that was off is right again at half the tolerance."""
        if len(offsets) < ENOUGH:
            return before_s
        off_s = float(np.median(offsets))
        allowed_s = self._tolerance_s / 2 if before_s else self._tolerance_s
        return 0.0 if -allowed_s - lag_s <= off_s <= allowed_s else off_s
