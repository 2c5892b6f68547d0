"""edgetwin template: the maps that come with the package."""

import json

import pytest

from edgetwin.__main__ import main


def test_the_templates_are_listed_with_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["template"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].split(maxsplit=3) == ["example-drive", "12", "signals", "A variable-speed drive"]


def test_one_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["template", "example-drive"]) == 0
    assert "\n[template.example-drive.signals]\n" in capsys.readouterr().out


def test_programs_get_them_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["template", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["example-drive"]["signals"]["ready"] == {
        "at": "hr:100",
        "bit": 0,
    }


def test_one_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["template", "exmaple-drive"]) == 2
    assert "did you mean example-drive?" in capsys.readouterr().err
