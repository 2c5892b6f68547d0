"""A device that is away is one alert, not one for each of its signals."""

from edgetwin.core import status as codes
from edgetwin.core.alerts.event import AlertEvent, Severity
from edgetwin.core.alerts.lifecycle import Alerts
from edgetwin.core.signals import Frame, Mask, SignalTable


class Devices:
    """Which devices are away."""

    def __init__(self, table: SignalTable, alerts: Alerts) -> None:
        self._alerts = alerts
        self._device_of = tuple(signal.device for signal in table)
        self._size: dict[str, int] = {}
        for device in self._device_of:
            self._size[device] = self._size.get(device, 0) + 1
        self._away: set[str] = set()

    def look(self, frame: Frame, comm: Mask) -> list[AlertEvent]:
        """Notice when a device goes away (nothing of it can be read) and when it is back (something can)."""
        gone = bool(comm.all())
        if not gone and not self._away:
            return []
        device = self._device_of[int(frame.ids[0])]
        name, when = f"{device}.comm", int(frame.t_read[0])
        if gone and device not in self._away and len(frame) == self._size[device]:
            self._away.add(device)
            status = codes.describe(int(frame.status[0]))
            event = self._alerts.begin(
                AlertEvent(
                    id=name,
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
            )
        elif not gone and device in self._away:
            self._away.discard(device)
            event = self._alerts.end(name, when)
        else:
            return []
        return [event] if event else []

    def adopt(self, old: "Devices") -> None:
        """Remember which devices were away."""
        self._away |= old._away & set(self._size)  # noqa: SLF001 - two of a kind
        if self._away:
            self._away &= {event.subject for event in self._alerts.active if event.kind == "comm"}
