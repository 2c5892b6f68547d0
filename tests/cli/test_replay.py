"""`edgetwin replay`: what a file of recorded data says, row for row, and what it says of itself."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from replayed import START, plant, replayed, rows_of

from edgetwin.__main__ import main
from edgetwin.cli.outcome_csv import HEADER, quoted, time_text

# Public data sets, beside the project where there are any.
DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recorded.csv"
    path.write_text(plant())
    return path


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
