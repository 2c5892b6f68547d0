"""What the gateway is called, what leaves it and what it writes to the log: [gateway], [publish], [log]."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from edgetwin.config.branch import Branch, Flag, Number
from edgetwin.config.files import AbsolutePath
from edgetwin.config.names import Name
from edgetwin.config.units import Duration, seconds, written


class Gateway(Branch):
    """[gateway]: its place in the plant and its name there."""

    site: Name = Field("site", description="The site it stands on; part of every topic.")
    name: Name = Field("gateway", description="Its own name, once on the site; part of every topic.")
    control: AbsolutePath | None = Field(
        None, description="The control socket for verbs such as watch. Not given: in the runtime directory."
    )


class PublishMode(StrEnum):
    """When a value goes out."""

    ON_CHANGE = "on-change"
    EVERY_TICK = "every-tick"


class Publish(Branch):
    """[publish]: how much is worth telling."""

    mode: PublishMode = Field(
        PublishMode.ON_CHANGE,
        description="on-change sends what has moved; every-tick sends everything, always.",
    )
    heartbeat: Duration = written(seconds, "60 s", "How often everything is sent, moved or not.")
    share: Number = Field(
        0.5, ge=0, description="A value goes out when its estimate has moved by this share of its sigma."
    )
    signal_topics: Flag = Field(
        default=False,
        description="Also send every signal on a topic of its own, retained: signal/DEVICE/SIGNAL.",
    )


Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "human", "json"]


class Log(Branch):
    """[log]: what the journal of the machine gets to read."""

    level: Level = Field("info", description="The least important message that is still written.")
    format: Format = Field("auto", description="auto: for people on a terminal, JSON lines otherwise.")
