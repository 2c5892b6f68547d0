"""edgetwin import: from the register list of a vendor to signals that a configuration takes as they are."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgetwin.__main__ import main

METER = """Modbus register map of the meter;;;;;;
;;;;;;
Parameter;Register;Format;Unit;Factor;No. of registers;R/W
Measured values;;;;;;
Voltage L1;100;FLOAT32;V;1;2;R
Current;104;INT16U;A;0,1;1;R
Temp;105;S16;°C;0,01;1;R
Temp;106;S16;°C;1/10;1;R
Energy;0x6C;UINT64;kWh;;4;R
Reserved;112;U16;;;1;R
Serial;113;STRING;;;8;R
Flow;121-122;DWORD;m³/h;;2;R
Power;123;UINT;0,1 kW;;2;R
Ready;125.3;BOOL;;;;R
"""
SIGNALS = {
    "voltage_l1": {"at": "hr:100", "type": "float32", "unit": "V"},
    "current": {"at": "hr:104", "type": "uint16", "scale": 0.1, "unit": "A"},
    "temp": {"at": "hr:105", "type": "int16", "scale": 0.01, "unit": "degC"},
    "temp_2": {"at": "hr:106", "type": "int16", "scale": 0.1, "unit": "degC"},
    "energy": {"at": "hr:108", "type": "uint64", "unit": "kWh"},
    "serial": {"at": "hr:113", "type": "string", "length": 16},
    "flow": {"at": "hr:121", "type": "uint32", "unit": "m3/h"},
    "power": {"at": "hr:123", "type": "uint32", "scale": 0.1, "unit": "kW"},
    "ready": {"at": "hr:125", "bit": 3},
}
GUESSED = (
    '--name "Parameter", --at "Register", --type "Format", --unit "Unit", '
    '--scale "Factor", --registers "No. of registers"'
)
HOLDING = ("--base", "0", "--area", "holding")


@pytest.fixture
def meter(tmp_path: Path) -> Path:
    """Give the list as Excel saves it."""
    file = tmp_path / "meter.csv"
    file.write_bytes(METER.replace("\n", "\r\n").encode("cp1252"))
    return file


def listed(folder: Path, text: str) -> str:
    """Write a list, and give its path."""
    file = folder / "list.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def summary(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Import, and give the summary."""
    main(["import", "--json", *words])
    out: dict[str, Any] = json.loads(capsys.readouterr().out)
    return out


def checked(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> int:
    """Check a configuration."""
    file = folder / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    code = main(["check", str(file)])
    capsys.readouterr()
    return code


def test_a_list_of_a_vendor_becomes_signals(meter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(meter), *HOLDING]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == (
        'voltage_l1 = { at = "hr:100", type = "float32", unit = "V" }  # Voltage L1'
    )
    assert [line.split()[0] for line in out.splitlines()] == list(SIGNALS)
    assert err.splitlines() == [
        f"edgetwin import: guessed from the titles in row 3: {GUESSED}",
        "edgetwin import: row 8: temp is in row 7 already: called temp_2",
        "edgetwin import: 9 signals, 0 rows left out, 2 headings and reserved rows skipped",
    ]


@pytest.mark.parametrize("form", ["lines", "template", "csv"])
def test_what_is_written_passes_check(
    meter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    words = {"lines": [], "template": ["--template", "meter_x"], "csv": ["--csv"]}[form]
    out = tmp_path / "out"
    assert main(["import", str(meter), *HOLDING, *words, "--out", str(out)]) == 0
    written_text = out.read_text(encoding="utf-8")
    device = '[device.m1]\nconnect = "modbus-tcp://10.0.0.1"\n'
    text = {
        "lines": f"{device}[device.m1.signals]\n{written_text}",
        "template": f'{device}template = "meter_x"\n{written_text}',
        "csv": f'{device}signals_file = "out"\n',
    }[form]
    assert checked(tmp_path, text, capsys) == 0


def test_the_summary_says_how_the_list_was_read(meter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = summary(capsys, str(meter), *HOLDING, "--scale", "factor")
    assert found["signals"] == SIGNALS
    assert found["columns"]["scale"] == "Factor"
    assert "scale" not in found["guessed"]
    assert (found["base"], found["area"], found["unused"], found["skipped"]) == ("0", "hr", [], 2)


def test_how_a_list_counts_is_asked_with_what_each_choice_would_give(
    meter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(meter)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = [" ".join(line.split()) for line in err.splitlines()]
    assert lines[0].endswith('Row 5, 100 "Voltage L1", would be, with')
    assert len(lines) == 9
    assert "--base 0 --area holding the holding register hr:100 (40101 in a datasheet)" in lines
    assert "--base 1 --area input the input register ir:99 (30100 in a datasheet)" in lines
    assert main(["import", str(meter), "--base", "1"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 5
    assert main(["import", str(meter), "--area", "coil"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_addresses_of_a_datasheet_are_taken_as_such_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = listed(tmp_path, "name,register\na,40001\nb,30001\nc,00017\nd,400101\n")
    assert main(["import", file]) == 0
    out, err = capsys.readouterr()
    assert [line.split("{")[1].split(",")[0].strip(" }") for line in out.splitlines()] == [
        "at = 40001",
        "at = 30001",
        'at = "00017"',
        "at = 400101",
    ]
    assert "all addresses are taken as those of a datasheet" in err
    assert "all registers are taken as uint16" in err
    assert main(["import", file, *HOLDING]) == 65  # as numbers from 0: the last is past the end
    assert "row 5 is left out" in capsys.readouterr().err


def test_a_column_may_tell_the_kind_of_register(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Signal,Address,Function code\na,1,3\nb,2,04\nc,3,1\nd,4,Discrete input\ne,5,3/6/16\nf,6,99\n"
    file = listed(tmp_path, text)
    found = summary(capsys, file, "--base", "1")
    places = {name: signal["at"] for name, signal in found["signals"].items()}
    assert places == {"a": "hr:0", "b": "ir:1", "c": "co:2", "d": "di:3", "e": "hr:4"}
    assert found["unused"] == [{"row": 7, "reason": '"99" is not a kind of register'}]


def test_rows_that_cannot_be_used_are_told_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        "good,0,FLOAT,1,V",
        "day,2,DATETIME,1,",
        "inside,1,U16,1,V",
        ",5,U16,1,V",
        "nowhere,,U16,1,V",
        "far,99999,U16,1,V",
        "word,A4,U16,1,V",
        "odd,7,U16,much,V",
        "none,8,U16,/0,V",
        "???,9,U16,1,V",
        "zero,10,U16,0,V",
    ]
    file = listed(tmp_path, "\n".join(["Name,Address,Type,Scale,Unit", *rows]))
    assert main(["import", file, *HOLDING]) == 65
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["good"]
    reasons = [line.partition(": ")[2] for line in err.splitlines() if " is left out: " in line]
    assert reasons == [
        'row 3 is left out: "DATETIME" is not a type that is known here',
        "row 4 is left out: inside: uint16 in hr:1 overlaps good on line 2, which is float32 in hr:0 to hr:1",
        "row 5 is left out: the row has no name",
        "row 6 is left out: the row has no address",
        'row 7 is left out: "hr:99999" is past the end: the last one is hr:65535',
        'row 8 is left out: "A4" is not an address: --hex, if it is hexadecimal',
        'row 9 is left out: scale is "much", which is not a number',
        "row 10 is left out: it would be divided by zero",
        'row 11 is left out: "???" has no letter or digit for a name',
        "row 12 is left out: zero: scale = 0 makes every value zero",
    ]


def test_a_column_of_hexadecimal_numbers_is_read_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Name,Modbus address (hex),Type\na,0064,INT\nb,9C41,INT\n"
    file = listed(tmp_path, text)
    assert main(["import", file]) == 2  # 9C41 is 40001, and no number of a datasheet
    capsys.readouterr()
    found = summary(capsys, file, *HOLDING)
    assert [signal["at"] for signal in found["signals"].values()] == ["hr:100", "hr:40001"]
    both = listed(tmp_path, "Name,Address (hex),Address (dec),Type\na,0064,100,INT\n")
    assert summary(capsys, both, *HOLDING)["columns"]["at"] == "Address (dec)"


def test_a_factor_that_divides_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = listed(tmp_path, "Name,Address,Factor\nlevel,5,10\n")
    assert summary(capsys, file, *HOLDING)["signals"]["level"]["scale"] == 10
    assert summary(capsys, file, *HOLDING, "--divisor", "Factor")["signals"]["level"]["scale"] == 0.1
    main(["import", file, *HOLDING])
    assert 'if it divides, say --divisor "Factor"' in capsys.readouterr().err


def test_what_changes_values_unseen_is_used_if_told_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Name,Address,Offset,Range,Values\ntemp,5,-40,0..150,\nmode,6,,,0=off; 1=on\n"
    file = listed(tmp_path, text)
    assert summary(capsys, file, *HOLDING)["signals"]["temp"] == {"at": "hr:5", "type": "uint16"}
    told = summary(capsys, file, *HOLDING, "--offset", "Offset", "--range", "Range", "--names", "Values")
    assert told["signals"] == {
        "temp": {"at": "hr:5", "type": "uint16", "offset": -40, "range": [0, 150]},
        "mode": {"at": "hr:6", "type": "uint16", "names": {"0": "off", "1": "on"}},
    }


def test_a_column_that_is_not_there_is_told(meter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(meter), *HOLDING, "--at", "Regster"]) == 2
    assert 'no column is called "Regster" (--at); did you mean Register?' in capsys.readouterr().err
    assert main(["import", listed(meter.parent, "Wert,Ort\na,5\n"), *HOLDING]) == 2
    assert '--name; there are: "Wert", "Ort"' in capsys.readouterr().err


def test_a_dry_run_writes_nothing(meter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.toml"
    assert main(["import", str(meter), *HOLDING, "--dry-run", "--out", str(out)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert not out.exists()


def test_files_that_cannot_be_had_have_their_exit_codes(
    meter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(tmp_path / "nowhere.csv")]) == 66
    assert main(["import", listed(tmp_path, "")]) == 65
    assert main(["import", str(meter), *HOLDING, "--out", str(tmp_path / "no" / "where")]) == 73
    assert main(["import", str(meter), *HOLDING, "--out", str(meter)]) == 2
    assert meter.read_bytes().startswith(b"Modbus register map")
    assert capsys.readouterr().out == ""


def test_a_list_that_writes_4x_means_a_coil_by_0x(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = summary(capsys, listed(tmp_path, "name,address\na,4x0001\nb,0x0010\n"))
    assert [signal["at"] for signal in found["signals"].values()] == ["hr:0", "co:9"]


CELLS = st.sampled_from(
    ["", "5", "40001", "a", "FLOAT", "0,1", "0.1", "1/10", "ä;b", '"', "=", "reserved", "0x1F", "\n"]
)
TITLES = st.sampled_from(
    ["Name", "Address", "Type", "Unit", "Scale", "Registers", "Function", "Bit", "?", ""]
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(TITLES, min_size=2, max_size=6),
    st.lists(st.lists(CELLS | st.text(max_size=4), max_size=7), max_size=6),
    st.sampled_from([";", ",", "\t"]),
)
def test_whatever_is_in_a_list_what_is_written_passes_check(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    titles: list[str],
    rows: list[list[str]],
    separator: str,
) -> None:
    file = listed(tmp_path, "\n".join(separator.join(row) for row in [titles, *rows]))
    out = tmp_path / "out.csv"
    out.unlink(missing_ok=True)
    code = main(["import", file, *HOLDING, "--csv", "--out", str(out)])
    capsys.readouterr()
    assert code in {0, 2, 65}
    if out.exists() and len(out.read_text(encoding="utf-8").splitlines()) > 1:
        device = '[device.m1]\nconnect = "modbus-tcp://10.0.0.1"\nsignals_file = "out.csv"\n'
        assert checked(tmp_path, device, capsys) == 0
