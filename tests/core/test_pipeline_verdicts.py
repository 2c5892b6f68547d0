"""Every row leaves with its raw reading, an estimate, a quality and the reasons for it."""

import numpy as np
import pytest
from by_hand import Run, feed, frame, mono, noise, step, table, wall

from edgetwin.core import status as codes
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Kind, Outcome, Quality, Reason, Signal, reason_names


def warmed(*signals: Signal | str, rows: int = 60) -> tuple[Pipeline, Run]:
    """Give a pipeline that has seen a minute of lively readings of all its signals, one each second."""
    signals = signals or ("x",)
    pipeline = Pipeline(table(*signals))
    readings = np.column_stack([noise(rows, seed=number + 1) for number in range(len(signals))])
    return pipeline, feed(pipeline, readings)


def verdict(outcome: Outcome, row: int = 0) -> tuple[Quality, list[str]]:
    return Quality(int(outcome.quality[row])), reason_names(int(outcome.reasons[row]))


def test_a_lively_reading_is_good_for_no_further_reason() -> None:
    pipeline, _ = warmed()
    assert verdict(step(pipeline, frame(60, [50.2]))) == (Quality.GOOD, [])


def test_the_first_readings_are_uncertain_because_little_is_known() -> None:
    _, run = warmed()
    startup = run.has(Reason.STARTUP)[:, 0]
    assert startup[:11].all()
    assert not startup[11:].any()
    assert (run.quality[startup[:, None]] == Quality.UNCERTAIN).all()


def test_the_first_reading_is_its_own_estimate_and_no_surprise() -> None:
    pipeline = Pipeline(table("x"))
    outcome = step(pipeline, frame(0, [17.25]))
    assert outcome.value[0] == 17.25
    assert np.isnan(outcome.surprise[0])


@pytest.mark.parametrize("garbage", [np.nan, np.inf, -np.inf, 1e300, -1e300, 1e100])
def test_garbage_that_the_device_calls_good_never_reaches_the_filter(garbage: float) -> None:
    pipeline, run = warmed()
    outcome = step(pipeline, frame(60, [garbage]))
    assert verdict(outcome) == (Quality.BAD, ["device", "substituted"])
    np.testing.assert_equal(outcome.raw[0], garbage)
    assert outcome.value[0] == run.value[-1, 0]
    assert outcome.sigma[0] >= run.sigma[-1, 0]
    assert np.isnan(outcome.surprise[0])
    untouched, _ = warmed()
    after, without = step(pipeline, frame(61, [50.3])), step(untouched, frame(61, [50.3]))
    assert after.value[0] == without.value[0]


def test_a_missing_cell_is_a_gap_and_not_the_fault_of_the_device() -> None:
    pipeline, run = warmed()
    outcome = step(pipeline, frame(60, [np.nan], status=codes.BAD_NO_DATA))
    assert verdict(outcome) == (Quality.BAD, ["gap", "substituted"])
    assert outcome.value[0] == run.value[-1, 0]
    assert np.isnan(outcome.raw[0])


def test_a_reading_after_a_long_silence_says_that_others_were_missing() -> None:
    pipeline, _ = warmed()
    assert verdict(step(pipeline, frame(100, [50.0]))) == (Quality.UNCERTAIN, ["gap"])
    assert verdict(step(pipeline, frame(101, [50.1]))) == (Quality.GOOD, [])


def test_rows_without_a_reading_are_stale_once_the_silence_is_too_long() -> None:
    pipeline, _ = warmed()
    rows = [step(pipeline, frame(60 + k, [np.nan], status=codes.BAD_NO_DATA)) for k in range(10)]
    assert verdict(rows[0]) == (Quality.BAD, ["gap", "substituted"])
    assert verdict(rows[-1]) == (Quality.BAD, ["stale", "gap", "substituted"])


@pytest.mark.parametrize(
    "status",
    [codes.BAD_TIMEOUT, codes.BAD_NO_COMMUNICATION, codes.BAD_NOT_CONNECTED, codes.modbus_exception(11)],
)
def test_when_the_way_to_the_device_fails_its_values_are_held(status: int) -> None:
    pipeline, run = warmed()
    outcome = step(pipeline, frame(60, [np.nan], status=status))
    assert verdict(outcome) == (Quality.BAD, ["comm", "substituted"])
    assert outcome.value[0] == run.value[-1, 0]
    assert outcome.status[0] == status


def test_a_value_that_the_device_itself_calls_bad_is_shown_and_not_used() -> None:
    pipeline, run = warmed()
    outcome = step(pipeline, frame(60, [77.0], status=codes.BAD_SENSOR_FAILURE))
    assert verdict(outcome) == (Quality.BAD, ["device", "substituted"])
    assert outcome.raw[0] == 77.0
    assert outcome.value[0] == run.value[-1, 0]


def test_a_value_that_the_device_calls_uncertain_is_used() -> None:
    pipeline, run = warmed()
    outcome = step(pipeline, frame(60, [50.9], status=codes.UNCERTAIN))
    assert verdict(outcome) == (Quality.UNCERTAIN, ["device"])
    assert outcome.value[0] != run.value[-1, 0]
    assert outcome.status[0] == codes.UNCERTAIN


def test_zero_is_a_value() -> None:
    pipeline = Pipeline(table("x"))
    run = feed(pipeline, noise(60, mean=0.0))
    outcome = step(pipeline, frame(60, [0.0]))
    assert verdict(outcome) == (Quality.GOOD, [])
    assert outcome.raw[0] == 0.0
    assert outcome.value[0] != run.value[-1, 0]
    assert np.isfinite(outcome.surprise[0])


def test_a_signal_that_reads_nothing_but_zero_is_zero_and_good() -> None:
    run = feed(Pipeline(table("x")), np.zeros(100))
    assert (run.value == 0.0).all()
    assert (run.quality[20:] == Quality.GOOD).all()
    assert run.alerts == ()


def test_a_spike_is_shown_and_not_followed() -> None:
    pipeline, run = warmed()
    spikes_before = pipeline.counters["spikes"]
    outcome = step(pipeline, frame(60, [90.0]))
    assert verdict(outcome) == (Quality.UNCERTAIN, ["spike", "substituted"])
    assert outcome.raw[0] == 90.0
    assert outcome.value[0] == run.value[-1, 0]
    assert outcome.surprise[0] > 6.0
    assert pipeline.counters["spikes"] == spikes_before + 1
    assert pipeline.active_alerts == ()


def test_a_reading_outside_its_range_teaches_nothing() -> None:
    pipeline, run = warmed(Signal(name="x", low=0.0, high=100.0))
    outcome = step(pipeline, frame(60, [100.5]))
    assert verdict(outcome) == (Quality.BAD, ["range", "substituted"])
    assert outcome.value[0] == run.value[-1, 0]


def test_one_bad_cell_takes_nothing_from_its_neighbours() -> None:
    pipeline, _ = warmed("a", "b", "c")
    untouched, _ = warmed("a", "b", "c")
    outcome = step(pipeline, frame(60, [50.0, np.nan, 51.0], status=[0, codes.BAD_SENSOR_FAILURE, 0]))
    whole = step(untouched, frame(60, [50.0, 50.0, 51.0]))
    assert [verdict(outcome, row)[0] for row in range(3)] == [Quality.GOOD, Quality.BAD, Quality.GOOD]
    np.testing.assert_allclose(outcome.value[[0, 2]], whole.value[[0, 2]], rtol=1e-12)


def test_several_reasons_hold_at_once() -> None:
    pipeline, _ = warmed(Signal(name="x", high=100.0))
    outcome = step(pipeline, frame(61, [120.0], status=codes.UNCERTAIN))
    assert verdict(outcome) == (Quality.BAD, ["device", "range", "substituted"])


def test_a_signal_that_has_said_nothing_usable_has_no_value() -> None:
    outcome = step(Pipeline(table("x")), frame(0, [np.nan], status=codes.BAD_TIMEOUT))
    assert np.isnan(outcome.value[0])
    assert np.isnan(outcome.sigma[0])
    assert verdict(outcome) == (Quality.BAD, ["comm", "startup"])


def test_states_and_texts_ride_along_as_they_came() -> None:
    pipeline = Pipeline(
        table("x", Signal(name="mode", kind=Kind.STATE), Signal(name="recipe", kind=Kind.TEXT))
    )
    for second in range(400):  # a state that stays is not stuck
        outcome = step(
            pipeline, frame(second, [50.0 + second % 7, 2.0, np.nan], texts=(None, None, "rye bread"))
        )
        assert outcome.alerts == ()
    assert outcome.value[1] == 2.0
    assert np.isnan(outcome.sigma[1:]).all()
    assert outcome.quality.tolist() == [Quality.GOOD] * 3
    assert outcome.texts == (None, None, "rye bread")
    step(pipeline, frame(400, [50.0, 0.0], ids=[0, 1]))
    snapshot = pipeline.snapshot(mono(400))
    assert snapshot.value[1] == 0.0
    assert snapshot.texts == (None, None, "rye bread")


def test_a_state_that_jumps_is_no_spike() -> None:
    pipeline = Pipeline(table(Signal(name="mode", kind=Kind.STATE)))
    for second in range(50):
        step(pipeline, frame(second, [1.0]))
    assert verdict(step(pipeline, frame(50, [9.0]))) == (Quality.GOOD, [])


def test_a_text_that_cannot_be_read_is_bad_and_keeps_its_last_word() -> None:
    pipeline = Pipeline(table(Signal(name="recipe", kind=Kind.TEXT)))
    step(pipeline, frame(0, [np.nan], texts=("rye bread",)))
    outcome = step(pipeline, frame(1, [np.nan], status=codes.BAD_NO_COMMUNICATION))
    assert verdict(outcome) == (Quality.BAD, ["comm"])
    assert pipeline.snapshot(mono(1)).texts == ("rye bread",)


def test_stamps_travel_as_they_came() -> None:
    outcome = step(Pipeline(table("x")), frame(7, [1.0], source_s=6.5))
    assert (outcome.t_source[0], outcome.t_read[0], outcome.mono[0]) == (wall(6.5), wall(7), mono(7))


def test_an_estimate_stays_what_it_was_and_loses_worth_while_nothing_comes() -> None:
    pipeline, run = warmed()
    sigmas = []
    for second in (60, 70, 120, 600, 3600):
        outcome = step(pipeline, frame(second, [np.nan], status=codes.BAD_TIMEOUT))
        assert outcome.value[0] == run.value[-1, 0]
        sigmas.append(float(outcome.sigma[0]))
    assert sigmas == sorted(sigmas)
    assert sigmas[0] > run.sigma[-1, 0]


def test_counters_count() -> None:
    pipeline, run = warmed("a", "b")
    spikes = int(run.has(Reason.SPIKE).sum())
    assert pipeline.counters == {"frames": 60, "readings": 120, "late": 0, "spikes": spikes}
