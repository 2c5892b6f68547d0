"""What a gateway has told -> the moments of a recording.

Two forms: its messages of state, one JSON object a line (`uplink/schema/state.json`), with the topic in front or
without, as `mosquitto_sub -v` and other subscribers write them down; messages of another kind among them are passed
over. And the CSV file of `edgetwin replay --out`.

Only raw readings are taken, with their status and stamps, and never the corrected values: a twin must not learn from
itself. A heartbeat tells once more what was told before: that is no new reading.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import orjson

from edgetwin.core import status as codes
from edgetwin.field.recording.moment import ROWS_AT_ONCE, Moment, Wanted
from edgetwin.field.table.cell import is_missing, number
from edgetwin.field.table.problems import Problems, Trouble, UnusableFile
from edgetwin.field.table.times import iso_time

_MESSAGE = re.compile(r'[^"{]*\{\s*"')  # an object, perhaps with its topic in front
_TABLE = re.compile(r"time,signal,raw(,|\s*$)")
_LARGEST_STATUS = 2**32 - 1

Line = tuple[int, str]

_time = lru_cache(maxsize=64)(iso_time)  # most readings of a message came at once


class _Reading(NamedTuple):
    """One reading; `place` is that of its signal among ours, `arrival` is when the gateway got it."""

    place: int
    value: float
    status: int
    stamp: int
    arrival: int
    text: str | None


def is_told(first_line: str) -> bool:
    """Tell whether a file that begins so was told by a gateway."""
    return bool(_MESSAGE.match(first_line) or _TABLE.match(first_line))


def blocks(lines: Iterator[Line], wanted: Wanted, problems: Problems) -> Iterator[list[Moment]]:
    """Read the signals that are wanted, moment by moment."""
    teller = _Teller(wanted, problems)
    number_, first = next(lines)
    moments = (
        teller.table(lines, first)
        if _TABLE.match(first)
        else teller.messages(chain([(number_, first)], lines))
    )
    block: list[Moment] = []
    try:
        for moment in moments:
            block.append(moment)
            if len(block) == ROWS_AT_ONCE:
                yield block
                block = []
    except (UnusableFile, OSError):  # what was read before it broke off is as good as any
        if block:
            yield block
        raise
    if block:
        yield block


class _Teller:
    """Goes through the lines of one file."""

    def __init__(self, wanted: Wanted, problems: Problems) -> None:
        self._places = wanted.names()
        self._texts = wanted.texts
        self._problems = problems
        self._told: dict[int, tuple[int, int]] = {}  # the stamps that each signal had last

    def messages(self, lines: Iterable[Line]) -> Iterator[Moment]:
        """Read messages: all readings of one are a moment."""
        for line, text in lines:
            if not text.strip():
                continue
            try:
                rows = _rows(orjson.loads(text[text.index("{") :]))
            except ValueError:
                self._problems.add(Trouble.BROKEN, line, "is no message of a gateway, and is left out")
                continue
            found = {reading.place: reading for row in rows for reading in self._reading(line, row)}
            if found:
                yield _moment(found)

    def _reading(self, line: int, row: object) -> Iterator[_Reading]:
        """Read one row of a message, if it is one of our signals and is not told for the second time."""
        place = self._places.get(str(row.get("signal"))) if isinstance(row, dict) else None
        if place is None or not isinstance(row, dict):
            return
        try:
            reading = self._said(place, row)
        except (KeyError, ValueError):
            self._problems.add(
                Trouble.BROKEN, line, "lacks raw, status or its stamps, and is left out", str(row["signal"])
            )
            return
        if self._told.get(place) != (reading.stamp, reading.arrival):
            self._told[place] = (reading.stamp, reading.arrival)
            yield reading

    def _said(self, place: int, row: Mapping[str, Any]) -> _Reading:
        read, source, raw, status = (row[key] for key in ("t_read", "t_source", "raw", "status"))
        text = row.get("label") if self._texts[place] else None
        as_declared = (
            isinstance(read, str)
            and isinstance(source, str | None)
            and isinstance(raw, int | float | None)
            and isinstance(status, int)
            and isinstance(text, str | None)
        )
        if not as_declared or not 0 <= status <= _LARGEST_STATUS:
            raise ValueError("is no reading")
        arrival = _time(read)
        stamp = arrival if source is None else _time(source)
        nothing = raw is None and text is None
        if nothing and status < codes.BAD:
            status = codes.BAD_NO_DATA
        return _Reading(place, np.nan if raw is None else raw, status, stamp, arrival, text)

    def table(self, lines: Iterable[Line], header: str) -> Iterator[Moment]:
        """Read the file of a replay: rows that follow each other with one time are a moment, a signal once in each."""
        names = header.strip().split(",")
        time, signal, raw = (names.index(name) for name in ("time", "signal", "raw"))
        found: dict[int, _Reading] = {}
        for line, row in self._cells(lines):
            place = self._places.get(row[signal]) if len(row) == len(names) else None
            if place is None:
                if row and len(row) != len(names):
                    self._problems.add(
                        Trouble.BROKEN, line, f"{len(row)} cells instead of {len(names)}, and is left out"
                    )
                continue
            try:
                reading = self._cell(place, _time(row[time]), row[raw])
            except ValueError as error:
                self._problems.add(Trouble.BROKEN, line, f"{error}, and is left out", row[signal])
                continue
            if np.isinf(reading.value):
                what = "is infinite, and counts as missing"
                self._problems.add(Trouble.INFINITE, line, what, row[signal])
                reading = reading._replace(value=np.nan, status=codes.BAD_NO_DATA)
            if found and (place in found or next(iter(found.values())).arrival != reading.arrival):
                yield _moment(found)
                found = {}
            found[place] = reading
        if found:
            yield _moment(found)

    def _cells(self, lines: Iterable[Line]) -> Iterator[tuple[int, list[str]]]:
        """Give the rows of a table, each with its line; one that cannot be read is told."""
        reader = csv.reader(text for _, text in lines)
        while True:
            line = reader.line_num + 2
            try:
                row = next(reader, None)
            except csv.Error as error:
                self._problems.add(Trouble.BROKEN, line, f"cannot be read, and is left out: {error}")
                continue
            if row is None:
                return
            yield line, row

    def _cell(self, place: int, time: int, cell: str) -> _Reading:
        text = None if is_missing(cell) or not self._texts[place] else cell
        value = np.nan if self._texts[place] else number(cell, ".")
        status = codes.BAD_NO_DATA if np.isnan(value) and text is None else codes.GOOD
        return _Reading(place, value, status, time, time, text)


def _rows(message: object) -> Iterable[object]:
    """Give the rows of a message: one of state has several, one of a single signal is one, all others have none."""
    if not isinstance(message, dict):
        raise ValueError("is no message")  # noqa: TRY004 - a fault of the file, as any other in its line
    signals = message.get("signals")
    if isinstance(signals, dict):
        return signals.values()
    return (message,) if "signal" in message and "raw" in message else ()


def _moment(found: Mapping[int, _Reading]) -> Moment:
    readings = [found[place] for place in sorted(found)]
    places, values, status, stamps, arrivals, texts = zip(*readings, strict=True)
    return Moment(
        max(arrivals),
        np.array(places, np.int32),
        np.array(values, np.float64),
        np.array(status, np.uint32),
        np.array(stamps, np.int64),
        texts if any(text is not None for text in texts) else (),
    )
