"""Single keys from a terminal, without waiting for Enter; the terminal is put back as it was.

It leaves Ctrl-C and Ctrl-Z to the terminal, and touches nothing when we are in the background.
"""

import asyncio
import os
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def keys(descriptor: int, pressed: Callable[[str], None]) -> Iterator[bool]:
    """Call `pressed` for each key while the context is open. Yields whether there is a keyboard at all."""
    if not _is_ours(descriptor):
        yield False
        return
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()

    def read() -> None:
        typed = os.read(descriptor, 64)
        if not typed:  # the terminal is gone
            loop.remove_reader(descriptor)
        elif not typed.startswith(b"\x1b"):  # an arrow or another long key, which is none of ours
            for key in typed.decode(errors="ignore"):
                pressed(key)

    tty.setcbreak(descriptor, termios.TCSANOW)
    loop.add_reader(descriptor, read)
    try:
        yield True
    finally:
        loop.remove_reader(descriptor)
        with suppress(termios.error):  # a terminal that is gone needs no order
            termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _is_ours(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
