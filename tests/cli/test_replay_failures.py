"""`edgetwin replay` when something is in its way: each failure says what it is, and keeps what was done."""

import gzip
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from replayed import START, plant, replayed, rows_of

from edgetwin.__main__ import main
from edgetwin.cli.outcome_csv import time_text
from edgetwin.cli.progress import Progress


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recorded.csv"
    path.write_text(plant())
    return path


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.csv"], 66, "cannot read nowhere.csv: No such file or directory"),
        (["."], 66, "Is a directory"),
        (["{in}", "--out", "nowhere/out.csv"], 73, "cannot write nowhere/out.csv: No such file or directory"),
        (["{in}", "--out", "/dev/full"], 74, "cannot write /dev/full: No space left on device"),
        (["{in}", "--alerts", "-", "--json"], 2, "only one of"),
        (["{in}", "--out", "{in}"], 2, "would overwrite"),
        (["{in}", "--time", "clock"], 65, 'no column "clock"'),
    ],
)
def test_each_failure_has_its_own_exit_code_and_says_what_it_is(
    recorded: Path, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word.replace("{in}", str(recorded)) for word in arguments]
    assert main(["replay", *words]) == code
    assert message in capsys.readouterr().err
    assert recorded.read_text() == plant()


def test_a_wrong_rhythm_is_wrong_usage(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["replay", str(recorded), "--every", "often"])
    assert ended.value.code == 2
    assert "--every" in capsys.readouterr().err


class Interrupting(Progress):
    """Ctrl-C at the second block."""

    def update(self, position: int, samples: int) -> None:
        """Draw, and be interrupted."""
        super().update(position, samples)
        if samples > 3 * 64:
            raise KeyboardInterrupt


def test_ctrl_c_keeps_what_was_done_and_says_so(recorded: Path) -> None:
    code, out, _, account = replayed(recorded, 64, Interrupting(StringIO()))
    assert code == 130
    assert len(out.splitlines()) == 1 + 2 * 64 * 3
    assert "NOT the whole file, stopped by Ctrl-C" in account
    assert "128 rows" in account


def test_a_file_that_breaks_off_keeps_what_was_done_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "in.csv.gz", tmp_path / "out.csv"
    path.write_bytes(gzip.compress(plant(1800).encode())[:-1000])
    assert main(["replay", str(path), "--out", str(out)]) == 65
    said = capsys.readouterr()
    assert "NOT the whole file, the compressed file is damaged here" in said.out
    done = len(rows_of(out)) // 3
    assert 1000 < done < 1800
    assert f"{done:,} rows" in said.out


def edgetwin(*words: str) -> list[str]:
    return [sys.executable, "-m", "edgetwin", "replay", *words]


def test_standard_input_and_output_will_do(recorded: Path) -> None:
    done = subprocess.run(
        edgetwin("-", "--out", "-"), input=recorded.read_bytes(), capture_output=True, check=True, timeout=60
    )
    assert len(done.stdout.splitlines()) == 1201
    assert b"400 rows, 1,200 samples" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_failure_with_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(plant(5000))
    with subprocess.Popen(
        edgetwin(str(path), "--out", "-"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        said = run.stderr.read()
        assert run.wait(60) == 141
    assert said == b""


def test_ctrl_c_in_the_shell_ends_with_the_account(tmp_path: Path) -> None:
    pipe = tmp_path / "endless"
    os.mkfifo(pipe)
    with subprocess.Popen(
        edgetwin(str(pipe), "--out", "-"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        with pipe.open("w") as source:
            source.write(plant(2000))
            source.flush()
            while not run.stdout.readline().startswith(time_text((START + 500) * 10**9).encode()):
                pass  # the replay is on its way, and its source has more to give
            run.send_signal(signal.SIGINT)
            rest = run.stdout.read()
            said = run.stderr.read()
            assert run.wait(60) == 130
    assert rest.endswith(b"\n")
    assert b"NOT the whole file, stopped by Ctrl-C" in said
