"""Templates: written once per model; a device that uses one is the same as one that says all by itself."""

from pathlib import Path

import pytest

from edgetwin.config.load import load, locate
from edgetwin.config.problems import ConfigProblems
from edgetwin.config.shipped import shipped, shipped_names
from edgetwin.config.tree import Config
from edgetwin.core.errors import ConfigError

PUMP = """
[template.pump]
every = "2 s"
word_order = "low-first"
[template.pump.signals]
speed = { at = 40101, unit = "rpm", range = [0, 3600] }
flow = { at = 40103, type = "float32", unit = "m3/h" }
spare = { at = 40110 }
"""
SHIPPED = sorted(shipped_names())


def loaded(folder: Path, text: str, **environ: str) -> Config:
    """Load a text as if it stood in a file."""
    file = folder / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ=environ)


def plain(config: Config) -> dict[str, object]:
    """Give the devices without the words that say where they were written."""
    words = {"template", "without", "signals_file"}
    return {name: device.model_dump(exclude=words) for name, device in config.device.items()}


def test_a_device_says_only_what_is_its_own(tmp_path: Path) -> None:
    short = f"""{PUMP}
        [device.pump3]
        connect = "modbus-tcp://10.0.0.3"
        template = "pump"
        every = "500 ms"
        without = ["spare"]
        [device.pump3.signals]
        speed = {{ range = [0, 1500] }}
        leak = {{ at = 10001 }}
    """
    long = """
        [device.pump3]
        connect = "modbus-tcp://10.0.0.3"
        every = "500 ms"
        word_order = "low-first"
        [device.pump3.signals]
        speed = { at = 40101, unit = "rpm", range = [0, 1500] }
        flow = { at = 40103, type = "float32", unit = "m3/h" }
        leak = { at = 10001 }
    """
    assert plain(loaded(tmp_path, short)) == plain(loaded(tmp_path, long))


def test_two_devices_of_one_template_do_not_touch_each_other(tmp_path: Path) -> None:
    text = f"""{PUMP}
        [device.a]
        connect = "modbus-tcp://10.0.0.1"
        template = "pump"
        signals = {{ speed = {{ unit = "Hz" }} }}
        [device.b]
        connect = "modbus-tcp://10.0.0.2"
        template = "pump"
    """
    config = loaded(tmp_path, text, EDGETWIN_DEVICE__A__SIGNALS__FLOW__UNIT="l/s")
    units = {
        name: [signal.unit for signal in device.signals.values()] for name, device in config.device.items()
    }
    assert units == {"a": ["Hz", "l/s", ""], "b": ["rpm", "m3/h", ""]}


def test_a_template_may_leave_to_its_devices_what_differs(tmp_path: Path) -> None:
    text = """
        [template.tank]
        signals_file = "tank.csv"
        [template.tank.signals]
        level = { unit = "m", range = [0, 4] }
        [device.tank1]
        connect = "modbus-tcp://10.0.0.1"
        template = "tank"
        signals = { level = { at = 40001 }, temp = { every = "10 s" } }
    """
    (tmp_path / "tank.csv").write_text("name,at,unit\ntemp,40002,degC\n", encoding="utf-8")
    signals = loaded(tmp_path, text).device["tank1"].signals
    assert list(signals) == ["temp", "level"]
    assert (signals["temp"].unit, signals["temp"].every) == ("degC", 10.0)
    assert (signals["level"].unit, signals["level"].range) == ("m", (0.0, 4.0))


def test_a_signal_that_is_left_out_may_be_written_anew(tmp_path: Path) -> None:
    text = f"""{PUMP}
        [device.pump3]
        connect = "modbus-tcp://10.0.0.3"
        template = "pump"
        without = ["speed"]
        signals = {{ speed = {{ at = 40120 }} }}
    """
    assert loaded(tmp_path, text).device["pump3"].signals["speed"].unit == ""


def test_what_another_room_finds_wrong_is_found_in_the_template(tmp_path: Path) -> None:
    device = '[device.pump3]\nconnect = "modbus-tcp://10.0.0.3"\ntemplate = "pump"\n'
    loaded(tmp_path, PUMP + device)
    problem = locate(tmp_path / "gateway.toml", ConfigError(("device", "pump3", "signals", "flow"), "no"))
    assert (problem.line, problem.key) == (7, "template.pump.signals.flow")


def test_what_is_put_together_first_is_not_changed_from_outside(tmp_path: Path) -> None:
    device = '[device.pump3]\nconnect = "modbus-tcp://10.0.0.3"\ntemplate = "pump"\n'
    with pytest.raises(
        ConfigProblems, match=r"EDGETWIN_DEVICE__PUMP3__TEMPLATE: .* only the file can say this"
    ):
        loaded(tmp_path, PUMP + device, EDGETWIN_DEVICE__PUMP3__TEMPLATE="other")


def test_a_template_whose_lines_cannot_be_read_is_not_called_missing(tmp_path: Path) -> None:
    text = f"""{PUMP.replace("every = ", "every = now ").replace("at = 40110", "at = ")}
        [device.pump3]
        connect = "modbus-tcp://10.0.0.3"
        template = "pump"
    """
    with pytest.raises(ConfigProblems) as refusal:
        loaded(tmp_path, text)
    assert [problem.line for problem in refusal.value.problems] == [3, 8]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_works_as_it_is(tmp_path: Path, name: str) -> None:
    scheme = "opc.tcp" if name == "example-pump-controller" else "modbus-tcp"
    config = loaded(tmp_path, f'[device.it]\nconnect = "{scheme}://10.0.0.1"\ntemplate = "{name}"\n')
    document = shipped(name)
    assert document is not None
    assert list(document.tables["template"]) == [name]
    assert list(config.device["it"].signals) == list(document.tables["template"][name]["signals"])


def test_a_template_of_the_file_goes_before_a_shipped_one(tmp_path: Path) -> None:
    text = PUMP.replace("pump", "example-drive") + (
        '[device.fan]\nconnect = "modbus-tcp://10.0.0.1"\ntemplate = "example-drive"\n'
    )
    assert list(loaded(tmp_path, text).device["fan"].signals) == ["speed", "flow", "spare"]


def test_what_does_not_fit_a_shipped_template_names_its_file(tmp_path: Path) -> None:
    text = """
        [device.fan]
        connect = "modbus-tcp://10.0.0.1"
        template = "example-drive"
        signals = { mine = { at = "hr:102", type = "float32" } }
    """
    with pytest.raises(ConfigProblems, match=r"overlaps frequency in .*example-drive\.toml:\d+, which is"):
        loaded(tmp_path, text)
