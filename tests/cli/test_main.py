"""The command itself: it finds the verb, says what is wrong, and is light."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgetwin import __main__ as command
from edgetwin import __version__
from edgetwin.__main__ import VERBS, main
from edgetwin.cli import INTERRUPTED


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"edgetwin {__version__}\n"


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert [verb for verb in VERBS if f"\n  {verb} " not in out] == []


def test_no_verb_shows_the_help_and_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "verbs:" in capsys.readouterr().out


def test_a_slip_of_the_pen_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wach"]) == 2
    assert "did you mean `watch`?" in capsys.readouterr().err


def test_a_wild_word_gets_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zzzzz"]) == 2
    err = capsys.readouterr().err
    assert "did you mean" not in err
    assert "demo, run, watch" in err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert f"edgetwin {verb}" in capsys.readouterr().out


def test_a_misspelt_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["watch", "--onse"])
    assert ended.value.code == 2
    assert "--onse" in capsys.readouterr().err


def test_help_is_light() -> None:
    code = "import sys; from edgetwin.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print(sorted({'numpy', 'pydantic', 'asyncio', 'structlog', 'orjson'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    verb = tmp_path / "chatter.py"
    verb.write_text(
        '"""Talk."""\ndef arguments(parser): pass\ndef run(args):\n    while True: print("x" * 1000)\n'
    )
    code = (
        f"import sys, edgetwin.cli; edgetwin.cli.__path__.append({os.fspath(tmp_path)!r})\n"
        "from edgetwin import __main__ as m; m.VERBS['chatter'] = ''; sys.exit(m.main(['chatter']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as talk:
        assert talk.stdout is not None
        assert talk.stderr is not None
        talk.stdout.readline()
        talk.stdout.close()
        assert talk.stderr.read() == b""
        assert talk.wait(10) == command.READER_GONE


def test_a_full_disk_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "edgetwin", "schema"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == os.EX_IOERR
    assert done.stderr == "edgetwin schema: No space left on device; what was written is not complete\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_no_error(closed: str) -> None:
    words = f'exec "{sys.executable}" -m edgetwin schema {closed}'
    done = subprocess.run(["/bin/sh", "-c", words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == (">&-" not in closed.split())


def test_ctrl_c_ends_a_verb_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    from edgetwin.cli import watch  # noqa: PLC0415 - only here

    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "run", interrupted)
    assert main(["watch"]) == INTERRUPTED


def test_ctrl_c_while_a_verb_is_still_loading_is_quiet_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "import_module", interrupted)
    assert main(["watch"]) == INTERRUPTED
