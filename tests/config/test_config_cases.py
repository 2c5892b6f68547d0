"""Golden cases: a folder per kind of mistake, and the words a technician gets for it."""

from pathlib import Path

import pytest

from edgetwin.config.load import load
from edgetwin.config.problems import ConfigProblems

CASES = Path(__file__).parent / "cases"


def environment(case: Path) -> dict[str, str]:
    """Read the variables that are set in a case: NAME=value, one a line."""
    file = case / "environment"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_every_mistake_is_told_in_plain_words(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    with pytest.raises(ConfigProblems) as refusal:
        load(Path("bad.toml"), environ=environment(case))
    expected = (case / "expected.txt").read_text(encoding="utf-8")
    assert f"{refusal.value}\n" == expected


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_no_message_holds_a_secret_or_a_library(case: Path) -> None:
    text = (case / "expected.txt").read_text(encoding="utf-8").lower()
    assert "hunter2" not in text
    assert "pydantic" not in text
    assert "validation" not in text
    assert "input should" not in text
