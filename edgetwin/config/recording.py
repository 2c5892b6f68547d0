"""[device.NAME] with connect = "file:///...": a recording that is played as if it were a device.

The file is one that `edgetwin replay` reads, or what this gateway or another has told: its messages of state as a
subscriber has written them down, or the file of `edgetwin replay --out`.
"""

import math
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from edgetwin.config.branch import Flag, Table, mistake
from edgetwin.config.device import DeviceConfig, SignalConfig
from edgetwin.config.names import Name
from edgetwin.config.units import Duration, seconds, written

SCHEME = "file"

AS_FAST_AS_POSSIBLE = math.inf

_EXAMPLE = "file:///var/lib/plant/january.csv"
_SPEEDS = {"as recorded": 1.0, "as fast as possible": AS_FAST_AS_POSSIBLE}
_TIMES = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*x\s*")
_SPEED_HINT = 'write "as recorded", "as fast as possible", or how many times faster: "10x"'


def _path(text: object) -> str:
    """Check the address of a recording."""
    if not isinstance(text, str):
        raise mistake("this is not an address", f'write text in quotes: "{_EXAMPLE}"')
    parts = urlsplit(text)
    # No path of a file has a zero byte in it; to ask for one would be an error of the program, not of the file.
    if parts.netloc or not text.startswith(f"{SCHEME}:///") or parts.path == "/" or "\0" in unquote(text):
        raise mistake(f'"{text}" is no file of this machine', f'three slashes, then its path: "{_EXAMPLE}"')
    if parts.query or parts.fragment:
        raise mistake(f'"{text}" goes on after the path', "in an address ? is written %3F, # is written %23")
    return text


def _speed(text: object) -> float:
    """Read how fast a recording is played: "10x" -> 10."""
    if isinstance(text, str):
        if text in _SPEEDS:
            return _SPEEDS[text]
        if match := _TIMES.fullmatch(text):
            times = float(match[1])
            if 1.0 <= times <= 1e6:
                return times
            raise mistake(f'"{text}" is no speed: from "1x" to "1000000x"', _SPEED_HINT)
    shown = f'"{text}"' if isinstance(text, str) else "this"
    raise mistake(f"{shown} is not a speed", _SPEED_HINT)


Connect = Annotated[
    str,
    BeforeValidator(_path),
    WithJsonSchema({"type": "string", "pattern": "^file:///", "examples": [_EXAMPLE]}),
]
Speed = Annotated[
    float,
    BeforeValidator(_speed),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(as recorded|as fast as possible|\s*[0-9]+(\.[0-9]+)?\s*x\s*)$",
            "examples": ["as recorded", "10x", "as fast as possible"],
        }
    ),
]


class RecordedSignal(SignalConfig):
    """One signal of a recording. Without `column` or `signal` it is called there as it is here."""

    column: str | None = Field(
        None, min_length=1, description='The header of its column in a table: "Bearing Temp".'
    )
    signal: str | None = Field(
        None,
        min_length=1,
        description='What it is called in the records of a gateway: "plc1.bearing_temp". Its raw readings are '
        "played, never the corrected values.",
    )
    text: Flag = Field(
        default=False, description="It holds text (a recipe, a batch number) and not a number."
    )

    @model_validator(mode="after")
    def _it_stands_in_one_place(self) -> Self:
        if self.column is not None and self.signal is not None:
            raise mistake(
                "column and signal do not go together",
                "a table has columns, the records of a gateway signals",
            )
        return self

    @model_validator(mode="after")
    def _the_file_has_the_rhythm(self) -> Self:
        if self.every is not None:
            raise mistake("a recording has the rhythm of its file", "leave out every")
        return self

    @model_validator(mode="after")
    def _text_is_not_measured(self) -> Self:
        if self.text and (self.range or self.names):
            raise mistake("text has no range and no names", "leave them out, or leave out text = true")
        return self


class RecordedDevice(DeviceConfig):
    """One recording."""

    connect: Connect = Field(description=f"The file: {_EXAMPLE}; gzip is unpacked.")
    every: Duration = written(
        seconds, "1 s", "Only for a table without times: the time between two of its rows."
    )
    speed: Speed = written(
        _speed, "as recorded", 'How fast it is played: "as recorded", "10x" or "as fast as possible".'
    )
    at_end: Literal["stop", "again"] = Field(
        "stop", description="Whether it is played again from the start, with stamps that go on."
    )
    time: str | None = Field(
        None, min_length=1, description="The column that holds the time, where it cannot be told."
    )
    dates: Literal["dmy", "mdy"] | None = Field(
        None, description="How 03/04/2026 is read, where that is open: day or month first."
    )
    signals: Table[Name, RecordedSignal] = Field(description="The signals of the recording, by name.")

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(unquote(urlsplit(self.connect).path))

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return self.connect

    @property
    def in_words(self) -> str:
        """Say how it is played."""
        names = {speed: name for name, speed in _SPEEDS.items()}
        speed = names.get(self.speed, f"{self.speed:g} times faster")
        return f"played {speed}, " + ("again and again" if self.at_end == "again" else "once")

    @property
    def row_ns(self) -> int | None:
        """The time between two rows; None where the file has times."""
        return round(self.every * 1e9) if "every" in self.model_fields_set else None

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        if self.time is not None and self.row_ns is not None:
            raise mistake("time and every do not go together", "every is for a file without times")
        return self
