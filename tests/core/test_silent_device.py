"""A hole in all signals of a device is one alert about the device; what is still missing after it is named."""

import numpy as np
import pytest
from by_hand import feed, frame, mono, step, table, wall

from edgetwin.core import status as codes
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats, Quality, Reason

SIGNALS = 20
ROWS = 60
LAST = ROWS - 1


def lively(rows: int = ROWS) -> Floats:
    return np.random.default_rng(1).normal(50.0, 1.0, (rows, SIGNALS)).round(3)


@pytest.fixture
def pipeline() -> Pipeline:
    made = Pipeline(table(*(f"plc1.s{number}" for number in range(SIGNALS))))
    feed(made, lively())
    return made


def test_a_silent_device_is_one_alert_that_ends_when_it_speaks(pipeline: Pipeline) -> None:
    (event,) = pipeline.step([], mono(LAST + 60)).alerts
    assert (event.id, event.subject_kind, event.onset_ns) == ("plc1.gap", "device", wall(LAST))
    assert event.message == "plc1 is silent; it speaks every 1 s as a rule"
    (over,) = step(pipeline, frame(LAST + 90, [50.0] * SIGNALS)).alerts
    assert (over.id, over.active, over.ended_ns) == ("plc1.gap", False, wall(LAST + 90))


def test_meanwhile_every_value_is_bad_and_stale(pipeline: Pipeline) -> None:
    pipeline.step([], mono(LAST + 60))
    snapshot = pipeline.snapshot(mono(LAST + 60))
    assert (snapshot.quality == Quality.BAD).all()
    assert ((snapshot.reasons & np.uint32(Reason.STALE)) != 0).all()


def test_a_signal_that_is_missing_when_the_device_speaks_again_is_named(pipeline: Pipeline) -> None:
    pipeline.step([], mono(LAST + 60))
    status = [codes.BAD_NO_DATA] + [codes.GOOD] * (SIGNALS - 1)
    events = step(pipeline, frame(LAST + 90, [np.nan] + [50.0] * (SIGNALS - 1), status=status)).alerts
    assert [(event.id, event.active) for event in events] == [("plc1.gap", False), ("plc1.s0.gap", True)]


def test_one_silent_signal_among_others_that_speak_is_named_itself(pipeline: Pipeline) -> None:
    alerts = [
        event.id
        for second in range(LAST + 1, LAST + 20)
        for event in step(pipeline, frame(second, [50.0] * (SIGNALS - 1), ids=list(range(1, SIGNALS)))).alerts
    ]
    assert [name for name in alerts if name.endswith(".gap")] == ["plc1.s0.gap"]


def test_a_device_that_is_silent_and_then_down_is_down(pipeline: Pipeline) -> None:
    pipeline.step([], mono(LAST + 60))
    events = step(pipeline, frame(LAST + 61, [np.nan] * SIGNALS, status=codes.BAD_NO_COMMUNICATION)).alerts
    assert [(event.id, event.active) for event in events] == [("plc1.gap", False), ("plc1.comm", True)]
    assert pipeline.step([], mono(LAST + 600)).alerts == ()
