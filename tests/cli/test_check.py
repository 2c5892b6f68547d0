"""edgetwin check: the whole truth about a configuration, for people and for programs."""

import json
from pathlib import Path

import pytest

from edgetwin.__main__ import main

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
BAD = ROOT / "tests" / "config" / "cases" / "all_mistakes_at_once"


def test_check_says_what_the_gateway_would_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(EXAMPLE)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        f"{EXAMPLE}: nothing is wrong with it",
        "",
        "gateway  plant-a / gw-07",
        "publish  to mqtt://broker.plant-a.local:1883 (not encrypted) as gw-07, and no password is given here",
        "         under edgetwin/plant-a/gw-07/",
        "device   plc1 at modbus-tcp://192.168.10.21:502 unit 1",
        "         3 signals every 200 ms, in 2 requests",
        "         1 signal every 1 s, in 1 request",
        "device   plc2 at opc.tcp://192.168.10.30:4840",
        "         3 signals as they change, at most every 1 s",
        "         not encrypted, and nothing proves which server it is: security is None",
        "device   pump3 at modbus-tcp://192.168.10.43 unit 1",
        "         template pump_x",
        "         2 signals every 1 s, in 1 request",
        "asset    mill1_bearing: 4 signals, in edgetwin/plant-a/gw-07/state/grinding/mill1/mill1_bearing",
    ]


def test_check_tells_all_mistakes_and_how_many(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BAD)
    assert main(["check", "bad.toml"]) == 78
    out, err = capsys.readouterr()
    expected = (BAD / "expected.txt").read_text(encoding="utf-8")
    assert out == ""
    assert err == f"{expected}bad.toml: 5 mistakes; nothing was started\n"


def test_a_poll_that_cannot_fit_its_period_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    signals = "\n".join(f'far{n} = {{ at = "hr:{n * 300}" }}' for n in range(40))
    file.write_text(
        f'[device.plc1]\nconnect = "modbus-tcp://plc1"\nevery = "10 ms"\n[device.plc1.signals]\n{signals}\n',
        encoding="utf-8",
    )
    assert main(["check", str(file)]) == 78
    err = capsys.readouterr().err
    assert err.startswith(f"{file}:3: device.plc1.every: the polls cannot fit: 40 requests")


def test_check_answers_programs_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", str(EXAMPLE)]) == 0
    good = json.loads(capsys.readouterr().out)
    assert good["ok"] is True
    assert good["devices"][0]["rhythms"][0] == {"every_s": 0.2, "signals": 3, "requests": 2}

    assert main(["check", "--json", str(BAD / "bad.toml")]) == 78
    bad = json.loads(capsys.readouterr().out)
    assert bad["ok"] is False
    assert bad["problems"][0] == {
        "file": str(BAD / "bad.toml"),
        "line": 2,
        "key": "gateway.nmae",
        "message": "this key is not known",
        "hint": "did you mean name?",
    }


def test_check_shows_no_password(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGETWIN_MQTT__PASSWORD", "hunter2")
    assert main(["check", str(EXAMPLE)]) == 0
    assert main(["check", "--json", str(EXAMPLE)]) == 0
    out = capsys.readouterr().out
    assert "hunter2" not in out
    assert '"password": true' in out


def test_check_of_a_gateway_that_publishes_nothing_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[device.plc1]\nconnect = "modbus-tcp://plc1"\nsignals = { temp = { at = 40101 } }\n',
        encoding="utf-8",
    )
    assert main(["check", str(file)]) == 0
    assert "publish  nothing: [mqtt] has no brokers" in capsys.readouterr().out
