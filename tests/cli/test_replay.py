"""`edgetwin replay`: what a file of recorded data says, row for row, and what it says of itself."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest

from edgetwin.__main__ import main
from edgetwin.cli.outcome_csv import HEADER, OutcomeCsv, quoted, time_text
from edgetwin.cli.progress import Progress
from edgetwin.cli.replay_output import Output
from edgetwin.cli.replay_run import Run
from edgetwin.cli.replay_signals import signals_of
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import SignalTable
from edgetwin.field.csv_file import CsvFile
from edgetwin.field.csv_problems import Problems

DATA = (
    Path(__file__).parents[3] / "shared" / "data"
)  # public data sets, beside the project where there are any
START = 1_763_596_800  # 2025-11-20T00:00:00Z


def plant(rows: int = 400, stuck_from: int | None = None) -> str:
    """Three noisy signals at 1 s, one of which may freeze; every 50th cell of the third is missing."""
    rng = np.random.default_rng(7)
    values = np.round(rng.normal((50, 3, 900), (0.5, 0.02, 4), (rows, 3)), 4)
    if stuck_from is not None:
        values[stuck_from:, 0] = values[stuck_from, 0]
    cells = values.astype(str)
    cells[::50, 2] = ""
    lines = [f"{START + n},{','.join(row)}" for n, row in enumerate(cells.tolist())]
    return "\n".join(["time,temp,flow,level", *lines]) + "\n"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recorded.csv"
    path.write_text(plant())
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_sample_has_its_row_in_the_order_of_the_file(recorded: Path, tmp_path: Path) -> None:
    assert main(["replay", str(recorded), "--out", str(tmp_path / "out.csv")]) == 0
    rows = rows_of(tmp_path / "out.csv")
    with recorded.open(newline="") as file:
        source = list(csv.DictReader(file))
    expected = [
        (int(row["time"]) * 10**9, name, row[name]) for row in source for name in ("temp", "flow", "level")
    ]
    seen = [
        (int(np.datetime64(row["time"].removesuffix("Z"), "ns").astype(np.int64)), row["signal"], row["raw"])
        for row in rows
    ]
    assert seen == expected
    assert list(rows[0]) == HEADER.split(",")


def test_a_missing_cell_still_has_its_row(recorded: Path, tmp_path: Path) -> None:
    main(["replay", str(recorded), "--out", str(tmp_path / "out.csv")])
    missing = [row for row in rows_of(tmp_path / "out.csv") if not row["raw"]]
    assert len(missing) == 400 / 50
    assert all("gap" in row["reasons"].split("|") for row in missing)
    assert all(row["surprise"] == "" and row["quality"] == "bad" for row in missing)
    assert all(
        row["value"] for row in missing[1:]
    )  # the estimate goes on; before the first reading there is none


def test_the_same_file_gives_the_same_bytes(recorded: Path, tmp_path: Path) -> None:
    for run in "12":
        main(
            [
                "replay",
                str(recorded),
                "--out",
                str(tmp_path / f"out{run}"),
                "--alerts",
                str(tmp_path / f"al{run}"),
            ]
        )
    assert (tmp_path / "out1").read_bytes() == (tmp_path / "out2").read_bytes()
    assert (tmp_path / "al1").read_bytes() == (tmp_path / "al2").read_bytes()


def replayed(path: Path, rows_at_once: int, bar: Progress | None = None) -> tuple[int, bytes, bytes, str]:
    """Replay a file in blocks of a given size; give the exit code, the samples, the alerts and the account."""
    out, alerts = BytesIO(), BytesIO()
    with CsvFile(str(path), Problems(lambda _: None)) as file:
        table = signals_of(file.layout.columns, SignalTable([]), pytest.fail)
        run = Run(file, Pipeline(table), bar or Progress(StringIO()))
        code = run.to_the_end(OutcomeCsv(out, table), Output("alerts", alerts), rows_at_once)
        return code, out.getvalue(), alerts.getvalue(), run.as_text(table=False)


def test_how_many_rows_are_taken_at_once_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "stuck.csv"
    path.write_text(plant(900, stuck_from=500))
    _, one_by_one, alerts, _ = replayed(path, 1)
    assert alerts  # else this test would not see a difference
    for size in (7, 64, 10_000):
        assert replayed(path, size)[1:3] == (one_by_one, alerts)


def test_a_stuck_sensor_is_an_alert_and_its_value_goes_on(tmp_path: Path) -> None:
    path, out, alerts = (tmp_path / name for name in ("in.csv", "out.csv", "alerts.jsonl"))
    path.write_text(plant(900, stuck_from=500))
    assert main(["replay", str(path), "--out", str(out), "--alerts", str(alerts)]) == 0
    events = [json.loads(line) for line in alerts.read_bytes().splitlines()]
    stuck = [event for event in events if event["kind"] == "stuck" and event["active"]]
    assert [event["signal"] for event in stuck] == ["temp"]
    last = [row for row in rows_of(out) if row["signal"] == "temp"][-1]
    assert "stuck" in last["reasons"].split("|")
    assert last["value"]
    assert float(last["sigma"]) > 0


def test_text_in_a_number_column_is_named_and_costs_no_more_than_its_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text(f"time,flow,temp\n{START},1.5,20\n{START + 1},ERROR,21\n{START + 2},1.7,22\n")
    assert main(["replay", str(path), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "row 3, column \"flow\": 'ERROR' is no number; the cell counts as missing" in said.err
    assert 'problem: 1 x text in a number column, column "flow"' in said.out
    assert "3 rows, 6 samples, 0 alerts, 1 problems" in said.out
    assert [row["raw"] for row in rows_of(out)] == ["1.5", "20.0", "", "21.0", "1.7", "22.0"]


def test_text_columns_ride_along(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text(f'time,recipe,on\n{START},"mix, hot",true\n{START + 1},,false\n')
    assert main(["replay", str(path), "--out", str(out)]) == 0
    recipe, on, no_recipe, off = rows_of(out)
    assert (recipe["raw"], recipe["value"], recipe["sigma"], recipe["surprise"]) == ("mix, hot", "", "", "")
    assert recipe["quality"] == "good"
    assert (no_recipe["raw"], no_recipe["reasons"]) == ("", "gap")
    assert (on["raw"], on["value"], off["raw"], off["sigma"]) == ("1.0", "1.0", "0.0", "")


def test_without_outputs_there_is_a_table(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(recorded)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    lines = said.out.splitlines()
    assert lines[0].split() == ["signal", "rows", "missing", "good", "unsure", "bad", "alerts", "reasons"]
    assert lines[3].split()[:3] == ["level", "400", "8"]
    assert lines[-1].startswith("400 rows, 1,200 samples, 0 alerts, 0 problems; ")


def test_the_summary_for_scripts_says_the_same(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(recorded), "--json"]) == 0
    account = json.loads(capsys.readouterr().out)
    assert (account["rows"], account["samples"], account["complete"]) == (400, 1200, True)
    level = account["signals"]["level"]
    assert (level["rows"], level["missing"]) == (400, 8)
    assert level["good"] + level["uncertain"] + level["bad"] == 400
    assert level["reasons"]["gap"] >= 8


def test_a_configuration_declares_the_signals(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "edgetwin.toml"
    config.write_text(
        '[device.rig]\nconnect = "modbus-tcp://127.0.0.1:502"\n[device.rig.signals]\n'
        'temp = { at = 40001, type = "float32", range = [0, 50] }\nspeed = { at = 40003 }\n'
    )
    recorded.write_text(plant().replace("temp", "rig.temp", 1))
    assert main(["replay", str(recorded), "--config", str(config), "--json"]) == 0
    said = capsys.readouterr()
    signals = json.loads(said.out)["signals"]
    assert signals["rig.temp"]["reasons"]["range"] > 100  # half of the noise around 50 is above
    assert "range" not in signals["level"]["reasons"]
    assert "no column for these signals of the configuration: rig.speed" in said.err


def test_a_wrong_configuration_is_refused(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "edgetwin.toml"
    config.write_text("[device.rig]\nconect = 1\n")
    assert main(["replay", str(recorded), "--config", str(config)]) == 78
    assert f"{config}:" in capsys.readouterr().err


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


class Terminal(StringIO):
    """A terminal that remembers all that was drawn."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


@pytest.fixture
def clock() -> Callable[[], float]:
    ticks = iter(range(1000))
    return lambda: float(next(ticks))


def test_a_terminal_sees_how_far_it_is(clock: Callable[[], float]) -> None:
    terminal = Terminal()
    bar = Progress(terminal, clock)
    bar.total = 200
    bar.update(50, 1000)
    assert terminal.getvalue().endswith("[######..................]  25%  1,000 samples/s  0:03 left")
    bar.line("row 3 is odd")
    assert terminal.getvalue().endswith("left\r\x1b[2Krow 3 is odd\n")


def test_a_pipe_has_no_end_and_a_log_file_no_bar(clock: Callable[[], float]) -> None:
    terminal, log = Terminal(), StringIO()
    Progress(terminal, clock).update(0, 500)
    assert "500 samples" in terminal.getvalue()
    assert "%" not in terminal.getvalue()
    Progress(log, clock).update(50, 1000)
    assert log.getvalue() == ""


def test_times_are_written_exactly() -> None:
    assert time_text(START * 10**9) == "2025-11-20T00:00:00.000000Z"
    assert time_text(START * 10**9 + 1500) == "2025-11-20T00:00:00.000001500Z"
    assert time_text(-1_000) == "1969-12-31T23:59:59.999999Z"


def test_a_name_is_quoted_only_where_it_must_be() -> None:
    assert quoted("Druck [bar]") == "Druck [bar]"
    assert next(csv.reader([quoted('a "b", c')])) == ['a "b", c']


@pytest.mark.skipif(
    not DATA.is_dir(), reason="the public data sets are not beside the project (../shared/data)"
)
def test_a_real_rig_has_a_row_per_sample(tmp_path: Path) -> None:
    path, out = DATA / "skab" / "other" / "1.csv", tmp_path / "out.csv"
    assert main(["replay", str(path), "--out", str(out)]) == 0
    with path.open() as file:
        columns = len(file.readline().split(";")) - 1
        rows = sum(1 for _ in file)
    assert len(rows_of(out)) == rows * columns
