"""What every device has, whatever it speaks: an address, a rhythm and signals."""

from edgetwin.config.branch import Branch
from edgetwin.config.units import Duration


class SignalConfig(Branch):
    """What every signal may declare."""

    unit: str = ""
    range: tuple[float, float] | None = None
    every: Duration | None = None  # its own rhythm, where it differs from the device's
    names: dict[int, str] | None = None  # makes it a state: 0 -> "stopped"
    stuck: bool = True  # whether the stuck check watches it


class DeviceConfig(Branch):
    """What every device may declare."""

    connect: str
    every: Duration = 1.0
    timeout: Duration = 1.0
