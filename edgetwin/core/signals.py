"""The vocabulary of the house: what a signal is, how readings travel, and how far a value can be trusted.

Everything is columnar. A signal is an integer inside; its name `device.signal` appears only at the edges. One poll
cycle of one device is one Frame. NaN never enters a filter, and zero is a value, not a missing one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, IntFlag, StrEnum
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from edgetwin.core.alerts.event import AlertEvent

Ids = NDArray[np.int32]
Floats = NDArray[np.float64]
Nanos = NDArray[np.int64]
Codes = NDArray[np.uint32]
Mask = NDArray[np.bool_]

UNSTAMPED = int(np.iinfo(np.int64).min)  # t_source of a device that does not stamp its values


class Kind(StrEnum):
    """How a signal is treated. Only numeric ones are filtered; states and texts ride along as labels."""

    NUMERIC = "numeric"
    STATE = "state"
    TEXT = "text"


class Quality(IntEnum):
    """The verdict on a reading: whether it may be used as it is."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Reason(IntFlag):
    """Why a reading is not simply good. Several may hold at once; the names are what users see."""

    COMM = 1 << 0  # the way to the device failed
    DEVICE = 1 << 1  # the device itself calls the value bad or uncertain, or gives no number
    STALE = 1 << 2  # silent for longer than is its habit
    RANGE = 1 << 3  # outside its declared range
    SPIKE = 1 << 4  # one reading far from what comes before
    RATE = 1 << 5  # faster than the thing can be
    STUCK = 1 << 6  # repeats itself for longer than it ever did
    STEP = 1 << 7  # jumped and stayed
    DRIFT = 1 << 8  # walks away slowly
    NOISE = 1 << 9  # noisier, or smoother, than it was
    GAP = 1 << 10  # a reading that should be here is missing, or was missing just before
    LATE = 1 << 11  # came after a younger one
    CLOCK = 1 << 12  # the device's time stamps jump
    SENTINEL = 1 << 13  # a code such as -999 that stands for "no value"
    CROSS = 1 << 14  # disagrees with its partner
    NOVEL = 1 << 15  # the asset is where its model has never been
    DIVERGED = 1 << 16  # the model no longer tracks its asset
    SUBSTITUTED = 1 << 17  # the value shown is the twin's, not the sensor's
    STARTUP = 1 << 18  # too few readings yet to judge


def reason_names(bits: int) -> list[str]:
    """Name the reasons in a set of bits, in their fixed order."""
    return [reason.name.lower() for reason in Reason if bits & reason and reason.name]


class Stamp(NamedTuple):
    """The two times of one event: wall clock for people, monotonic clock for every interval. Both in ns."""

    wall: int
    mono: int


Clock = Callable[[], Stamp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One measured quantity, as its configuration declares it."""

    name: str
    unit: str = ""
    kind: Kind = Kind.NUMERIC
    low: float = -np.inf
    high: float = np.inf
    period_s: float = np.nan  # how often its device is asked; NaN: learn it from the readings
    on_change: bool = False  # the device speaks only when the value moves, so silence is no gap
    recorded: bool = False  # its device plays a recording: intervals are those of the stamps in it
    patience_s: float = 0.0  # beyond its habit, while the gateway still waits for its device to answer
    watch_stuck: bool = True  # whether the stuck check may speak of it
    names: Mapping[int, str] = field(default_factory=dict)  # of a state: 0 -> "stopped"

    @property
    def device(self) -> str:
        """The device it belongs to: the first part of its name, or nothing for a bare column of a file."""
        head, dot, _ = self.name.partition(".")
        return head if dot else ""


class SignalTable:
    """The fixed list of signals. Their order gives their ids; it never changes while the pipeline lives."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        self.signals = tuple(signals)
        self.names = tuple(signal.name for signal in self.signals)
        self._ids = {name: number for number, name in enumerate(self.names)}
        self._firsts: dict[str, int] = {}
        for number, signal in enumerate(self.signals):
            self._firsts.setdefault(signal.device, number)
        if len(self._ids) != len(self.names):
            raise ValueError("two signals have the same name")
        self.low: Floats = np.array([signal.low for signal in self.signals], np.float64)
        self.high: Floats = np.array([signal.high for signal in self.signals], np.float64)
        self.period_s: Floats = np.array([signal.period_s for signal in self.signals], np.float64)
        self.patience_s: Floats = np.array([signal.patience_s for signal in self.signals], np.float64)
        self.on_change: Mask = np.array([signal.on_change for signal in self.signals], np.bool_)
        self.text: Mask = np.array([signal.kind is Kind.TEXT for signal in self.signals], np.bool_)
        self.numeric: Mask = np.array([signal.kind is Kind.NUMERIC for signal in self.signals], np.bool_)

    def __len__(self) -> int:
        return len(self.signals)

    def __iter__(self) -> Iterator[Signal]:
        return iter(self.signals)

    def __getitem__(self, number: int) -> Signal:
        return self.signals[number]

    def __contains__(self, name: str) -> bool:
        return name in self._ids

    def id_of(self, name: str) -> int:
        """Give the id of a signal; KeyError when there is none of that name."""
        return self._ids[name]

    def first_of(self, device: str) -> int:
        """Give the id of the first signal of a device; all of them stand in one row."""
        return self._firsts[device]

    def ids_of(self, names: Sequence[str]) -> Ids:
        """Give the ids of several signals, in the order asked."""
        return np.array([self._ids[name] for name in names], np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One poll cycle of one device: columns of equal length, never changed after they are made.

    `status` is an OPC UA status code (see `core.status`). A reading that failed has NaN in `values` and a bad
    status. `t_source` is the device's own stamp or UNSTAMPED, `t_read` the wall clock and `mono` the monotonic
    clock, both taken when the answer with that value arrived. `texts` is empty or holds, for text signals, the text.
    """

    ids: Ids
    values: Floats
    status: Codes
    t_source: Nanos
    t_read: Nanos
    mono: Nanos
    texts: tuple[str | None, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def at(
        cls,
        stamp: Stamp,
        ids: Ids,
        values: Floats,
        status: Codes | int = 0,
        texts: tuple[str | None, ...] = (),
    ) -> Self:
        """Make a frame whose values all arrived at once from a device that does not stamp them."""
        k = len(ids)
        return cls(
            ids=ids,
            values=values,
            status=np.full(k, status, np.uint32) if isinstance(status, int) else status,
            t_source=np.full(k, UNSTAMPED, np.int64),
            t_read=np.full(k, stamp.wall, np.int64),
            mono=np.full(k, stamp.mono, np.int64),
            texts=texts,
        )

    def moved(self, by: int) -> "Frame":
        """Give the same frame with ids that count from elsewhere. The columns are shared, not copied."""
        return replace(self, ids=self.ids + np.int32(by))

    @classmethod
    def failed(cls, stamp: Stamp, ids: Ids, status: int) -> Self:
        """Make a frame that says: these signals could not be read, and this is why."""
        return cls.at(stamp, ids, np.full(len(ids), np.nan), status)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one step decided, one row per reading in arrival order, and the alerts that began or ended.

    `value` is the causal estimate of the true quantity after this reading, `sigma` the standard deviation of its
    error (not of the next reading). `raw` always travels beside it. `quality` and `reasons` judge the reading.
    `surprise` is -log10 of the two-sided tail probability of the reading given the past; NaN where there was
    no reading or no past. States and texts have their raw value as value, and no sigma (NaN).
    """

    ids: Ids
    raw: Floats
    value: Floats
    sigma: Floats
    quality: NDArray[np.uint8]
    reasons: Codes
    surprise: Floats
    status: Codes
    t_source: Nanos
    t_read: Nanos
    mono: Nanos
    texts: tuple[str | None, ...] = ()
    alerts: "tuple[AlertEvent, ...]" = ()

    def __len__(self) -> int:
        return len(self.ids)
