"""However readings are batched, the same is decided, byte for byte; and their order is the order in which they came."""

from dataclasses import fields

import numpy as np
import pytest
from by_hand import SECOND, feed, frame, mono, noise, step, table
from hypothesis import given, settings
from hypothesis import strategies as st

from edgetwin.core import status as codes
from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Frame, Kind, Outcome, Reason, Signal, SignalTable

TABLE = table(
    Signal(name="plc1.a", low=-5.0, high=5.0),
    Signal(name="plc1.b", period_s=1.0),
    Signal(name="plc2.c", on_change=True, period_s=1.0),
    Signal(name="plc2.d"),
    Signal(name="plc2.mode", kind=Kind.STATE),
    Signal(name="plc2.recipe", kind=Kind.TEXT),
)

PARTS = ([0, 1], [2, 3, 4, 5], [2], [0, 1, 2, 3, 4], [3], [1, 1, 0, 1])
STATUS = [codes.GOOD] * 12 + [codes.UNCERTAIN, codes.BAD_NO_DATA, codes.BAD_TIMEOUT, codes.BAD_SENSOR_FAILURE]


def story(seed: int) -> list[Frame]:
    """Tell a few minutes of two devices: noise, repeats, holes, failures, late readings, whatever may come."""
    rng = np.random.default_rng(seed)
    frames, now_s = [], 0.0
    for _ in range(120):
        now_s += rng.choice([0.0, 0.2, 1.0, 1.0, 1.0, 1.0, 9.0], p=[0.04, 0.1, 0.2, 0.2, 0.2, 0.22, 0.04])
        ids = PARTS[rng.integers(len(PARTS))]
        values = rng.choice([rng.normal(size=len(ids)).round(1), np.full(len(ids), 2.0)])
        values = np.where(rng.random(len(ids)) < 0.02, rng.choice([np.nan, np.inf, 1e300, 40.0]), values)
        late_s = 0.5 if rng.random() < 0.03 else 0.0
        whole_device = int(rng.choice(STATUS))
        frames.append(
            frame(
                now_s - late_s,
                values,
                ids=ids,
                status=whole_device if rng.random() < 0.5 else rng.choice(STATUS, len(ids)).tolist(),
                source_s=now_s - 5.0 * rng.random() if rng.random() < 0.3 else None,
                texts=("batch 7",) * len(ids) if 5 in ids else (),
            )
        )
    return frames


def written(outcomes: list[Outcome], pipeline: Pipeline) -> tuple[dict[str, bytes], list[AlertEvent], object]:
    """Write down all that was decided, so that two runs can be compared byte for byte."""
    columns = [f.name for f in fields(Outcome) if f.name not in ("texts", "alerts")]
    everything = {
        name: b"".join(np.ascontiguousarray(getattr(outcome, name)).tobytes() for outcome in outcomes)
        for name in columns
    }
    end = pipeline.snapshot(mono(3600))
    everything |= {f"end.{name}": getattr(end, name).tobytes() for name in columns}
    alerts = [event for outcome in outcomes for event in outcome.alerts]
    return everything, alerts, (pipeline.counters, end.texts, pipeline.active_alerts)


def batched(frames: list[Frame], cuts: set[int], waits: dict[int, float]) -> object:
    """Give the frames in batches cut at these places; `waits` lets time pass a share of the way to the next."""
    pipeline, outcomes, batch = Pipeline(TABLE), [], []
    last = max(int(f.mono.max()) for f in frames)
    for number, one in enumerate(frames):
        batch.append(one)
        if number in cuts and number + 1 < len(frames):
            here, there = int(one.mono.min()), int(frames[number + 1].mono.min())
            now = here + int(max(there - here, 0) * waits.get(number, 1.0))
            outcomes.append(pipeline.step(batch, now))
            batch = []
    outcomes.append(pipeline.step(batch, last + 30 * SECOND))
    return written(outcomes, pipeline)


@settings(derandomize=True, deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    cuts=st.sets(st.integers(0, 119), max_size=60),
    waits=st.dictionaries(st.integers(0, 119), st.floats(0.0, 1.0), max_size=30),
)
def test_the_same_frames_give_the_same_outcome_however_they_are_batched(
    seed: int, cuts: set[int], waits: dict[int, float]
) -> None:
    frames = story(seed)
    assert batched(frames, cuts, waits) == batched(frames, set(), {})


def test_the_story_told_to_the_batches_is_full_of_trouble() -> None:
    kinds = {event.kind for seed in range(6) for event in batched(story(seed), set(), {})[1]}  # type: ignore[index]
    assert kinds >= {"gap", "comm", "device"}


def test_asking_often_or_once_names_silent_signals_in_the_same_order() -> None:
    # b has the lower number, but falls silent later.
    often, once = (
        Pipeline(table(Signal(name="b", period_s=3.0), Signal(name="a", period_s=1.0), "c")) for _ in "12"
    )
    for pipeline in (often, once):
        step(pipeline, frame(0, [1.0, 1.0, 1.0]))
        step(pipeline, frame(0.5, [1.0], ids=[2]))
    apart = [event for second in range(1, 61) for event in often.step([], mono(second)).alerts]
    together = list(once.step([], mono(60)).alerts)
    assert [event.subject for event in apart] == ["a", "b"]
    assert together == apart


def test_rows_come_out_in_the_order_of_the_frames() -> None:
    outcome = step(
        Pipeline(table("a", "b")), frame(0, [1.0], ids=[1]), frame(1, [2.0], ids=[0]), frame(2, [3.0, 4.0])
    )
    assert outcome.raw.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert outcome.ids.tolist() == [1, 0, 0, 1]


def test_several_readings_of_one_signal_in_a_frame_are_taken_one_after_the_other() -> None:
    together, apart = Pipeline(table("a", "b")), Pipeline(table("a", "b"))
    step(together, frame(0, [10.0, 20.0, 11.0, 12.0], ids=[0, 1, 0, 0]))
    for values, ids in (([10.0, 20.0], [0, 1]), ([11.0], [0]), ([12.0], [0])):
        step(apart, frame(0, values, ids=ids))
    a, b = together.snapshot(0), apart.snapshot(0)
    assert a.raw.tolist() == [12.0, 20.0]
    assert (a.value.tobytes(), a.sigma.tobytes()) == (b.value.tobytes(), b.sigma.tobytes())


def test_signals_that_are_not_in_a_frame_are_left_alone() -> None:
    pipeline = Pipeline(table("a", "b", "c"))
    step(pipeline, frame(0, [1.0, 2.0, 3.0]))
    before = pipeline.snapshot(0)
    outcome = step(pipeline, frame(1, [5.0, 7.0], ids=[0, 2]))
    after = pipeline.snapshot(0)
    assert outcome.ids.tolist() == [0, 2]
    assert after.value[1] == before.value[1]
    assert after.mono.tolist() == [mono(1), 0, mono(1)]


def test_each_signal_is_judged_alone() -> None:
    readings = np.column_stack([noise(80, seed=1), noise(80, seed=2), noise(80, seed=3)])
    together = feed(Pipeline(table("a", "b", "c")), readings)
    alone = feed(Pipeline(table("b")), readings[:, 1])
    # Not to the last bit: numpy sums three columns in another order than one.
    np.testing.assert_allclose(together.value[:, 1], alone.value[:, 0], rtol=1e-12)
    np.testing.assert_allclose(together.surprise[1:, 1], alone.surprise[1:, 0], rtol=1e-6)
    np.testing.assert_array_equal(together.reasons[:, 1], alone.reasons[:, 0])


def test_a_step_without_frames_gives_no_rows_and_only_ages() -> None:
    pipeline = Pipeline(table("a"))
    feed(pipeline, noise(100))
    young = pipeline.snapshot(mono(99))
    outcome = pipeline.step([], mono(102))
    old = pipeline.snapshot(mono(102))
    assert len(outcome) == 0
    assert outcome.alerts == ()
    assert old.value == young.value
    assert old.sigma > young.sigma
    assert old.mono == young.mono


def test_an_empty_frame_is_no_news() -> None:
    pipeline = Pipeline(table("a"))
    assert len(step(pipeline, frame(0, [1.0]))) == 1
    assert len(pipeline.step([frame(1, [])], mono(1))) == 0
    assert pipeline.counters["readings"] == 1


@pytest.mark.parametrize("source_stamped", [False, True])
def test_a_late_reading_is_flagged_and_counted_and_moves_nothing(*, source_stamped: bool) -> None:
    pipeline = Pipeline(table("a"))
    values = noise(50)
    for second, value in enumerate(values):
        step(pipeline, frame(second, [value], source_s=second if source_stamped else None))
    before = pipeline.snapshot(mono(49))
    late = frame(50, [90.0], source_s=45.0) if source_stamped else frame(45, [90.0])
    outcome = step(pipeline, late)
    after = pipeline.snapshot(mono(49))
    assert outcome.reasons[0] & Reason.LATE
    assert outcome.raw[0] == 90.0
    assert pipeline.counters["late"] == 1
    for name in ("raw", "value", "sigma", "quality", "reasons", "mono", "t_source"):
        assert getattr(after, name)[0] == getattr(before, name)[0], name


def test_snapshot_covers_every_signal_also_those_never_heard_of() -> None:
    pipeline = Pipeline(table("a", "b"))
    step(pipeline, frame(0, [0.0], ids=[0]))
    snapshot = pipeline.snapshot(0)
    assert snapshot.ids.tolist() == [0, 1]
    assert snapshot.value[0] == 0.0
    assert np.isnan(snapshot.value[1])
    assert snapshot.status[1] == codes.BAD_WAITING
    assert snapshot.reasons[1] == Reason.STARTUP


def test_a_table_refuses_two_signals_of_one_name() -> None:
    with pytest.raises(ValueError, match="same name"):
        SignalTable([Signal(name="a"), Signal(name="a")])
