"""Signals, outcomes and alerts to tell of, and the schemas to judge by."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import orjson
from jsonschema import Draft202012Validator

from edgetwin.config.gateway import Gateway, Publish
from edgetwin.config.mqtt import Mqtt
from edgetwin.core.alerts.event import AlertEvent, Severity
from edgetwin.core.signals import UNSTAMPED, Kind, Outcome, Signal, SignalTable, Stamp
from edgetwin.uplink.schema import schemas
from edgetwin.uplink.uplink import Uplink

START_NS = 1_790_000_000_123_456_789
SECOND = 1_000_000_000

TABLE = SignalTable(
    [
        Signal(name="plc1.bearing_temp", unit="degC"),
        Signal(name="plc1.motor_kw", unit="kW"),
        Signal(name="plc1.mode", kind=Kind.STATE, names={0: "stopped", 1: "running"}),
        Signal(name="plc2.recipe", kind=Kind.TEXT),
        Signal(name="plc2.cw_temp", unit="degC"),
    ]
)
ASSETS = {
    "plant-a/grinding/mill1/bearing": {"temp": "plc1.bearing_temp", "T_water": "plc2.cw_temp"},
    "plant-a/grinding/mill2/bearing": {"T_water": "plc2.cw_temp"},
}

_VALIDATORS = {name: Draft202012Validator(schema) for name, schema in schemas().items()}


def validate(name: str, payload: bytes) -> Any:  # noqa: ANN401 - whatever was written
    """Read a message and hold it against its schema."""
    content = orjson.loads(payload)
    _VALIDATORS[name].validate(content)
    return content


class Watch:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = Stamp(START_NS, 5 * SECOND)

    def __call__(self) -> Stamp:
        """Tell the time."""
        return self.now


def outcome(
    rows: Mapping[int, float] | Sequence[tuple[int, float]] = (),
    *,
    sigma: float = 0.1,
    quality: int = 0,
    reasons: int = 0,
    status: int = 0,
    mono_s: float = 5.0,
    texts: tuple[str | None, ...] = (),
    alerts: tuple[AlertEvent, ...] = (),
) -> Outcome:
    """Make an outcome: (signal, value) per row, all else the same for all rows."""
    pairs = list(rows.items() if isinstance(rows, Mapping) else rows)
    ids = np.array([number for number, _ in pairs], np.int32)
    values = np.array([value for _, value in pairs], np.float64)
    k = len(pairs)
    return Outcome(
        ids=ids,
        raw=values + 0.25,
        value=values,
        sigma=np.where(TABLE.numeric[ids], sigma, np.nan),
        quality=np.full(k, quality, np.uint8),
        reasons=np.full(k, reasons, np.uint32),
        surprise=np.full(k, 0.3),
        status=np.full(k, status, np.uint32),
        t_source=np.full(k, UNSTAMPED, np.int64),
        t_read=np.full(k, START_NS, np.int64),
        mono=np.full(k, int(mono_s * 1e9), np.int64),
        texts=texts,
        alerts=alerts,
    )


def alert(*, active: bool = True, name: str = "plc1.bearing_temp/stuck", occurrence: int = 1) -> AlertEvent:
    """Make one transition of an alert."""
    return AlertEvent(
        id=name,
        occurrence=occurrence,
        subject="plc1.bearing_temp",
        subject_kind="signal",
        kind="stuck",
        severity=Severity.WARNING,
        active=active,
        onset_ns=START_NS - 30 * SECOND,
        detected_ns=START_NS,
        ended_ns=None if active else START_NS + 60 * SECOND,
        message="plc1.bearing_temp repeats itself",
        evidence={"repeats": 40, "longest_before": 3.0, "rule": "run length"},
        three_sigma=False,
    )


def make_uplink(
    mqtt: Mapping[str, object], publish: Mapping[str, object] | None = None, *, clock: Watch | None = None
) -> Uplink:
    """Make an uplink for the signals above."""
    return Uplink(
        gateway=Gateway(site="plant-a", name="gw-07"),
        mqtt=Mqtt.model_validate(mqtt),
        publish=Publish.model_validate(publish or {}),
        table=TABLE,
        assets=ASSETS,
        clock=clock or Watch(),
        epoch="1-00c0ffee",
        version="0.1.0",
    )


@asynccontextmanager
async def running(uplink: Uplink) -> AsyncIterator["asyncio.Task[None]"]:
    """Run an uplink for the length of a test; a crash of its task is a crash of the test."""
    task = asyncio.create_task(uplink.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()
