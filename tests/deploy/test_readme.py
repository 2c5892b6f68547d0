"""What the README shows is true: its configuration is accepted, its message is one that we send."""

import json
import re
from pathlib import Path

import jsonschema

from edgetwin.__main__ import VERBS
from edgetwin.config.load import load
from edgetwin.core.alerts.rules import RULES
from edgetwin.uplink.schema import schemas

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def sample(language: str) -> str:
    """Cut out the one sample in this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    return str(found)


def test_its_configuration_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "edgetwin.toml"
    file.write_text(sample("toml"), encoding="utf-8")
    config = load(file)
    assert set(config.device["plc1"].signals) == {"bearing_temp", "motor_kw"}


def test_each_address_that_it_shows_is_accepted_with_its_signal(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `(\"[a-z.-]+://.*?\")` \| .* \| (.*) \|$", README, flags=re.MULTILINE)
    assert len(rows) == 6
    file, signal = tmp_path / "gateway.toml", ""
    for address, shown in rows:
        signal = shown.strip("`") if shown != "the same" else signal
        gateway = (
            f'gateway = {{ site = "a", name = "b" }}\n[device.x]\nconnect = {address}\nsignals.{signal}\n'
        )
        file.write_text(gateway, encoding="utf-8")
        assert load(file, environ={}).device["x"].signals


def test_its_message_is_one_that_we_send() -> None:
    jsonschema.validate(json.loads(sample("json")), schemas()["state"])


def test_it_names_every_verb() -> None:
    assert set(re.findall(r"^\| `edgetwin (\w+)", README, flags=re.MULTILINE)) == set(VERBS)


def test_it_says_what_each_alert_means() -> None:
    told = set(re.findall(r"^\| `(\w+)` \| a (?:signal|device)", README, flags=re.MULTILINE))
    assert told == {rule.kind for rule in RULES} | {"comm", "gap", "still"}


def test_every_file_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
