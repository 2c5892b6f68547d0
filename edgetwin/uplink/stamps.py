"""Times as they are written: ISO 8601 in UTC with microseconds, `2026-11-20T09:42:38.123456Z`. Pure.

One form everywhere, always equally long, so that times sort as text. Nanoseconds as a number would lose their last
digits in every consumer that keeps numbers as doubles.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from edgetwin.core.signals import UNSTAMPED, Nanos

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(ns: int) -> str:
    """Write one time."""
    seconds, rest = divmod(ns, 1_000_000_000)
    return f"{_second(seconds)}.{rest // 1000:06d}Z"


def iso_column(ns: Nanos) -> list[str | None]:
    """Write a column of times; None where there is no stamp. Most of a tick came at once: each time is written once."""
    stamps = ns.tolist()
    written = {stamp: None if stamp == UNSTAMPED else iso(stamp) for stamp in set(stamps)}
    return [written[stamp] for stamp in stamps]


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
