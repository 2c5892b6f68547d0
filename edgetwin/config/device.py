"""What every device has, whatever it speaks: an address, a rhythm and signals."""

import math
from typing import Annotated, Self

from pydantic import AfterValidator, Field, Strict, WithJsonSchema, model_validator

from edgetwin.config.branch import Branch, Flag, Table, mistake
from edgetwin.config.units import Duration, seconds, written


def _range(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    if math.isnan(low) or math.isnan(high) or low >= high:
        raise mistake(
            f"[{low:g}, {high:g}] is not a range", "write the lower limit first: [0, 150]; inf is no limit"
        )
    return limits


Limit = Annotated[float, Strict()]
StateNumber = Annotated[int, WithJsonSchema({"type": "integer", "pattern": "^-?[0-9]+$"})]
Range = Annotated[tuple[Limit, Limit], AfterValidator(_range)]


class SignalConfig(Branch):
    """What every signal may declare."""

    unit: str = Field("", description='What it is measured in: "degC", "kW", "m3/h".')
    range: Range | None = Field(
        None, description="The lowest and highest value that can be true, in its unit: [0, 150]."
    )
    every: Duration | None = Field(
        None, description='How often it is read, where that differs from its device: "1 s".'
    )
    names: Table[StateNumber, str] | None = Field(
        None, description='Makes it a state and names its values: { 0 = "stopped", 1 = "running" }.'
    )
    stuck: Flag = Field(
        default=True, description="Whether it is watched for repeating itself (a stuck sensor)."
    )

    @model_validator(mode="after")
    def _a_state_is_not_measured(self) -> Self:
        if self.names is not None and not self.names:
            raise mistake("names is empty", 'write at least one: names = { 0 = "stopped", 1 = "running" }')
        if self.names is not None and self.range is not None:
            raise mistake(
                "names and range do not go together", "a state has names, a measured value has a range"
            )
        return self


class DeviceConfig(Branch):
    """What every device may declare."""

    connect: str = Field(description="Where the device is.")
    template: str | None = Field(
        None,
        description="The template that gives what the device does not say: [template.NAME], or a shipped one.",
    )
    without: tuple[str, ...] = Field(
        (), description="Signals of the template that this device does not have."
    )
    signals_file: str | None = Field(
        None,
        min_length=1,
        description="A CSV file with a row for each signal, its columns called as the keys of a signal. "
        "A relative path begins where this file is.",
    )
    every: Duration = written(seconds, "1 s", 'How often its signals are read: "200 ms".')
    timeout: Duration | None = Field(
        None,
        description="How long to wait for an answer before it counts as missing. Not given: 1 s; where the device is "
        "asked in cycles as long as its fastest rhythm, between 100 ms and 1 s.",
    )

    @property
    def timeout_s(self) -> float:
        """How long to wait for an answer, given or not."""
        return 1.0 if self.timeout is None else self.timeout
