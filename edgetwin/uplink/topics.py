"""What the topics are called. Pure.

All of them stand under one base, `edgetwin/<site>/<gateway>` unless the configuration says otherwise. Names from the
configuration are fit for a topic; the ids of alerts and the columns of a file need not be, so what MQTT forbids is
replaced, never sent.
"""

from dataclasses import dataclass

# The wildcards of MQTT, and its one illegal character.
_FORBIDDEN = str.maketrans({"+": "_", "#": "_", "\0": "_"})


def level(text: str) -> str:
    """Make text fit for a topic. Slashes stay: an area such as `plant-a/grinding` is several levels on purpose."""
    return text.translate(_FORBIDDEN).strip("/") or "_"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one gateway."""

    base: str

    @property
    def status(self) -> str:
        """Whether the gateway is there: birth and last will."""
        return f"{self.base}/status"

    @property
    def health(self) -> str:
        """Its counters."""
        return f"{self.base}/health"

    @property
    def any_alert(self) -> str:
        """The filter that finds all alerts."""
        return f"{self.base}/alert/#"

    def alert(self, name: str) -> str:
        """Give the topic of one alert."""
        return f"{self.base}/alert/{level(name)}"

    def state(self, subject: str) -> str:
        """Give the topic for the state of one asset, or of a device's signals that no asset claims."""
        return f"{self.base}/state/{level(subject)}"

    def signal(self, name: str) -> str:
        """Give the topic of one signal, by its full name: `plc1.bearing_temp` is `signal/plc1/bearing_temp`."""
        return f"{self.base}/signal/{level(name.replace('.', '/', 1))}"
