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
    """What is wrong with devices as a whole; that itself is remembered by the alerts that are on."""

    def __init__(self, table: SignalTable, alerts: Alerts) -> None:
        self._alerts = alerts
        self._device_of = tuple(signal.device or _NO_DEVICE for signal in table)
        self._members: dict[str, Ids] = {
            device: np.flatnonzero(np.array(self._device_of) == device).astype(np.int32)
            for device in dict.fromkeys(self._device_of)
        }
        self._heard = dict.fromkeys(self._members, -1)  # monotonic, of the last frame

    def is_silent(self, number: int, last: int) -> bool:
        """Tell whether all of a signal's device has been silent since its last reading, and not the signal alone."""
        device = self._device_of[number]
        return len(self._members[device]) > 1 and (
            self._alerts.is_on(f"{device}.gap") or self._heard[device] <= last
        )

    def name_silent(self, number: int, onset_ns: int, when: int, evidence: Evidence) -> list[AlertEvent]:
        """Say that the device of this signal is silent, unless that is said already."""
        device = self._device_of[number]
        event = self._alerts.begin(
            _about(
                device,
                "gap",
                when,
                f"{device} is silent; it speaks every {evidence['habit_s']:.6g} s as a rule",
                {**evidence, "signals": len(self._members[device])},
                onset_ns=onset_ns,
            )
        )
        return [event] if event else []

    def look(self, frame: Frame, comm: Mask, still: Mask) -> list[AlertEvent]:
        """Notice when something befalls a device as a whole, and when it is over. `still` has all signals."""
        device = self._device_of[int(frame.ids[0])]
        self._heard[device] = int(frame.mono.min())
        gone, standing = bool(comm.all()), bool(still[frame.ids].any())
        if not (gone or standing or self._alerts.active):
            return []
        when, members = int(frame.t_read[0]), self._members[device]
        events = [self._alerts.end(f"{device}.gap", when)]
        if not gone:
            events.append(self._alerts.end(f"{device}.comm", when))
        elif len(frame) == len(members):
            events.append(self._alerts.begin(_away(device, frame, when)))
        if standing:
            events.append(self._alerts.begin(_still(device, len(members), when)))
        elif not still[members].any():
            events.append(self._alerts.end(f"{device}.still", when))
        return [event for event in events if event]


def _away(device: str, frame: Frame, when: int) -> AlertEvent:
    status = codes.describe(int(frame.status[0]))
    message = f"{device} cannot be read ({status}); any value of it is an estimate from now on"
    evidence: Evidence = {"status": status, "signals": len(frame)}
    return _about(device, "comm", when, message, evidence, severity=Severity.CRITICAL)


def _still(device: str, signals: int, when: int) -> AlertEvent:
    message = f"{device}: many signals stand still together; has the plant stopped, or does it repeat itself?"
    return _about(device, "still", when, message, {"signals": signals})


def _about(  # noqa: PLR0913 - an alert says many things, the rarer ones by name
    device: str,
    kind: str,
    when: int,
    message: str,
    evidence: Evidence,
    *,
    severity: Severity = Severity.WARNING,
    onset_ns: int | None = None,
) -> AlertEvent:
    return AlertEvent(
        id=f"{device}.{kind}",
        occurrence=0,
        subject=device,
        subject_kind="device",
        kind=kind,
        severity=severity,
        active=True,
        onset_ns=when if onset_ns is None else onset_ns,
        detected_ns=when,
        message=message,
        evidence=evidence,
    )
