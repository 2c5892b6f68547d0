"""A progress bar on a terminal: how far a long work is; of a file also how fast, and how long it takes. Else nothing.

The clock is an argument, so that a test can turn it.
"""

import shutil
import time
from collections.abc import Callable
from typing import TextIO

_PATIENCE_S = 0.5  # a file that is done sooner needs no bar
_REFRESH_S = 0.1
_BAR = 24


class Progress:
    """One bar on one line. `total` is the bytes of a file; None until somebody knows, and in a pipe for good."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.total: int | None = None
        self._stream = stream
        self._clock = clock
        self._shows = stream.isatty()
        self._start = clock()
        self._next = self._start + _PATIENCE_S
        self._drawn = False

    def update(self, position: int, samples: int) -> None:
        """Draw how far a file has been read, if it is time to."""
        elapsed = self._clock() - self._start
        pace = f"{samples / elapsed:,.0f} samples/s" if elapsed else ""
        if not self.total:
            self.show(None, f"{samples:,} samples  {pace}")
            return
        done = min(position / self.total, 1.0)
        left = f"{_duration(elapsed / done - elapsed)} left" if done else ""
        self.show(done, f"{pace}  {left}")

    def show(self, done: float | None, text: str) -> None:
        """Draw which share of the work is done, if that is known, and a word about it, if it is time to."""
        if not self._shows or (now := self._clock()) < self._next:
            return
        self._next = now + _REFRESH_S
        filled = round((done or 0.0) * _BAR)
        bar = "" if done is None else f"[{'#' * filled}{'.' * (_BAR - filled)}] {done:4.0%}  "
        self._stream.write(f"\r\x1b[2K{(bar + text)[: shutil.get_terminal_size().columns - 1]}")
        self._stream.flush()
        self._drawn = True

    def line(self, text: str) -> None:
        """Write a line of text; the bar makes room for it."""
        self.clear()
        self._stream.write(f"{text}\n")

    def clear(self) -> None:
        """Take the bar away."""
        if self._drawn:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._drawn = False


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes}:{rest:02}"
