"""Times as they are written: ISO 8601 in UTC with microseconds, `2026-11-20T09:42:38.123456Z`. Pure.

One form everywhere, always equally long, so that times sort as text. Nanoseconds as a number would lose their last
digits in every consumer that keeps numbers as doubles.
"""

import numpy as np

from edgetwin.core.signals import Nanos


def iso(ns: int) -> str:
    """Write one time."""
    return f"{np.datetime64(ns, 'ns').astype('datetime64[us]')}Z"


def iso_column(ns: Nanos) -> list[str | None]:
    """Write a column of times; None where the device gave no stamp (UNSTAMPED is numpy's "not a time").

    Most values of a tick arrived in the same answer, so each distinct time is written once.
    """
    unique, where = np.unique(ns, return_inverse=True)
    times = unique.astype("datetime64[ns]")
    written = [f"{text}Z" for text in np.datetime_as_string(times.astype("datetime64[us]")).tolist()]
    texts: list[str | None] = [
        None if none else text for none, text in zip(np.isnat(times).tolist(), written, strict=True)
    ]
    return [texts[place] for place in where.tolist()]
