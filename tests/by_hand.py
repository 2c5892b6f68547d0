"""Frames made by hand, and what a pipeline makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgetwin.core import status as codes
from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import UNSTAMPED, Floats, Frame, Outcome, Reason, Signal, SignalTable

SECOND = 1_000_000_000
DAY_ZERO = 1_790_000_000 * SECOND  # wall clock where the monotonic clock reads zero


def mono(seconds: float) -> int:
    """Give the monotonic clock so many seconds after it began."""
    return round(seconds * SECOND)


def wall(seconds: float) -> int:
    """Give the wall clock at that moment."""
    return DAY_ZERO + mono(seconds)


def table(*signals: Signal | str) -> SignalTable:
    """Make a table; a bare name is a numeric signal without any declaration."""
    return SignalTable([Signal(name=s) if isinstance(s, str) else s for s in signals])


def frame(
    seconds: float,
    values: Sequence[float] | Floats,
    *,
    ids: Sequence[int] | None = None,
    status: int | Sequence[int] = codes.GOOD,
    source_s: float | None = None,
    texts: tuple[str | None, ...] = (),
) -> Frame:
    """Make one frame: all signals of the table, or those of `ids`."""
    k = len(values)
    numbers = np.arange(k, dtype=np.int32) if ids is None else np.array(ids, np.int32)
    status = [status] * k if isinstance(status, int) else status
    return Frame(
        ids=numbers,
        values=np.array(values, np.float64),
        status=np.array(status, np.uint32),
        t_source=np.full(k, UNSTAMPED if source_s is None else wall(source_s), np.int64),
        t_read=np.full(k, wall(seconds), np.int64),
        mono=np.full(k, mono(seconds), np.int64),
        texts=texts,
    )


def step(pipeline: Pipeline, *frames: Frame) -> Outcome:
    """Let a pipeline take frames as soon as the last of them is there."""
    return pipeline.step(frames, int(frames[-1].mono.max()))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What became of a matrix of readings: every column of the outcome as [row, signal], and the alerts by row."""

    value: Floats
    sigma: Floats
    quality: NDArray[np.uint8]
    reasons: NDArray[np.uint32]
    surprise: Floats
    alerts: tuple[tuple[int, AlertEvent], ...]

    def began(self, kind: str, subject: str | None = None) -> list[int]:
        """Give the rows at which alerts of a kind began."""
        return [
            row
            for row, event in self.alerts
            if event.active and event.kind == kind and subject in (None, event.subject)
        ]

    def has(self, reason: Reason) -> NDArray[np.bool_]:
        """Tell where a reason holds."""
        holds: NDArray[np.bool_] = (self.reasons & np.uint32(reason)) != 0
        return holds


def feed(pipeline: Pipeline, readings: Floats, *, period_s: float = 1.0, start_s: float = 0.0) -> Run:
    """Feed rows of readings, one frame each; NaN is an empty cell."""
    readings = readings[:, None] if readings.ndim == 1 else readings
    outcomes: list[Outcome] = []
    alerts: list[tuple[int, AlertEvent]] = []
    for row, values in enumerate(readings):
        missing = np.where(np.isnan(values), codes.BAD_NO_DATA, codes.GOOD)
        outcome = step(pipeline, frame(start_s + row * period_s, values, status=missing.tolist()))
        outcomes.append(outcome)
        alerts += [(row, event) for event in outcome.alerts]
    return Run(
        value=np.array([o.value for o in outcomes]),
        sigma=np.array([o.sigma for o in outcomes]),
        quality=np.array([o.quality for o in outcomes]),
        reasons=np.array([o.reasons for o in outcomes]),
        surprise=np.array([o.surprise for o in outcomes]),
        alerts=tuple(alerts),
    )


def noise(count: int, *, seed: int = 1, mean: float = 50.0, sd: float = 1.0, digits: int = 3) -> Floats:
    """Give a lively signal as an instrument would show it."""
    return (mean + sd * np.random.default_rng(seed).normal(size=count)).round(digits)
