"""`edgetwin browse --toml` and `--csv`: what is written can be pasted, and reads what was browsed."""

import csv
import io
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from asyncua import ua
from browsed import LINE, LineServer

from edgetwin.__main__ import main
from edgetwin.cli.browse_node import OBJECT, VARIABLE, Found, Other, Reading, node_text
from edgetwin.cli.browse_rows import Rows, rows

Browse = Callable[..., int]
DEVICE = {"connect": "opc.tcp://plc"}


@pytest.fixture
def browse(line: LineServer) -> Browse:
    def go(*options: str) -> int:
        return main(
            ["browse", line.url, "--pause", "1 us", "--timeout", "10 s", "--from", "Objects/Line1", *options]
        )

    return go


@pytest.fixture
def pasted(browse: Browse, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Give what --toml writes, and what it says beside."""
    assert browse("--toml", "--name", "mill") == 0
    told = capsys.readouterr()
    return told.out, told.err


def variable(name: str, value: object, above: Found | None = None, **known: Any) -> Found:  # noqa: ANN401 - of any kind
    node = ua.NodeId(ua.String(f"id.{name}"), ua.Int16(1))
    found = Found(node, name, VARIABLE, path=f"Objects/{name}", parent=above)
    found.reading = Reading(kind=None, type="?", value=value, **known)
    return found


def made(*variables: Found) -> Rows:
    return rows(DEVICE, variables, ["http://opcfoundation.org/UA/", LINE])


def test_what_is_written_passes_check(pasted: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(pasted[0], encoding="utf-8")
    assert main(["check", str(file)]) == 0


def test_what_is_written_gives_the_values_that_were_shown(
    pasted: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(pasted[0], encoding="utf-8")
    main(["check", "--live", str(file), "--wait", "10 s"])
    page = capsys.readouterr().out
    for said in ("1480.5 rpm", "250 degC", "lime", "automatic", "mill wet", "shut"):
        assert said in page
    assert "1 bad" in page  # the one that is broken


def test_each_kind_of_variable_gets_the_keys_it_needs(pasted: tuple[str, str]) -> None:
    device = tomllib.loads(pasted[0])["device"]["mill"]
    signals = device["signals"]
    for signal in signals.values():
        assert signal.pop("node").startswith(f"nsu={LINE};s=")
    assert signals["motor_speed"] == {"unit": "rpm", "range": [0.0, 3000.0]}
    assert signals["fan_speed"] == {}
    assert signals["bearing_temp"] == {"unit": "degC"}
    assert signals["running"] == {"names": {"0": "off", "1": "on"}}
    assert signals["valve"] == {"names": {"0": "shut", "1": "open"}}
    assert signals["phase"] == {"names": {"0": "idle", "1": "mill wet"}}
    assert signals["mode"]["names"] == {"0": "off", "1": "hand", "2": "automatic"}
    assert signals["recipe"] == {"text": True}
    assert signals["zones_2"] == {"element": 2, "unit": "degC"}


def test_what_is_left_out_is_told(pasted: tuple[str, str]) -> None:
    told = pasted[1]
    assert "its range 0 to 100 is left out: it is 250 now" in told
    assert "Many: only its first 16 values are written" in told
    assert "neither a number nor a text: Objects/Line1/Motor/Serial" in told


def test_the_same_as_a_tag_list(browse: Browse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert browse("--csv", "--select", "Motor/*") == 0
    text = capsys.readouterr().out
    assert {row["name"] for row in csv.DictReader(io.StringIO(text))} > {"speed", "zones_0", "phase"}
    (tmp_path / "tags.csv").write_text(text, encoding="utf-8")
    config = tmp_path / "gateway.toml"
    config.write_text(
        '[device.mill]\nconnect = "opc.tcp://plc"\nsignals_file = "tags.csv"\n', encoding="utf-8"
    )
    assert main(["check", str(config)]) == 0


def test_structures_and_arrays_are_taken_apart() -> None:
    pose = variable("Arm", {"Label": "x", "Position": {"X": 1.0}, "Joints": [7, 8], "Way": [{"X": 1.0}]})
    matrix = variable("M", [[1, 2], [3, 4]])
    keys = {
        name: {k: v for k, v in each.items() if k != "node"} for name, each in made(pose, matrix).keys.items()
    }
    assert keys == {
        "arm_label": {"field": "Label", "text": True},
        "arm_position_x": {"field": "Position.X"},
        "arm_joints_0": {"element": 0, "field": "Joints"},
        "arm_joints_1": {"element": 1, "field": "Joints"},
        "arm_way_x_0": {"element": 0, "field": "Way.X"},
        "m_0_0": {"element": [0, 0]},
        "m_0_1": {"element": [0, 1]},
        "m_1_0": {"element": [1, 0]},
        "m_1_1": {"element": [1, 1]},
    }


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([{"Inner": [1, 2]}], "an array within an array"),
        ({"a.b": 1.0}, "the name of a field"),
        (Other("a GUID"), "neither a number nor a text"),
    ],
)
def test_what_cannot_be_asked_for_is_left_out(value: object, why: str) -> None:
    found = made(variable("V", value))
    assert found.signals == {}
    assert why in found.unused[0][1]


def test_a_variable_without_a_value_goes_by_its_type() -> None:
    broken = variable("Broken", None, status=0x808C0000)
    assert broken.reading is not None
    assert "nobody knows what is in it" in made(broken).unused[0][1]
    broken.reading.kind = 1
    assert made(broken).keys["broken"]["names"] == {"0": "off", "1": "on"}
    broken.reading.status = 0x801F0000
    assert "it cannot be read" in made(broken).unused[0][1]


def test_names_are_told_apart_by_what_stands_above() -> None:
    line1, line2 = (Found(ua.NodeId(), name, OBJECT) for name in ("Line 1", "Line 2"))
    names = list(made(*(variable("Temp", 1.0, above) for above in (line1, line2, line2, None))).signals)
    assert names == ["line_1_temp", "line_2_temp", "line_2_temp_2", "temp"]
    assert list(made(variable("温度", 1.0), variable("\u00b5m/s", 2.0)).signals) == ["node", "um_s"]


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (5, f"nsu={LINE};i=5"),
        ("a b", f"nsu={LINE};s=a b"),
        (b"\x01\x02", f"nsu={LINE};b=AQI="),
        (UUID(int=1), f"nsu={LINE};g=00000000-0000-0000-0000-000000000001"),
    ],
)
def test_ids_are_written_as_the_configuration_reads_them(identifier: Any, text: str) -> None:  # noqa: ANN401 - of any kind
    node = ua.NodeId(identifier, ua.Int16(1))
    assert node_text(node, ["", LINE]) == text
    assert node_text(node) == text.replace(f"nsu={LINE}", "ns=1")
    found = Found(node, "v", VARIABLE, reading=Reading(kind=None, type="?", value=1.0))
    assert made(found).keys == {"v": {"node": text}}


def test_a_tree_is_not_written_out_where_asyncio_names_it() -> None:
    tree = Found(ua.NodeId(), "Line", OBJECT)
    tree.children += [variable(f"V{number}", 1.0, tree) for number in range(50)]
    assert len(repr(tree)) < 200
