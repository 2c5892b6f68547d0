"""A value that is repeated until the next one is known is measured once, not many times."""

import numpy as np
from by_hand import Run, feed, table

from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Floats, Reason

ROWS, BETWEEN = 3000, 15


def wandering() -> Floats:
    return 40.0 + np.cumsum(np.random.default_rng(1).normal(0.0, 0.02, ROWS))


def told(truth: Floats) -> Run:
    analyses = (truth + np.random.default_rng(2).normal(0.0, 0.05, ROWS)).round(2)
    return feed(Pipeline(table("lab")), analyses[np.arange(ROWS) // BETWEEN * BETWEEN])


def test_a_laboratory_value_is_not_trusted_more_for_being_repeated() -> None:
    truth = wandering()
    run = told(truth)
    within = np.abs(run.value[200:, 0] - truth[200:]) <= 1.96 * run.sigma[200:, 0]
    assert 0.75 < within.mean() < 0.99


def test_a_new_laboratory_value_is_no_spike() -> None:
    assert told(wandering()).has(Reason.SPIKE).mean() < 0.01
