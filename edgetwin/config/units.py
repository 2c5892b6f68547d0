"""Durations and sizes as a technician writes them: "200 ms", "5 min", "2 MiB". Inside: seconds and bytes."""

from typing import Annotated

from pydantic import BeforeValidator

Duration = Annotated[float, BeforeValidator(lambda value: value)]
