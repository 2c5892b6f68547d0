"""The pipeline: readings in, decisions out. The only place that knows the order in which the core decides.

    device status -> order of time -> gap -> range -> stuck -> adaptive bank (spikes) -> hold -> verdict -> alerts

Quality comes before learning: a reading that is rejected teaches nothing and moves nothing. `step` is deterministic:
the same frames give the same outcome, byte for byte, however they are batched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgetwin.core import status as codes
from edgetwin.core.alerts.devices import Devices
from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.alerts.lifecycle import Alerts
from edgetwin.core.checks.check import Readings, Witness
from edgetwin.core.checks.gap import GapCheck
from edgetwin.core.checks.range import RangeCheck
from edgetwin.core.checks.stuck import StuckCheck
from edgetwin.core.estimate.bank import Bank
from edgetwin.core.estimate.hold import Hold
from edgetwin.core.estimate.surprise import student_surprise
from edgetwin.core.estimate.wander import Wander
from edgetwin.core.latest import Latest
from edgetwin.core.memory import Memory
from edgetwin.core.proof.three_sigma import ThreeSigma
from edgetwin.core.recorded import Recorded
from edgetwin.core.signals import Codes, Floats, Frame, Ids, Mask, Outcome, Quality, Reason, SignalTable
from edgetwin.core.ticks import joined, place_of, ticks_of
from edgetwin.core.timing import Timing
from edgetwin.core.verdict import quality_of

_STARTUP = 12  # readings before a verdict is more than a guess
_HUGE = 1e100  # beyond this a "number" is garbage, and its square is not finite
_MONTH_S = 365.25 / 12 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be set for the whole pipeline."""

    stuck_false_alarm_s: float = _MONTH_S  # one false alarm per signal in this time


class Pipeline:
    """Everything known about all signals, and the one way to add to it."""

    def __init__(self, table: SignalTable, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        self.table = table
        self._memory = memory = Memory(table)
        self._everything = np.arange(len(table), dtype=np.int32)
        self._timing = Timing(table, memory)
        self._recorded = Recorded(table, memory)
        self._range = RangeCheck(table, memory)
        self._gap = GapCheck(table, memory)
        self._stuck = StuckCheck(table, memory, self._timing.period_s, settings.stuck_false_alarm_s)
        self._bank = Bank(memory)
        self._wander = Wander(memory)
        self._hold = Hold(memory, self._wander)
        self._three_sigma = ThreeSigma(memory)
        self._latest = Latest(table, memory)
        witnesses: dict[Reason, Witness] = {
            Reason.STUCK: self._stuck,
            Reason.RANGE: self._range,
            Reason.STALE: self._gap,
            Reason.DEVICE: self._latest,
        }
        self._alerts = Alerts(table, memory, witnesses, self._three_sigma.firing)
        self._devices = Devices(table, self._alerts)
        self.counters = {"frames": 0, "readings": 0, "late": 0, "spikes": 0}

    @property
    def active_alerts(self) -> tuple[AlertEvent, ...]:
        """The alerts that are on."""
        return self._alerts.active

    def adopt(self, old: "Pipeline") -> None:
        """Take over what another pipeline has learned of signals that are declared the same here."""
        self._memory.adopt(old._memory)  # noqa: SLF001 - two of a kind
        self._latest.adopt(old._latest)  # noqa: SLF001
        self._alerts.adopt(old._alerts)  # noqa: SLF001
        self._gap.begin_again()
        self.counters = dict(old.counters)

    def step(self, frames: Sequence[Frame], now: int) -> Outcome:
        """Take these frames in the order they came, then let time pass until `now` (monotonic, ns)."""
        parts: list[Outcome] = []
        alerts: list[AlertEvent] = []
        for frame in frames:
            self.counters["frames"] += 1
            self.counters["readings"] += len(frame)
            for tick in ticks_of(frame):
                own = self._recorded.in_own_time(tick)
                alerts += self._pass_time(int(tick.mono.min()))
                part, events = self._take(tick, own)
                parts.append(part)
                alerts += events
        alerts += self._pass_time(now)
        return joined(parts, tuple(alerts))

    def snapshot(self, now: int) -> Outcome:
        """Say what is known of every signal at `now`: estimates aged to it, stamps as they were."""
        latest, stamps, numeric = self._latest, self._timing, self.table.numeric
        silent = self._gap.silent
        # The silence of a device that speaks on change says that nothing has moved: its values do not age.
        unmoved = self.table.on_change & (latest.quality != Quality.BAD) & ~silent
        at_time = np.where(unmoved, stamps.mono, self._recorded.present(now))
        value, sigma = self._hold.show(self._everything, at_time, self._gap.habit)
        return Outcome(
            ids=self._everything,
            raw=latest.raw.copy(),
            value=np.where(numeric, value, latest.raw),
            sigma=np.where(numeric, sigma, np.nan),
            quality=np.where(silent, np.uint8(Quality.BAD), latest.quality),
            reasons=latest.reasons | silent * np.uint32(Reason.STALE | Reason.SUBSTITUTED),
            surprise=latest.surprise.copy(),
            status=latest.status.copy(),
            t_source=stamps.source.copy(),
            t_read=stamps.read.copy(),
            mono=stamps.mono.copy(),
            texts=latest.texts(),
        )

    def _take(self, arrived: Frame, frame: Frame) -> tuple[Outcome, list[AlertEvent]]:
        """Decide about one tick: at most one reading for each signal. `frame` is what arrived, in its own time."""
        ids, raw = frame.ids, frame.values
        at = place_of(ids)
        numeric = self.table.numeric[at]
        bad = codes.is_bad(frame.status)
        comm = codes.is_comm(frame.status) if bad.any() else bad
        number = np.abs(raw) < _HUGE  # False for NaN too
        readable = ~bad & (number | self.table.text[at])
        timed = self._timing.place(at, arrived, readable)
        usable = readable & numeric & ~timed.late

        readings = Readings(at, ids, raw, frame.t_read, frame.mono, usable)
        after_hole = self._gap.look(readings)
        outside = self._range.look(readings)
        readings = readings.without(outside)
        moved = self._stuck.moved(readings)
        stuck = self._look_stuck(readings)
        if not readings.usable.all():
            lost = ~readable & ~codes.is_missing(frame.status)  # who is to blame is said already
            self._gap.suspend(at, lost)
            self._stuck.suspend(at, lost | outside)

        accepted = readings.usable & ~stuck
        spike, surprise = self._estimate(at, frame, accepted)
        used = accepted & ~spike
        self._timing.used(at, used, frame)
        self._hold.take(at, used, self._bank.estimate(at), frame.mono, moved)
        self._wander.learn(at, self._bank.estimate(at).value, used)
        self._three_sigma.look(at, raw, usable)
        value, sigma, held = self._shown(at, frame, used, numeric)

        startup = numeric & (self._bank.readings(at) < _STARTUP)
        reasons = _reasons_of_status(frame.status, bad, comm, readable) | timed.reasons
        for reason, present in (
            (Reason.GAP, after_hole),
            (Reason.RANGE, outside),
            (Reason.STUCK, stuck),
            (Reason.SPIKE, spike),
            (Reason.NOISE, self._stuck.still[at]),
            (Reason.STARTUP, startup),
            (Reason.SUBSTITUTED, held),
            (Reason.STALE, self._gap.silent[at]),
        ):
            reasons |= present * np.uint32(reason)
        self.counters["late"] += int(np.count_nonzero(timed.late))
        self.counters["spikes"] += int(np.count_nonzero(spike))

        part = Outcome(
            ids=ids,
            raw=raw,
            value=value,
            sigma=sigma,
            quality=quality_of(reasons, readable),
            reasons=reasons,
            surprise=surprise,
            status=frame.status,
            t_source=frame.t_source,
            t_read=frame.t_read,
            mono=arrived.mono,
            texts=frame.texts,
        )
        self._latest.take(at, part, readable)
        events = self._devices.look(frame, comm, self._stuck.still)
        judged = usable | (~numeric & readable)
        events += self._alerts.judge(at, ids, reasons, judged, frame.t_read)
        return part, events

    def _look_stuck(self, readings: Readings) -> Mask:
        before = self._stuck.stuck[readings.at].copy()
        stuck = self._stuck.look(readings)
        newly = stuck & ~before
        if newly.any():
            self._hold.back_to_run_start(readings.ids[newly])
        return stuck

    def _estimate(self, at: slice | Ids, frame: Frame, accepted: Mask) -> tuple[Mask, Floats]:
        """Let the bank take the accepted readings; give its spikes and the surprise of each."""
        spike, surprise = np.zeros(len(frame), np.bool_), np.full(len(frame), np.nan)
        tau = self._timing.since_used(at, frame)
        if accepted.all():
            prediction = self._bank.update(at, frame.values, tau)
            return prediction.spike, student_surprise(prediction.z, prediction.dof)
        if accepted.any():
            prediction = self._bank.update(frame.ids[accepted], frame.values[accepted], tau[accepted])
            spike[accepted] = prediction.spike
            surprise[accepted] = student_surprise(prediction.z, prediction.dof)
        return spike, surprise

    def _shown(self, at: slice | Ids, frame: Frame, used: Mask, numeric: Mask) -> tuple[Floats, Floats, Mask]:
        """Give the value and sigma to show, and where they are held from before."""
        value, sigma = (column.copy() for column in self._bank.estimate(at))
        unused = numeric & ~used
        if unused.any():
            held_ids = frame.ids[unused]
            value[unused], sigma[unused] = self._hold.show(
                held_ids, frame.mono[unused], self._gap.habit[held_ids]
            )
        if not numeric.all():
            value[~numeric], sigma[~numeric] = frame.values[~numeric], np.nan
        return value, sigma, unused & np.isfinite(value)

    def _pass_time(self, now: int) -> list[AlertEvent]:
        """Let time pass: signals that should have spoken by now are named, in the order in which they were due."""
        silent = [
            (self._gap.due(number), number, Reason.STALE)
            for number in self._gap.expire(self._recorded.present(now)).tolist()
        ]
        for number in self._stuck.silent_too_long(now).tolist():
            self._hold.back_to_run_start(self._everything[number : number + 1])
            self._latest.reasons[number] |= Reason.STUCK | Reason.SUBSTITUTED
            self._latest.quality[number] = Quality.BAD
            silent.append((self._stuck.silence_noticed(number), number, Reason.STUCK))
        silent.sort(key=lambda one: (one[0].mono, one[1]))
        return [
            event for due, number, reason in silent for event in self._name_silent(number, reason, due.wall)
        ]

    def _name_silent(self, number: int, reason: Reason, when: int) -> list[AlertEvent]:
        if reason is Reason.STALE and self._devices.is_silent(number, self._gap.last(number)):
            onset_ns, evidence = self._gap.onset_ns(number), self._gap.evidence(number)
            return self._devices.name_silent(number, onset_ns, when, evidence)
        at = slice(number, number + 1)
        reasons, nothing = np.array([reason], np.uint32), np.array([False])
        stamp = np.array([when], np.int64)
        return self._alerts.judge(at, self._everything[at], reasons, nothing, stamp)


def _reasons_of_status(status: Codes, bad: Mask, comm: Mask, readable: Mask) -> Codes:
    """Say what the device's own status means: the way to it, a missing reading, or its own verdict."""
    if readable.all() and not status.any():
        return np.zeros(len(status), np.uint32)
    missing = codes.is_missing(status)
    device = (bad & ~comm & ~missing) | codes.is_uncertain(status) | (~bad & ~readable)
    reasons: Codes = comm * np.uint32(Reason.COMM)
    reasons |= missing * np.uint32(Reason.GAP)
    return reasons | device * np.uint32(Reason.DEVICE)
