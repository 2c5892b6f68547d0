"""How good is a bank without any setting? Eight scenarios, against the best fixed Q that hindsight can find.

    python tests/bench/bank_scenarios.py [--seeds 200]

Each figure is a mean absolute error divided by that of the best of 136 fixed Q, which is chosen for each scenario after
its truth is known. Every filter starts from the first reading. The fixed filters are given the article's R = 1.5
throughout; that does not hold them back, since only Q / R matters to them and the grid is wide enough for every ratio.
The bank is given nothing. Nothing here is a claim about a plant: it is what the grid of the bank was chosen on.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from edgetwin.core.estimate.bank import Bank
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Signal, SignalTable

R = 1.5
LEVEL_Q, RATE_Q = (grid.ravel() for grid in np.meshgrid(np.logspace(-5, 2, 17), np.logspace(-6, 0.5, 8)))
TRUSTED = (np.array([0.1]), np.array([0.01]))  # the article's Q for a model that is believed
DISTRUSTED = (np.array([2.0]), np.array([0.5]))  # and for one that is not
LONG = 400
START_UP = 10  # readings before coverage is counted


class Recording(NamedTuple):
    """The truth and what a sensor made of it, as [time, seed]."""

    truth: Floats
    readings: Floats


def article(rng: np.random.Generator, seeds: int, noise: float = 1.2) -> Recording:
    """Warm a bearing whose rate slowly accelerates: the model of a level and a rate is a little wrong."""
    rate = np.cumsum(0.005 * np.arange(100) / 100)
    return _measured(70.0 + np.tile(np.cumsum(rate)[:, None], (1, seeds)), rng, noise)


def ramps(rng: np.random.Generator, seeds: int) -> Recording:
    """Let the rate become another one now and then."""
    return _measured(np.cumsum(_held(rng, seeds, chance=0.02, spread=0.3), axis=0), rng, 1.2)


def load_steps(rng: np.random.Generator, seeds: int) -> Recording:
    """Let the level jump now and then."""
    jumps = (rng.random((LONG, seeds)) < 0.01) * rng.normal(0.0, 10.0, (LONG, seeds))
    return _measured(np.cumsum(jumps, axis=0), rng, 1.2)


def quiet(rng: np.random.Generator, seeds: int) -> Recording:
    """Let nothing happen at all."""
    return _measured(np.zeros((LONG, seeds)), rng, 1.2)


def noise_grows(rng: np.random.Generator, seeds: int) -> Recording:
    """Make the sensor four times as noisy midway."""
    truth = np.cumsum(np.cumsum(rng.normal(0.0, 0.02, (LONG, seeds)), axis=0), axis=0)
    return _measured(truth, rng, np.where(np.arange(LONG) < LONG // 2, 0.6, 2.4)[:, None])


def r_too_big(rng: np.random.Generator, seeds: int) -> Recording:
    """Take a sensor that is sixteen times better (in variance) than everyone was told."""
    return article(rng, seeds, noise=1.2 / 4.0)


def matched(rng: np.random.Generator, seeds: int) -> Recording:
    """Let the truth be exactly what a filter of level and rate believes in."""
    return _measured(_wandering(rng, seeds, 0.1), rng, 1.2)


def q_switches(rng: np.random.Generator, seeds: int) -> Recording:
    """Make the process a hundred times livelier (in variance) for every second hundred of readings."""
    lively = (np.arange(LONG) // 100 % 2 == 1)[:, None]
    return _measured(_wandering(rng, seeds, np.where(lively, 0.1, 0.01)), rng, 1.2)


SCENARIOS: tuple[Callable[[np.random.Generator, int], Recording], ...] = (
    article, ramps, load_steps, quiet, noise_grows, r_too_big, matched, q_switches,
)  # fmt: skip


def fixed_errors(recording: Recording, level_q: Floats, rate_q: Floats) -> Floats:
    """Run a Kalman filter of level and rate for each Q over all seeds; give the mean absolute error of each."""
    truth, y = recording
    q0, q1 = level_q[:, None], rate_q[:, None]
    x, v = np.tile(y[0], (len(q0), 1)), np.zeros((len(q0), y.shape[1]))
    p00, p01, p11 = np.full_like(q0, R), np.zeros_like(q0), np.ones_like(q0)
    error = np.abs(x - truth[0])
    for reading, true in zip(y[1:], truth[1:], strict=True):
        there = np.isfinite(reading)
        x, p00, p01, p11 = x + v, p00 + 2.0 * p01 + p11 + q0, p01 + p11, p11 + q1
        k0, k1 = there * p00 / (p00 + R), there * p01 / (p00 + R)
        e = np.where(there, reading - x, 0.0)
        x, v = x + k0 * e, v + k1 * e
        p00, p01, p11 = (1.0 - k0) * p00, (1.0 - k0) * p01, p11 - k1 * p01
        error += np.abs(x - true)
    errors: Floats = (error / len(y)).mean(axis=1)
    return errors


def bank_score(recording: Recording) -> tuple[float, float]:
    """Run the bank over all seeds; give its mean absolute error and how often the truth is within 1.96 sigma."""
    truth, y = recording
    seeds = y.shape[1]
    bank = Bank(Memory(SignalTable([Signal(name=str(seed)) for seed in range(seeds)])))
    everything, since = slice(None), np.ones(seeds)
    error, within, counted = 0.0, 0, 0
    for row, (reading, true) in enumerate(zip(y, truth, strict=True)):
        there = np.flatnonzero(np.isfinite(reading))
        bank.update(there.astype(np.int32), reading[there], since[there])
        since = np.where(np.isfinite(reading), 1.0, since + 1.0)
        off = np.abs(bank.estimate(everything).value - true)
        error += float(off.mean())
        if row >= START_UP:
            seen = since == 1.0
            within += int(np.count_nonzero(seen & (off < 1.96 * bank.estimate(everything).sigma)))
            counted += int(np.count_nonzero(seen))
    return error / len(y), within / counted


def spiked(recording: Recording, rng: np.random.Generator) -> Recording:
    """Put a spike of 20 deviations on one reading in a hundred, the first ones aside."""
    spikes = rng.random(recording.readings.shape) < 0.01
    spikes[: START_UP + 5] = False
    deviation = np.std(recording.readings - recording.truth)
    return recording._replace(readings=recording.readings + 20.0 * deviation * spikes)


def holed(recording: Recording, rng: np.random.Generator) -> Recording:
    """Lose one reading in five, never the first."""
    lost = rng.random(recording.readings.shape) < 0.2
    lost[0] = False
    return recording._replace(readings=np.where(lost, np.nan, recording.readings))


COLUMNS = (
    "bank",
    "bank, spikes",
    "bank, holes",
    "trusted Q",
    "distrusted Q",
    "reading",
    "mean of 10",
    "covers",
)


def scores(seeds: int) -> dict[str, dict[str, float]]:
    """Give every column for every scenario."""
    table: dict[str, dict[str, float]] = {}
    for number, scenario in enumerate(SCENARIOS):
        rng = np.random.default_rng([2026, number])
        recording = scenario(rng, seeds)
        best = float(fixed_errors(recording, LEVEL_Q, RATE_Q).min())
        with_holes = holed(recording, rng)
        best_with_holes = float(fixed_errors(with_holes, LEVEL_Q, RATE_Q).min())
        error, covers = bank_score(recording)
        table[scenario.__name__] = {
            "bank": error / best,
            "bank, spikes": bank_score(spiked(recording, rng))[0] / best,
            "bank, holes": bank_score(with_holes)[0] / best_with_holes,
            "trusted Q": float(fixed_errors(recording, *TRUSTED)[0]) / best,
            "distrusted Q": float(fixed_errors(recording, *DISTRUSTED)[0]) / best,
            "reading": float(np.abs(recording.readings - recording.truth).mean()) / best,
            "mean of 10": float(np.abs(_moving_mean(recording.readings) - recording.truth).mean()) / best,
            "covers": covers,
        }
    return table


def worst_and_mean(table: dict[str, dict[str, float]], column: str) -> tuple[float, float]:
    """Give the worst and the geometric mean of a column of error ratios."""
    ratios = [row[column] for row in table.values()]
    return max(ratios), float(np.exp(np.mean(np.log(ratios))))


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="The bank against the best fixed Q in hindsight.")
    parser.add_argument("--seeds", type=int, default=200)
    table = scores(parser.parse_args(arguments).seeds)
    say(" " * 16 + "".join(f"{column:>14}" for column in COLUMNS))
    for name, row in table.items():
        say(f"{name:16}" + "".join(f"{row[column]:14.3f}" for column in COLUMNS))
    for place, title in enumerate(("worst", "geometric mean")):
        figures = [worst_and_mean(table, column)[place] for column in COLUMNS[:-1]]
        say(f"{title:16}" + "".join(f"{figure:14.3f}" for figure in figures))


def _measured(truth: Floats, rng: np.random.Generator, noise: Floats | float) -> Recording:
    return Recording(truth, truth + noise * rng.normal(size=truth.shape))


def _held(rng: np.random.Generator, seeds: int, *, chance: float, spread: float) -> Floats:
    """Draw values that stay until, by chance, another comes; 0 at first."""
    held = np.zeros((LONG, seeds))
    for k in range(1, LONG):
        held[k] = np.where(rng.random(seeds) < chance, rng.normal(0.0, spread, seeds), held[k - 1])
    return held


def _wandering(rng: np.random.Generator, seeds: int, rate_noise: Floats | float) -> Floats:
    """Integrate a random walk of the rate, and three times its noise on the level itself."""
    rate = np.cumsum(rate_noise * rng.normal(size=(LONG, seeds)), axis=0)
    return np.cumsum(rate + 3.0 * rate_noise * rng.normal(size=(LONG, seeds)), axis=0)


def _moving_mean(readings: Floats, width: int = 10) -> Floats:
    sums = np.cumsum(readings, axis=0)
    sums[width:] -= sums[:-width].copy()
    mean: Floats = sums / np.minimum(np.arange(1, len(readings) + 1), width)[:, None]
    return mean


if __name__ == "__main__":
    main()
