"""How the link to one device is doing, for `watch`, `health` and the log. Updated live by `poller.keep`."""

from dataclasses import dataclass

from edgetwin.core.signals import Stamp


@dataclass(slots=True)
class LinkState:
    """One device's link. The counters count from the start of the device: with the gateway, or with a reload."""

    device: str
    address: str
    up: bool = False
    since: Stamp | None = None  # when it went up or down; None: it was not tried yet
    reason: str = ""  # while it is down: the latest reason, and what can be done about it
    hint: str = ""
    frames: int = 0
    readings: int = 0
    failures: int = 0  # readings in which a signal failed, the device being there
    missed: int = 0  # polls skipped because the one before took too long
    lost: int = 0  # readings that the device sent and that were dropped
    downs: int = 0  # how often the device went away
    clock_off_s: float = 0.0  # how far its clock is ahead of ours; 0: it has none, or that is tolerated
    source_off_s: float = 0.0  # and the stamps of its sources ahead of its own clock

    @property
    def clocks(self) -> dict[str, float]:
        """How far its clocks are off, by name."""
        return {"clock_off_s": round(self.clock_off_s, 3), "source_off_s": round(self.source_off_s, 3)}

    @property
    def counters(self) -> dict[str, int]:
        """All that is counted, by name."""
        return {
            "frames": self.frames,
            "readings": self.readings,
            "failures": self.failures,
            "missed_polls": self.missed,
            "lost": self.lost,
            "downs": self.downs,
        }
