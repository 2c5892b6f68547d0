"""From the configuration to the parts."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgetwin import build
from edgetwin.config.problems import ConfigProblems
from edgetwin.core.signals import Kind, Stamp
from edgetwin.daemon import system_clock

MODBUS = """
[device.plc1]
connect = "modbus-tcp://127.0.0.1:502"
unit = 7
every = "200 ms"
[device.plc1.signals]
temp = { at = 40101, type = "float32", unit = "degC", range = [0, 150] }
power = { at = 40103, type = "int16", scale = 0.1, unit = "kW", every = "1 s", stuck = false }
running = { at = 10001 }
mode = { at = 40110, names = { 0 = "stopped", 1 = "running" } }
"""
OPCUA = """
[device.plc2]
connect = "opc.tcp://127.0.0.1:4840"
[device.plc2.signals]
flow = { node = "ns=2;s=Flow", unit = "m3/h" }
recipe = { node = "ns=2;s=Recipe", text = true }
"""
MQTT = """
[device.retrofit]
connect = "mqtt://127.0.0.1:1883"
[device.retrofit.signals]
temp = { topic = "press1/temp" }
fast = { topic = "press1/fast", every = "100 ms" }
load = { metric = "Load", edge = "shop/gateway" }
batch = { topic = "press1/batch", text = true }
"""


def parts_of(folder: Path, *tables: str) -> build.Parts:
    path = folder / "gateway.toml"
    path.write_text("\n".join(tables))
    return build.from_file(path, system_clock)


def test_signals_stand_in_the_order_of_the_configuration(tmp_path: Path) -> None:
    table = parts_of(tmp_path, MODBUS, OPCUA).table
    assert table.names == (
        "plc1.temp",
        "plc1.power",
        "plc1.running",
        "plc1.mode",
        "plc2.flow",
        "plc2.recipe",
    )


def test_a_signal_is_what_its_configuration_says(tmp_path: Path) -> None:
    temp, power, running, mode, flow, recipe = parts_of(tmp_path, MODBUS, OPCUA).table
    assert (temp.unit, temp.low, temp.high, temp.period_s) == ("degC", 0.0, 150.0, 0.2)
    assert (power.low, power.high, power.period_s) == (-np.inf, np.inf, 1.0)
    assert (temp.watch_stuck, power.watch_stuck) == (True, False)
    assert [signal.kind for signal in (temp, running, mode, recipe)] == [
        Kind.NUMERIC,
        Kind.STATE,
        Kind.STATE,
        Kind.TEXT,
    ]
    assert mode.names == {0: "stopped", 1: "running"}
    assert (temp.on_change, flow.on_change) == (False, True)


def test_the_rhythm_of_a_sensor_that_publishes_is_learned_unless_it_is_given(tmp_path: Path) -> None:
    temp, fast, load, batch = parts_of(tmp_path, MQTT).table
    assert np.isnan(temp.period_s)
    assert fast.period_s == 0.1
    assert [signal.on_change for signal in (temp, fast, load, batch)] == [False, False, True, False]
    assert batch.kind is Kind.TEXT


def test_the_stuck_check_can_be_switched_off_for_all(tmp_path: Path) -> None:
    off = '[check.stuck]\nenabled = false\nfalse_alarm = "once per signal and year"\n'
    parts = parts_of(tmp_path, off, MODBUS)
    assert not any(signal.watch_stuck for signal in parts.table)
    assert build.pipeline_settings(parts.config).stuck_false_alarm_s == pytest.approx(365.25 * 86400)


def test_each_device_gets_the_driver_of_its_protocol(tmp_path: Path) -> None:
    drivers = parts_of(tmp_path, MODBUS, OPCUA, MQTT).drivers
    assert [(driver.name, type(driver).__name__) for driver in drivers] == [
        ("plc1", "ModbusDriver"),
        ("plc2", "Fence"),
        ("retrofit", "MqttDriver"),
    ]
    assert drivers[0].address == "modbus-tcp://127.0.0.1:502 unit 7"


@pytest.mark.parametrize("tables", [MODBUS, MODBUS + OPCUA])
def test_the_gateway_itself_never_imports_opc_ua(tmp_path: Path, tables: str) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(tables)
    code = (
        "import sys; from pathlib import Path; from edgetwin import build; from edgetwin.daemon import system_clock\n"
        f"build.from_file(Path({str(path)!r}), system_clock); print('asyncua' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_poll_that_cannot_fit_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match=r"gateway\.toml:5: device\.plc1\.every: the polls cannot fit"):
        parts_of(tmp_path, MODBUS.replace("200 ms", "1 ms"))


def test_what_only_a_part_finds_wrong_has_its_line_too(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    mqtt = f'[mqtt]\nbrokers = ["mqtts://127.0.0.1:8883"]\nca_file = "{wrong}"\n'
    with pytest.raises(ConfigProblems, match=r"gateway\.toml:3: mqtt\.ca_file"):
        parts_of(tmp_path, mqtt, MODBUS)


def test_two_lives_never_have_the_same_epoch() -> None:
    now = Stamp(1_763_632_800_123_456_789, 0)
    first, second = build.epoch(now), build.epoch(now)
    assert first != second
    assert first.startswith("1763632800-")
    assert len(first) == len("1763632800-") + 8
