"""A bound on the memory of a verb that listens to a stranger.

asyncua believes the lengths in a message: a few bytes that announce two thousand million elements make it build them
all. The kernel then refuses the memory, and what was to be read counts as unreadable.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = 256 * 2**20  # no honest answer needs as much


@contextmanager
def little_memory() -> Iterator[None]:
    """Let this process grow by so much and no more, for a while."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])  # of data and stack
    most = pages * resource.getpagesize() + MEMORY
    bounds = [each for each in (soft, hard, most) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
