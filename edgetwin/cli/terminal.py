"""The terminal on which a picture is refreshed in place. It knows nothing of what is shown."""

from typing import Self, TextIO


class Terminal:
    """A page that is refreshed in place. What stood on it before comes back when the context ends."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        self._write("\x1b[?1049h\x1b[?25l\x1b[?7l")  # other page, no cursor, no wrapping
        return self

    def __exit__(self, *_: object) -> None:
        self._write("\x1b[?7h\x1b[?25h\x1b[?1049l")

    def show(self, text: str) -> None:
        """Replace what is shown, without a flicker."""
        self._write("\x1b[H" + text.replace("\n", "\x1b[K\n") + "\x1b[K\x1b[J")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
