"""The plant put together: the process, its instruments, and whatever is broken now. No clock, no sockets.

`step(dt)` is the only thing that makes time pass. The same seed, steps and faults give the same readings;
breaking one sensor never changes what another shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf
from random import Random

from edgetwin.plant.faults import FOULING, REBOOT, REBOOT_S, SENSOR_FAULTS, WORDS, Moment, fouling_after
from edgetwin.plant.points import COOLING, FEED, MILL, POINTS, Point
from edgetwin.plant.process import Process, Value

SCAN_S = {MILL: 0.1, FEED: 0.5}  # how often each PLC reads its instruments


class NoSuchFault(ValueError):  # noqa: N818 - it says what there is not
    """Nothing of that name can break, or not in that way. The message says what can."""


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """Something that is broken now. Times are on the plant's clock."""

    target: str  # a signal, a device or `mill.cooling`
    kind: str
    since_s: float
    until_s: float = inf

    @property
    def what_happens(self) -> str:
        """Say what is wrong: `mill.bearing_temp is stuck`."""
        return f"{self.target} {WORDS[self.kind]}"

    def describe(self, now_s: float) -> str:
        """Say it to a person: `mill.bearing_temp is stuck since 12 s`."""
        return f"{self.what_happens} since {now_s - self.since_s:.0f} s"


@dataclass(slots=True)
class _Channel:
    """One point on its way from the process into the memory of its PLC."""

    point: Point
    rng: Random
    shown: Value = 0.0
    fault: ActiveFault | None = None

    def read(self, true_value: Value, now_s: float) -> None:
        """Take one reading."""
        instrument = self.point.instrument
        if instrument is None or isinstance(true_value, str):
            self.shown = true_value
            return
        measured = instrument.measure(true_value, self.rng)
        if self.fault is None:
            self.shown = instrument.show(measured)
            return
        moment = Moment(measured, float(self.shown), now_s - self.fault.since_s)
        self.shown = SENSOR_FAULTS[self.fault.kind](instrument, moment, self.rng)


class Plant:
    """Sixteen signals of a mill and a feed station.

    `speed` is how many seconds of process pass in one second of the plant's clock. Scans and faults stay on
    the clock, since it is people and gateways who watch them.
    """

    def __init__(self, seed: int = 0, speed: float = 1.0) -> None:
        self.now_s = 0.0
        self.speed = speed
        self._process = Process(seed)
        # A generator for each instrument: what one of them does leaves all others as they were.
        self._channels = {
            point.name: _Channel(point, Random(f"{point.name} {seed}"))  # noqa: S311 - repeatable, not secret
            for point in POINTS
        }
        self._device_faults: dict[str, ActiveFault] = {}  # reboots and fouling, by target
        self._next_scan_s = dict.fromkeys(SCAN_S, 0.0)
        self._scan()

    def step(self, dt: float) -> None:
        """Let `dt` seconds pass on the plant's clock."""
        self.now_s += dt
        self._heal_what_is_over()
        fouled = self._device_faults.get(COOLING)
        self._process.bearing.fouling = fouling_after(self.now_s - fouled.since_s) if fouled else 0.0
        self._process.step(dt * self.speed)
        self._scan()

    def _scan(self) -> None:
        values = self._process.values()
        for device, period_s in SCAN_S.items():
            if self.now_s < self._next_scan_s[device] - 1e-9 or self.is_down(device):
                continue
            self._next_scan_s[device] = self.now_s + period_s
            for channel in self._channels.values():
                if channel.point.device == device:
                    channel.read(values[channel.point.name], self.now_s)

    @property
    def readings(self) -> Mapping[str, Value]:
        """What the PLCs hold now. NaN: the instrument gives no value."""
        return {name: channel.shown for name, channel in self._channels.items()}

    @property
    def truth(self) -> Mapping[str, Value]:
        """What is true now, which no gateway ever gets to see."""
        return self._process.values()

    @property
    def faults(self) -> tuple[ActiveFault, ...]:
        """What is broken now, the oldest first."""
        active = [channel.fault for channel in self._channels.values() if channel.fault]
        return tuple(sorted([*active, *self._device_faults.values()], key=lambda fault: fault.since_s))

    def is_down(self, device: str) -> bool:
        """Tell whether a PLC is rebooting."""
        return device in self._device_faults

    def break_(self, target: str, kind: str, lasts_s: float = inf) -> ActiveFault:
        """Break something now, until it is mended or `lasts_s` seconds are over. A second fault replaces the first."""
        if (target, kind) not in breakable():
            raise NoSuchFault(_what_can_break(target, kind))
        if kind == REBOOT:
            lasts_s = min(lasts_s, REBOOT_S)  # it comes back by itself
        fault = ActiveFault(target, kind, self.now_s, self.now_s + lasts_s)
        if target in self._channels:
            self._channels[target].fault = fault
        else:
            self._device_faults[target] = fault
        return fault

    def mend(self, target: str | None = None) -> None:
        """Mend one thing, or everything."""
        for channel in self._channels.values():
            if target in (None, channel.point.name):
                channel.fault = None
        for broken in list(self._device_faults):
            if target in (None, broken):
                del self._device_faults[broken]

    def _heal_what_is_over(self) -> None:
        for fault in self.faults:
            if fault.until_s <= self.now_s + 1e-9:
                self.mend(fault.target)


def breakable() -> Iterator[tuple[str, str]]:
    """List everything that can break, and how."""
    for point in POINTS:
        if point.instrument:
            for kind in SENSOR_FAULTS:
                yield point.name, kind
    yield COOLING, FOULING
    for device in SCAN_S:
        yield device, REBOOT


def _what_can_break(target: str, kind: str) -> str:
    kinds = [k for t, k in breakable() if t == target]
    if kinds:
        return f"{target} cannot be {kind!r}; it can be: {', '.join(kinds)}"
    targets = list(dict.fromkeys(t for t, _ in breakable()))
    near = get_close_matches(target, targets, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; what can: {', '.join(targets)}"
    return f"nothing that can break is called {target!r}{hint}"
