"""The benchmark of the bank in small: few seeds, wide bounds."""

import numpy as np
import pytest
from bank_scenarios import (
    DISTRUSTED,
    SCENARIOS,
    TRUSTED,
    article,
    fixed_errors,
    main,
    scores,
    worst_and_mean,
)

SEEDS = 20


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, float]]:
    return scores(SEEDS)


def test_there_are_eight_scenarios(table: dict[str, dict[str, float]]) -> None:
    assert len(table) == len(SCENARIOS) == 8


def test_the_articles_filters_are_as_wrong_as_was_found_when_the_article_was_run() -> None:
    recording = article(np.random.default_rng(1), 200)
    assert fixed_errors(recording, *TRUSTED)[0] == pytest.approx(0.522, rel=0.03)
    assert fixed_errors(recording, *DISTRUSTED)[0] == pytest.approx(0.779, rel=0.03)


@pytest.mark.parametrize(
    ("column", "worst", "mean"),
    [("bank", 1.25, 1.1), ("bank, spikes", 1.35, 1.15), ("bank, holes", 1.4, 1.2)],
)
def test_without_any_setting_the_bank_is_about_as_good_as_the_best_setting(
    table: dict[str, dict[str, float]], column: str, worst: float, mean: float
) -> None:
    ratios = worst_and_mean(table, column)
    assert ratios[0] < worst
    assert ratios[1] < mean


@pytest.mark.parametrize("plain", ["trusted Q", "distrusted Q", "reading", "mean of 10"])
def test_it_is_better_on_the_whole_than_what_one_would_take_instead(
    table: dict[str, dict[str, float]], plain: str
) -> None:
    assert worst_and_mean(table, "bank")[1] < 0.9 * worst_and_mean(table, plain)[1]
    assert worst_and_mean(table, "bank")[0] < worst_and_mean(table, plain)[0]


def test_the_truth_is_within_the_interval_about_as_often_as_is_said(
    table: dict[str, dict[str, float]],
) -> None:
    assert all(0.85 <= row["covers"] <= 1.0 for row in table.values())


def test_the_script_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--seeds", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert lines[1].startswith("article")
