"""Sensors over MQTT, as a configuration declares them."""

import math
import re
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from edgetwin.cli.check_summary import lines, summary
from edgetwin.config.load import load
from edgetwin.config.mqtt_in import Edge, MqttDevice, edge_of, steps
from edgetwin.config.schema import json_schema
from edgetwin.config.tree import Config

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Load what the example says of sensors over MQTT, its remarks taken for settings."""
    text = EXAMPLE.read_text(encoding="utf-8")
    block = re.search(r"# \[device\.retrofit\]\n(?:#.*\n)+", text)
    assert block is not None
    settings = [line.removeprefix("# ") for line in block[0].splitlines() if re.match(r"# (\[|\w+ *=)", line)]
    file = tmp_path / "gateway.toml"
    file.write_text("\n".join(settings), encoding="utf-8")
    return load(file, environ={"EDGETWIN_DEVICE__RETROFIT__PASSWORD": "12345"})


def test_what_the_example_shows_works(config: Config) -> None:
    device = config.device["retrofit"]
    assert isinstance(device, MqttDevice)
    assert device.password == SecretStr("12345")
    assert len(device.signals) == 6
    assert device.rebirth is False
    speaking = {name for name, signal in device.signals.items() if signal.speaks_on_change}
    assert speaking == {"door", "load"}
    assert {signal.qos for signal in device.signals.values()} == {1}


def test_check_says_how_much_is_heard(config: Config) -> None:
    said = list(lines(summary(config)))
    assert "device   retrofit at mqtt://192.168.10.5:1883" in said
    assert "         6 signals of 5 topics, as they are published" in said
    assert "         not encrypted: the password of gw-07 can be read on the way" in said


def test_a_rhythm_that_is_not_given_is_learned_and_is_no_change_at_a_reload() -> None:
    one, other = (
        MqttDevice.model_validate({"connect": "mqtt://broker", "signals": {"a": {"topic": "t"}}})
        for _ in range(2)
    )
    assert math.isnan(one.every)
    assert one == other


def test_the_schema_has_no_default_that_json_cannot_write() -> None:
    assert orjson.loads(orjson.dumps(json_schema())) == json_schema()  # orjson writes null for NaN


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("v", ("v",)),
        ("a.b.c", ("a", "b", "c")),
        ("sensors[0].value", ("sensors", 0, "value")),
        ("[2][3]", (2, 3)),
        ('a["x.y"].z', ("a", "x.y", "z")),
        ("DS18B20-1.Temperature", ("DS18B20-1", "Temperature")),
        ("with space.k", ("with space", "k")),
    ],
)
def test_a_path_is_a_row_of_names_and_places(path: str, found: tuple[str | int, ...]) -> None:
    assert steps(path) == found


@pytest.mark.parametrize("path", [".a", "a.", "a..b", "a[", "a[x]", "a[-1]", "a]", "a[0]b", '["a', "a[]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(PydanticCustomError):
        steps(path)


@given(st.text(alphabet='a.[]"0-', max_size=12))
def test_any_text_is_a_path_or_a_mistake(path: str) -> None:
    try:
        found = steps(path)
    except PydanticCustomError:
        return
    assert bool(found) == bool(path)


def test_an_edge_is_a_node_or_a_device_behind_it() -> None:
    assert edge_of("group/node") == Edge("group", "node", "")
    assert edge_of("group/node/device") == Edge("group", "node", "device")
