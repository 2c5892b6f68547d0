"""edgetwin schema: what an editor knows about the configuration."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from edgetwin.__main__ import main

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEMP = "signals = { temp = { at = 40101 } }\n"
PLC1 = f'[device.plc1]\nconnect = "modbus-tcp://plc1"\n{TEMP}'


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Give what the verb prints."""
    assert main(["schema"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def valid(schema: dict[str, Any], text: str) -> bool:
    """Tell whether an editor would accept a text."""
    return bool(Draft202012Validator(schema).is_valid(tomllib.loads(text)))


def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_the_example_is_valid(schema: dict[str, Any]) -> None:
    errors = list(
        Draft202012Validator(schema).iter_errors(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    )
    assert errors == []
    assert valid(schema, PLC1)


@pytest.mark.parametrize(
    "text",
    [
        '[gateway]\nnmae = "gw"\n',
        '[gateway]\nname = "gw 07"\n',
        "[publish]\nheartbeat = 60\n",
        '[publish]\nheartbeat = "60"\n',
        '[mqtt]\npassword = "hunter2"\n',
        '[mqtt]\nbrokers = ["http://broker"]\n',
        '[check.stuck]\nfalse_alarm = "now and then"\n',
        f'[device.plc1]\nconnect = "http://plc1"\n{TEMP}',
        f'[device."plc 1"]\nconnect = "modbus-tcp://plc1"\n{TEMP}',
        f'{PLC1}every = "soon"\n',
        f"{PLC1}unit = 256\n",
        '[device.plc1]\nconnect = "modbus-tcp://plc1"\n',
        PLC1.replace("40101", "100"),
        PLC1.replace("at = 40101", 'node = "i=5"'),
        PLC1.replace("at = 40101", 'at = 40101, names = { off = "stopped" }'),
        PLC1.replace("at = 40101", 'at = 40101, type = "real"'),
        PLC1.replace("at = 40101", "at = 40101, range = [1]"),
        '[asset.mill]\narea = "a//b"\nsignals = {}\n',
        PLC1.replace("at = 40101", 'unit = "kW"'),
        '[template.pump]\nconnect = "modbus-tcp://plc1"\n',
        "[template.pump]\nmax_register = 5\n",
        '[template.pump]\nsignals = { temp = { at = 40101, type = "real" } }\n',
    ],
)
def test_what_is_wrong_is_not_valid(schema: dict[str, Any], text: str) -> None:
    assert not valid(schema, text)


def test_a_template_or_a_tag_list_may_say_what_the_device_does_not(schema: dict[str, Any]) -> None:
    device = '[device.plc1]\nconnect = "modbus-tcp://plc1"\n'
    assert valid(schema, f'{device}template = "pump"\nsignals = {{ temp = {{ unit = "kW" }} }}\n')
    assert valid(schema, f'{device}signals_file = "tags.csv"\n')
    assert valid(schema, f"[template.pump]\nevery = '1 s'\n{TEMP}")


def test_every_key_is_explained(schema: dict[str, Any]) -> None:
    silent = [
        f"{name}.{key}"
        for name, table in [("", schema), *schema["$defs"].items()]
        for key, inner in table.get("properties", {}).items()
        if not inner.get("description")
    ]
    assert silent == []


def test_defaults_are_written_as_a_user_writes_them(schema: dict[str, Any]) -> None:
    publish = schema["$defs"]["Publish"]["properties"]
    assert publish["heartbeat"]["default"] == "60 s"
    assert "null" not in json.dumps(schema)
