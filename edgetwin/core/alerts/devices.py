"""What concerns a whole device is one alert, not one for each of its signals.

It is away (its link is down), it is silent (nothing comes, and nobody says why: a hole in a recording), or it stands
still (it repeats itself).
"""

import numpy as np

from edgetwin.core import status as codes
from edgetwin.core.alerts.event import AlertEvent, Severity
from edgetwin.core.alerts.lifecycle import Alerts
from edgetwin.core.checks.check import Evidence
from edgetwin.core.signals import Frame, Ids, Mask, SignalTable

_NO_DEVICE = "file"  # what the bare columns of a recording belong to


class Devices:
    """Which devices are away, and which stand still."""

    def __init__(self, table: SignalTable, alerts: Alerts) -> None:
        self._alerts = alerts
        self._device_of = tuple(signal.device or _NO_DEVICE for signal in table)
        self._members: dict[str, Ids] = {
            device: np.flatnonzero(np.array(self._device_of) == device).astype(np.int32)
            for device in dict.fromkeys(self._device_of)
        }
        self._heard = dict.fromkeys(self._members, -1)  # monotonic, of the last frame
        self._away: set[str] = set()
        self._silent: set[str] = set()
        self._still: set[str] = set()

    def is_silent(self, number: int, last: int) -> bool:
        """Tell whether all of a signal's device has been silent since its last reading, and not the signal alone."""
        device = self._device_of[number]
        return len(self._members[device]) > 1 and (device in self._silent or self._heard[device] <= last)

    def name_silent(self, number: int, onset_ns: int, when: int, evidence: Evidence) -> list[AlertEvent]:
        """Say that the device of this signal is silent, unless that is said already."""
        device = self._device_of[number]
        self._silent.add(device)
        event = self._alerts.begin(_silent(device, len(self._members[device]), onset_ns, when, evidence))
        return [event] if event else []

    def look(self, frame: Frame, comm: Mask, still: Mask) -> list[AlertEvent]:
        """Notice when something befalls a device as a whole, and when it is over. `still` has all signals."""
        device = self._device_of[int(frame.ids[0])]
        self._heard[device] = int(frame.mono.min())
        gone = bool(comm.all())
        standing = bool(still[frame.ids].any())
        if not (gone or standing or self._away or self._silent or self._still):
            return []
        when = int(frame.t_read[0])
        events = []
        if device in self._silent:
            self._silent.discard(device)
            events.append(self._alerts.end(f"{device}.gap", when))
        if gone and device not in self._away and len(frame) == len(self._members[device]):
            self._away.add(device)
            events.append(self._alerts.begin(_away(device, frame, when)))
        elif not gone and device in self._away:
            self._away.discard(device)
            events.append(self._alerts.end(f"{device}.comm", when))
        if standing and device not in self._still:
            self._still.add(device)
            events.append(self._alerts.begin(_still(device, len(self._members[device]), when)))
        elif not standing and device in self._still and not still[self._members[device]].any():
            self._still.discard(device)
            events.append(self._alerts.end(f"{device}.still", when))
        return [event for event in events if event]

    def adopt(self, old: "Devices") -> None:
        """Remember what was wrong with devices whose alert stands on."""
        self._away |= old._away & self._subjects_of("comm")  # noqa: SLF001 - two of a kind
        self._silent |= old._silent & self._subjects_of("gap")  # noqa: SLF001
        self._still |= old._still & self._subjects_of("still")  # noqa: SLF001

    def _subjects_of(self, kind: str) -> set[str]:
        return {event.subject for event in self._alerts.active if event.kind == kind}


def _away(device: str, frame: Frame, when: int) -> AlertEvent:
    status = codes.describe(int(frame.status[0]))
    return AlertEvent(
        id=f"{device}.comm",
        occurrence=0,
        subject=device,
        subject_kind="device",
        kind="comm",
        severity=Severity.CRITICAL,
        active=True,
        onset_ns=when,
        detected_ns=when,
        message=f"{device} cannot be read ({status}); its values are estimates from now on",
        evidence={"status": status, "signals": len(frame)},
    )


def _silent(device: str, signals: int, onset_ns: int, when: int, evidence: Evidence) -> AlertEvent:
    return AlertEvent(
        id=f"{device}.gap",
        occurrence=0,
        subject=device,
        subject_kind="device",
        kind="gap",
        severity=Severity.WARNING,
        active=True,
        onset_ns=onset_ns,
        detected_ns=when,
        message=f"{device} is silent; it speaks every {evidence['habit_s']:.6g} s as a rule",
        evidence={**evidence, "signals": signals},
    )


def _still(device: str, signals: int, when: int) -> AlertEvent:
    return AlertEvent(
        id=f"{device}.still",
        occurrence=0,
        subject=device,
        subject_kind="device",
        kind="still",
        severity=Severity.WARNING,
        active=True,
        onset_ns=when,
        detected_ns=when,
        message=f"{device}: many signals stand still together; has the plant stopped, or does it repeat itself?",
        evidence={"signals": signals},
    )
