"""Tag lists: whatever Excel makes of a table, the signals are the same; a value is never guessed."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.config.csv_values import limits, number, states, text
from edgetwin.config.load import load
from edgetwin.config.problems import ConfigProblems
from edgetwin.config.tree import Config

DEVICE = '[device.plc1]\nconnect = "modbus-tcp://10.0.0.1"\n'
LISTED = f'{DEVICE}signals_file = "tags.csv"\n'
TAGS = (
    "name;at;type;unit;range;scale;names;every;word_order;#note\r\n"
    "bearing;40101;float32;°C;0..150;;;200 ms;low-first;Lager\r\n"
    "motor;hr:102;int16;kW;[-0,5, 75];0,1;;;;\r\n"
    ";;;;;;;;;\r\n"
    "# a remark;;;;;;;;;\r\n"
    "coil;00017;;;;;;;;\r\n"
    'mode;"40110";;;;;"0=off; 1=on";;;\r\n'
)
SAME = """
[device.plc1.signals]
bearing = { at = 40101, type = "float32", unit = "°C", range = [0, 150], every = "200 ms", word_order = "low-first" }
motor = { at = "hr:102", type = "int16", unit = "kW", range = [-0.5, 75], scale = 0.1 }
coil = { at = "co:16" }
mode = { at = 40110, names = { 0 = "off", 1 = "on" } }
"""


def loaded(folder: Path, text: str, tags: bytes | None = None) -> Config:
    """Load a text as if it stood in a file, beside a tag list."""
    file = folder / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    if tags is not None:
        (folder / "tags.csv").write_bytes(tags)
    return load(file, environ={})


def meant(config: Config) -> dict[str, Any]:
    """Give the signals as places and settings, however they were written."""
    return {
        name: (signal.model_dump(exclude={"at"}), getattr(signal, "area", ""), getattr(signal, "address", ""))
        for name, signal in config.device["plc1"].signals.items()
    }


@pytest.mark.parametrize(
    "tags",
    [
        TAGS.encode(),
        TAGS.encode("utf-8-sig"),
        TAGS.encode("utf-16"),
        TAGS.encode("cp1252"),
        TAGS.replace("\r\n", "\n").encode(),
        f"sep=;\r\n{TAGS}".encode(),
        TAGS.replace(";", "\t").replace("0=off\t", "0=off;").encode("utf-16"),
        TAGS.replace("name;at", "Name ; AT").encode(),
    ],
    ids=["utf-8", "mark", "utf-16", "windows", "unix", "sep", "tabs", "capitals"],
)
def test_however_excel_saves_a_list_the_signals_are_the_same(tmp_path: Path, tags: bytes) -> None:
    listed = meant(loaded(tmp_path, LISTED, tags))
    assert listed == meant(loaded(tmp_path, DEVICE + SAME))


def test_a_list_is_looked_for_beside_its_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "tags.csv").write_bytes(TAGS.encode())
    text = f'{DEVICE}signals_file = "lists/tags.csv"\n'
    assert list(loaded(tmp_path, text).device["plc1"].signals) == ["bearing", "motor", "coil", "mode"]


def test_a_list_is_read_anew_at_each_load(tmp_path: Path) -> None:
    loaded(tmp_path, LISTED, b"name,at\none,40001\n")
    assert list(loaded(tmp_path, LISTED, b"name,at\ntwo,40001\n").device["plc1"].signals) == ["two"]


def test_a_list_for_opc_ua_has_nodes(tmp_path: Path) -> None:
    text = LISTED.replace("modbus-tcp", "opc.tcp")
    config = loaded(tmp_path, text, b'name,node,text\na,"ns=2;s=A, B",\nb,i=5,TRUE\n')
    assert [signal.model_dump()["node"] for signal in config.device["plc1"].signals.values()] == [
        "ns=2;s=A, B",
        "i=5",
    ]


def test_a_range_may_have_two_columns(tmp_path: Path) -> None:
    tags = b"name,at,range_low,range_high\na,40001,0,5.5\nb,40002,,9\nc,40003,,\n"
    signals = loaded(tmp_path, LISTED, tags).device["plc1"].signals
    ranges = [signal.range for signal in signals.values()]
    assert ranges == [(0.0, 5.5), (float("-inf"), 9.0), None]


@pytest.mark.parametrize(
    ("cell", "comma", "value"),
    [
        ("5", False, 5),
        ("-0.5", False, -0.5),
        ("-0,5", True, -0.5),
        ("1e-3", False, 1e-3),
        ("1,234", True, 1.234),
        ("007", False, "007"),
        ("1.234,5", True, "1.234,5"),
        ("5 kW", False, "5 kW"),
    ],
)
def test_a_number_is_read_as_it_is_written(cell: str, *, comma: bool, value: object) -> None:
    found = number(cell, comma=comma)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("cell", "comma", "value"),
    [
        ("0,5 s", False, "0.5 s"),
        ("2,5 %", True, "2.5 %"),
        ("1,234 s", False, "1,234 s"),
        ("a,5 s", True, "a,5 s"),
    ],
)
def test_a_time_or_a_share_may_have_a_decimal_comma(cell: str, *, comma: bool, value: str) -> None:
    assert text(cell, comma=comma) == value


@pytest.mark.parametrize(("cell", "comma"), [("1,234", False), ("0,5", False), ("0.5", True)])
def test_a_number_that_could_be_two_is_none(cell: str, *, comma: bool) -> None:
    with pytest.raises(ValueError, match="decimal"):
        number(cell, comma=comma)


def test_a_thousand_is_not_taken_for_a_fraction(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match=r"tags\.csv:2: .*a number of thousands"):
        loaded(tmp_path, LISTED, b'name,at,scale\na,40001,"1,234"\n')


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("[0, 150]", [0, 150]),
        ("0..150", [0, 150]),
        ("-40 .. 85.5", [-40, 85.5]),
        ("-inf..5", [float("-inf"), 5]),
        ("0 to 5", [0, 5]),
        ("all", "all"),
    ],
)
def test_a_range_in_a_cell(cell: str, value: object) -> None:
    assert limits(cell, comma=False) == value


@pytest.mark.parametrize(
    "cell", ["0=off; 1=on", "0 = off | 1 = on", "0=off, 1=on", '{ 0 = "off", 1 = "on" }', "0: off\n1: on"]
)
def test_names_in_a_cell(cell: str) -> None:
    assert states(cell) == {"0": "off", "1": "on"}


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"name,at,{text}".encode()))
def test_whatever_is_in_a_list_is_told_or_read(tmp_path_factory: pytest.TempPathFactory, tags: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    try:
        config = loaded(folder, LISTED, tags)
    except ConfigProblems:
        return
    assert config.device["plc1"].signals


def test_five_thousand_rows_are_read_at_once(tmp_path: Path) -> None:
    rows = "".join(f"s{n};hr:{2 * n};float32;degC;0,1;0..150\n" for n in range(5_000))
    start = time.process_time()
    config = loaded(tmp_path, LISTED, f"name;at;type;unit;scale;range\n{rows}".encode())
    assert len(config.device["plc1"].signals) == 5_000
    assert time.process_time() - start < 2.0  # it takes a tenth of that
