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
        "         3 signals every 200 ms, in 2 requests for 10 registers and 1 bit: about 4.1 ms",
        "         1 signal every 1 s, in 1 request for 1 register: about 2.0 ms",
        "device   plc2 at opc.tcp://192.168.10.30:4840",
        "         6 signals as they change, at most every 1 s",
        "         not encrypted, and nothing proves which server it is: security is None",
        "device   pump3 at modbus-tcp://192.168.10.43 unit 1",
        "         template pump_x",
        "         2 signals every 1 s, in 1 request for 2 registers: about 2.0 ms",
        "line     192.168.10.21:502: 1 unit, busy 2.25 % of the time",
        "line     192.168.10.43:502: 1 unit, busy 0.2 % of the time",
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
    rhythm = good["devices"][0]["rhythms"][0]
    counted = {"every_s": 0.2, "signals": 3, "requests": 2, "registers": 10, "bits": 1, "poll_ms": 4.1}
    assert rhythm.items() >= counted.items()
    assert rhythm["plan"] == [
        {"at": "di:0", "count": 1, "kind": "discrete input", "signals": ["running"]},
        {"at": "hr:100", "count": 10, "kind": "holding register", "signals": ["bearing_temp", "mode"]},
    ]
    assert good["lines"][0] == {
        "line": "192.168.10.21:502",
        "devices": ["plc1"],
        "busy_percent": 2.25,
        "baud": None,
        "baud_assumed": False,
    }

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


METERS = """
[device.meter1]
connect = "LINE"
unit = 1
[device.meter1.signals]
power = { at = "ir:0", type = "float32" }
energy = { at = "ir:2", type = "uint32" }
fault = { at = "ir:40", bit = 3 }
[device.meter2]
connect = "LINE"
unit = 2
every = "500 ms"
signals = { power = { at = "ir:0", type = "float32" } }
"""


def test_check_lists_each_request_and_how_busy_a_serial_line_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    line = "modbus-rtu:///dev/ttyUSB0?baud=9600"
    file.write_text(METERS.replace("LINE", line), encoding="utf-8")
    assert main(["check", "--plan", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[4:] == [
        f"device   meter1 at {line} unit 1",
        "         3 signals every 1 s, in 2 requests for 5 registers: about 67 ms",
        "           ir:0      4 input registers: power, energy",
        "           ir:40     1 input register: fault",
        f"device   meter2 at {line} unit 2",
        "         1 signal every 500 ms, in 1 request for 2 registers: about 32 ms",
        "           ir:0      2 input registers: power",
        "line     /dev/ttyUSB0: 2 units, busy 13.2 % of the time at 9600 baud",
    ]


def test_check_says_which_speed_it_assumes_behind_a_device_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(METERS.replace("LINE", "modbus-rtu-tcp://10.0.0.9"), encoding="utf-8")
    assert main(["check", str(file)]) == 0
    *_, told = capsys.readouterr().out.splitlines()
    assert told.startswith("line     10.0.0.9:4001: 2 units, busy ")
    assert told.endswith(" at 9600 baud, if that is its speed: the address does not tell")


def test_a_long_slow_poll_in_the_way_of_a_fast_one_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    slow = "\n".join(f'far{n} = {{ at = "hr:{n * 300}", every = "1 min" }}' for n in range(60))
    signals = f'[device.plc1.signals]\nfast = {{ at = "hr:1" }}\n{slow}\n'
    text = f'[device.plc1]\nconnect = "modbus-tcp://plc1"\nevery = "100 ms"\n{signals}'
    file.write_text(text, encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert "what is read every 1 min takes longer than 100 ms" in capsys.readouterr().out
    file.write_text(text.replace("100 ms", "200 ms"), encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert "takes longer" not in capsys.readouterr().out


def test_units_that_cannot_share_their_line_are_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.toml"
    text = METERS.replace("LINE", "modbus-rtu:///dev/ttyUSB0?baud=1200").replace("500 ms", "400 ms")
    file.write_text(text, encoding="utf-8")
    assert main(["check", str(file)]) == 78
    told = capsys.readouterr().err
    assert told.startswith(f"{file}:12: device.meter2.every: the polls of 2 units cannot fit on /dev/ttyUSB0")
    assert "raise the baud rate of all units on the line" in told


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


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "played as recorded, once"),
        ('speed = "as fast as possible"', "played as fast as possible, once"),
        ('speed = "2.5x"\nat_end = "again"', "played 2.5 times faster, again and again"),
    ],
)
def test_check_says_how_a_recording_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, words: str
) -> None:
    file = tmp_path / "gw.toml"
    device = f'[device.rig]\nconnect = "file:///rig.csv"\n{more}\nsignals = {{ a = {{}}, b = {{}} }}\n'
    file.write_text(f'[gateway]\nsite = "s"\nname = "g"\n{device}', encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert f"         2 signals of a recording, {words}" in capsys.readouterr().out.splitlines()
