"""Durations, sizes and false-alarm intervals as text: "200 ms", "2 MiB", "once per signal and month".

That is how a technician writes them. Inside they are seconds and bytes. A number without a unit is never guessed.
"""

import difflib
import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from edgetwin.config.branch import in_words, mistake

_SECONDS = {
    **dict.fromkeys(("us", "µs", "μs"), 1e-6),
    "ms": 1e-3,
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3_600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
}
_LONGEST_S = 1000 * 86_400.0  # some times are kept as nanoseconds, which end after three centuries
_BYTES = {
    **dict.fromkeys(("B", "byte", "bytes"), 1),
    **dict(zip(("kB", "MB", "GB", "TB"), (10**3, 10**6, 10**9, 10**12), strict=True)),
    **dict(zip(("KiB", "MiB", "GiB", "TiB"), (2**10, 2**20, 2**30, 2**40), strict=True)),
}
# Mean lengths of the calendar: a month is a twelfth of 365.25 days.
_INTERVALS = {
    "day": 86_400.0,
    "week": 7 * 86_400.0,
    "month": 365.25 / 12 * 86_400.0,
    "year": 365.25 * 86_400.0,
}

_AMOUNT = r"([0-9]+(?:\.[0-9]+)?)"
_QUANTITY = re.compile(rf"\s*{_AMOUNT}\s*([^\W\d_]*)\s*")
_ONCE_PER = re.compile(r"\s*once\s+per\s+signal\s+and\s+(\w+)\s*")
_ONCE_IN = re.compile(rf"\s*once\s+in\s+{_AMOUNT}\s*([^\W\d_]+)\s*")

_DURATION_HINT = 'write a number and a unit, such as "200 ms", "5 s", "2 min", "1 h" or "1 d"'
_SIZE_HINT = 'write a number and a unit, such as "500 kB", "2 MiB" or "1 GiB"'
_FALSE_ALARM_HINT = 'write "once per signal and month" (or day, week, year), or "once in 3 months"'


def seconds(text: object) -> float:
    """Read a duration: "200 ms" -> 0.2."""
    value = _quantity(text, _SECONDS, "a duration", _DURATION_HINT)
    if value <= 0:
        raise mistake(f'"{text}" is no duration: it must be longer than zero', _DURATION_HINT)
    if value > _LONGEST_S:
        raise mistake(f'"{text}" is too long: at most 1000 d', _DURATION_HINT)
    return value


def typed_seconds(text: object) -> float:
    """Read a duration that somebody typed elsewhere than in the file; ValueError says all that is wrong with it."""
    try:
        return seconds(text)
    except PydanticCustomError as error:
        raise ValueError(in_words(error)) from None


def duration_text(value: float) -> str:
    """Write a duration as `seconds` reads it: 0.2 -> "200 ms"."""
    for unit in ("d", "h", "min", "s", "ms"):
        amount = value / _SECONDS[unit]
        if amount >= 1 and round(amount, 6) == round(amount):
            return f"{round(amount)} {unit}"
    unit = "s" if value >= 1 else "ms" if value >= _SECONDS["ms"] else "us"
    return f"{value / _SECONDS[unit]:.6f}".rstrip("0").rstrip(".") + f" {unit}"


def size(text: object) -> int:
    """Read a size in bytes: "2 MiB" -> 2097152."""
    value = _quantity(text, _BYTES, "a size", _SIZE_HINT)
    if value < 1:
        raise mistake(f'"{text}" is no size: it must be at least one byte', _SIZE_HINT)
    return round(value)


def false_alarm(text: object) -> float:
    """Read how often one signal may raise a false alarm, as the seconds between two: "once in 3 months"."""
    if isinstance(text, str):
        if match := _ONCE_PER.fullmatch(text):
            return _interval(match[1])
        if match := _ONCE_IN.fullmatch(text):
            amount = float(match[1])
            if amount > 0:
                return amount * _interval(match[2].removesuffix("s"))
    raise mistake(f"{_shown(text)} is not how often a false alarm may come", _FALSE_ALARM_HINT)


def _interval(name: str) -> float:
    if name not in _INTERVALS:
        raise mistake(f'"{name}" is not day, week, month or year', _FALSE_ALARM_HINT)
    return _INTERVALS[name]


def _quantity(text: object, units: Mapping[str, float], what: str, hint: str) -> float:
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise mistake(f"{text} has no unit: expected {what}", hint)
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise mistake(f"{_shown(text)} is not {what}", hint)
    amount, unit = match.groups()
    if not unit:
        raise mistake(f'"{text}" has no unit: expected {what}', hint)
    if unit not in units:
        raise mistake(f'"{unit}" is not a unit of {what}', _meant(unit, units) or hint)
    value = float(amount) * units[unit]
    if math.isinf(value):
        raise mistake(f"{amount[:10]}... {unit} is too large for {what}", hint)
    return value


def _meant(unit: str, units: Mapping[str, float]) -> str:
    for known in units:  # "KB", "Ms": only the case is wrong
        if known.lower() == unit.lower():
            return f'did you mean "{known}"?'
    close = difflib.get_close_matches(unit, units, 1)
    return f'did you mean "{close[0]}"?' if close else ""


def _shown(text: object) -> str:
    if isinstance(text, str):
        return f'"{text}"'
    return str(text) if isinstance(text, int | float) and not isinstance(text, bool) else "this"


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


def _pattern(units: Mapping[str, float]) -> str:
    return rf"^\s*[0-9]+(\.[0-9]+)?\s*({'|'.join(units)})\s*$"


Duration = Annotated[float, BeforeValidator(seconds), _schema(_pattern(_SECONDS), "200 ms")]
Size = Annotated[int, BeforeValidator(size), _schema(_pattern(_BYTES), "2 MiB")]
FalseAlarm = Annotated[
    float,
    BeforeValidator(false_alarm),
    _schema(
        r"^\s*once\s+(per\s+signal\s+and\s+(day|week|month|year)"
        r"|in\s+[0-9]+(\.[0-9]+)?\s*(day|week|month|year)s?)\s*$",
        "once per signal and month",
    ),
]


def written(read: Callable[[object], float], default: str, description: str) -> Any:  # noqa: ANN401 - as pydantic.Field
    """Declare a field whose default is written as a user writes it, in the tree and in the schema alike."""
    return Field(default=read(default), description=description, json_schema_extra={"default": default})
