"""What the gateway is called, where it tells its story and what leaves it: [gateway], [mqtt], [publish], [log]."""

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from edgetwin.config.branch import Branch
from edgetwin.config.units import Duration


class Gateway(Branch):
    """[gateway]: its place in the plant and its name there."""

    site: str = "site"
    name: str = "gateway"
    control: Path | None = None  # the control socket; None: in the runtime directory


class Mqtt(Branch):
    """[mqtt]: the broker, and how to be let in."""

    brokers: tuple[str, ...] = ()  # "mqtt://host:1883", "mqtts://host:8883"; none: nothing is published
    version: Literal["5", "3.1.1"] = "5"
    user: str | None = None
    password: SecretStr | None = None
    client_id: str | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keepalive: Duration = 15.0
    topic: str = "edgetwin/{site}/{gateway}"
    queue: int = 10_000  # messages held while the broker is away; the oldest go first, and are counted


class PublishMode(StrEnum):
    """When a value goes out."""

    ON_CHANGE = "on-change"
    EVERY_TICK = "every-tick"


class Publish(Branch):
    """[publish]: how much is worth telling."""

    mode: PublishMode = PublishMode.ON_CHANGE
    heartbeat: Duration = 60.0
    share: float = 0.5  # a value goes out when its estimate has moved by this share of its sigma
    signal_topics: bool = False  # also one retained topic per signal


class Log(Branch):
    """[log]: what the journal of the machine gets to read."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "human", "json"] = "auto"
