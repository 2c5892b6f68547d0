"""What a recording holds, whatever its file looks like: moments; and what is wanted of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edgetwin.config.recording import RecordedDevice, RecordedSignal
from edgetwin.core.signals import Codes, Floats, Ids, Nanos
from edgetwin.field.table.clock import TimeWish
from edgetwin.field.table.problems import UnusableFile

ROWS_AT_ONCE = 64  # in a block: few enough that nobody waits for one


class Moment(NamedTuple):
    """Some readings of a recording that came together; `time` is when, and each has a stamp of its own."""

    time: int
    ids: Ids
    values: Floats
    status: Codes
    stamps: Nanos
    texts: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be found in the file: for each signal, in their order, what it is called there."""

    device: str
    signals: Mapping[str, RecordedSignal]
    time: TimeWish

    @classmethod
    def of(cls, name: str, config: RecordedDevice) -> "Wanted":
        """Take it from the configuration of a device."""
        return cls(name, config.signals, TimeWish(config.time, config.row_ns, config.dates))

    def columns(self) -> list[str]:
        """Name the columns of a table."""
        for signal in self.signals.values():
            if signal.signal is not None:
                raise UnusableFile(
                    f'the file is a table, so "{signal.signal}" is not found by signal = ...',
                    "write column = ..., with the header of its column",
                )
        return [signal.column or name for name, signal in self.signals.items()]

    def names(self) -> dict[str, int]:
        """Name the signals in the records of a gateway, with the places of ours."""
        for signal in self.signals.values():
            if signal.column is not None:
                raise UnusableFile(
                    f'the file holds the records of a gateway, which have no column "{signal.column}"',
                    'write signal = "plc1.bearing_temp", as it was called there',
                )
        names = [signal.signal or f"{self.device}.{name}" for name, signal in self.signals.items()]
        places = {name: place for place, name in reversed(list(enumerate(names)))}
        if doubled := next((name for place, name in enumerate(names) if places[name] != place), None):
            raise UnusableFile(f"two signals are to be {doubled}", "take one of them out")
        return places

    @property
    def texts(self) -> Sequence[bool]:
        """Tell which signals are text."""
        return [signal.text for signal in self.signals.values()]
