"""A progress bar on a terminal: how far a long file has been read, how fast, how long it will take. Else nothing.

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
    """One bar on one line. `total` bytes are to be read; None until somebody knows, and in a pipe for good."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.total: int | None = None
        self._stream = stream
        self._clock = clock
        self._shows = stream.isatty()
        self._start = clock()
        self._next = self._start + _PATIENCE_S
        self._drawn = False

    def update(self, position: int, samples: int) -> None:
        """Draw the bar again, if it is time to."""
        if not self._shows or (now := self._clock()) < self._next:
            return
        self._next = now + _REFRESH_S
        elapsed = now - self._start
        pace = f"{samples / elapsed:,.0f} samples/s"
        if self.total:
            done = min(position / self.total, 1.0)
            filled = round(done * _BAR)
            left = f"{_duration(elapsed / done - elapsed)} left" if done else ""
            line = f"[{'#' * filled}{'.' * (_BAR - filled)}] {done:4.0%}  {pace}  {left}"
        else:
            line = f"{samples:,} samples  {pace}"
        self._stream.write(f"\r\x1b[2K{line[: shutil.get_terminal_size().columns - 1]}")
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
