"""The commands that the README names are there, and each Python has an environment of its own."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(*arguments: str) -> str:
    # Inside `make test` the outer make would hand its own settings down.
    return subprocess.run(
        ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "MAKEOVERRIDES", "make", "-C", ROOT, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout


def test_the_readme_and_the_makefile_name_the_same_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    readme = set(re.findall(r"^    (?:sudo )?make ([a-z]+)|`make ([a-z]+)", text, flags=re.MULTILINE))
    listed = set(re.findall(r"^ +make ([a-z]+)", make(), flags=re.MULTILINE))
    assert {first or second for first, second in readme} == listed - {"help"}


@pytest.mark.parametrize(
    ("python", "venv"),
    [("python3", ".venv"), ("/usr/bin/python3", ".venv"), ("python3.13", ".venv-3.13")],
)
def test_each_python_has_an_environment_of_its_own(python: str, venv: str) -> None:
    lines = make("--dry-run", "--always-make", "test", f"PYTHON={python}").splitlines()
    assert f"deploy/venv.sh {python} {venv}" in lines
    assert any(line.startswith(f"{venv}/bin/python -m pytest") for line in lines)


def test_the_demo_asks_nothing_of_debian() -> None:
    assert "debian.sh" not in make("--dry-run", "--always-make", "demo")
