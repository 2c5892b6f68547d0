"""Outcomes as CSV: one row per sample and signal, in arrival order. Only writes text; decides nothing.

Columns: time, signal, raw, value, sigma, quality, reasons, surprise. A number that is not there is an empty cell.
All others are the shortest text that reads back as the same number; only `surprise` is rounded, to three decimals.
The work is done column by column: the numbers of a whole batch become text in one call.
"""

from typing import Protocol

import numpy as np
import orjson

from edgetwin.core.signals import Floats, Outcome, Quality, SignalTable, reason_names
from edgetwin.uplink.stamps import iso

HEADER = "time,signal,raw,value,sigma,quality,reasons,surprise"
REASON_MARK = "|"  # between reasons; it needs no quotes in a CSV file

_TIMES_KEPT = 10_000


def quoted(text: str) -> str:
    """Write a text as one cell, in quotes where it needs them."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def time_text(ns: int) -> str:
    """Write a time as everywhere in the house, in microseconds; in nanoseconds where it has some."""
    text, nanos = iso(ns), ns % 1000
    return f"{text[:-1]}{nanos:03d}Z" if nanos else text


class _Times(dict[int, str]):
    """Time in ns -> its text. All columns of a row share one, so each is written once."""

    def __missing__(self, ns: int) -> str:
        if len(self) >= _TIMES_KEPT:
            self.clear()
        text = self[ns] = time_text(ns)
        return text


class _Verdicts(dict[int, str]):
    """Quality and reason bits as one number -> their two cells. A plant shows only some hundreds of them."""

    def __missing__(self, key: int) -> str:
        reasons = REASON_MARK.join(reason_names(key >> 2))
        text = self[key] = f"{Quality(key & 3).name.lower()},{reasons}"
        return text


class Bytes(Protocol):
    """Anything that bytes can be written to."""

    def write(self, data: bytes, /) -> object:
        """Write some bytes."""
        ...


class OutcomeCsv:
    """Writes outcomes to an open file, its header first."""

    def __init__(self, file: Bytes, table: SignalTable) -> None:
        self._file = file
        self._names = [quoted(name) for name in table.names]
        self._times = _Times()
        self._verdicts = _Verdicts()
        file.write(f"{HEADER}\n".encode())

    def write(self, outcome: Outcome) -> None:
        """Write one row per reading of the outcome."""
        if not len(outcome):
            return
        raw = _cells(outcome.raw)
        for place, text in enumerate(outcome.texts):
            if text is not None:
                raw[place] = quoted(text)
        verdicts = outcome.reasons.astype(np.int64) << 2 | outcome.quality
        rows = zip(
            map(self._times.__getitem__, outcome.t_read.tolist()),
            map(self._names.__getitem__, outcome.ids.tolist()),
            raw,
            _cells(outcome.value),
            _cells(outcome.sigma),
            map(self._verdicts.__getitem__, verdicts.tolist()),
            _cells(np.round(outcome.surprise, 3)),
            strict=True,
        )
        text = "\n".join(map(",".join, rows))
        self._file.write(f"{text}\n".encode())


def _cells(numbers: Floats) -> list[str]:
    """Write a column of numbers, each as short as it can be; nothing for NaN."""
    array = orjson.dumps(np.ascontiguousarray(numbers), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return array[1:-1].replace("null", "").split(",")
