"""What `edgetwin run` says when nothing can be started."""

from pathlib import Path

import pytest

from edgetwin.__main__ import main


def refused(config: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["run", "--config", str(config)]) == 78
    return capsys.readouterr().err.splitlines()


def test_a_wrong_configuration_is_told_in_plain_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    (config := tmp_path / "gw.toml").write_text("[gateway]\nsit = 'a'\n")
    lines = refused(config, capsys)
    assert lines[0].startswith(f"{config}:")
    assert any("did you mean site" in line for line in lines)


def test_under_systemd_each_line_is_an_error_in_the_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    (config := tmp_path / "gw.toml").write_text("[gateway]\nsit = 'a'\n")
    lines = refused(config, capsys)
    assert len(lines) >= 2
    assert all(line.startswith("<3>") for line in lines)
