"""The configuration that the demo writes says what the servers serve."""

import tomllib
from pathlib import Path

from edgetwin.build import check_devices, signal_table
from edgetwin.config.load import load
from edgetwin.core.signals import Kind
from edgetwin.plant.config_text import demo_config
from edgetwin.plant.points import POINTS

TEXT = demo_config(1502, 4841, "127.0.0.1", 1884, "3.1.1")


def test_every_point_of_the_plant_is_a_signal() -> None:
    devices = tomllib.loads(TEXT)["device"]
    configured = {f"{device}.{name}" for device, table in devices.items() for name in table["signals"]}
    assert configured == {point.name for point in POINTS}
    assert len(configured) == 16


def test_assets_name_signals_that_are_there() -> None:
    named = {
        signal for asset in tomllib.loads(TEXT)["asset"].values() for signal in asset["signals"].values()
    }
    assert named
    assert named <= {point.name for point in POINTS}


def test_ports_broker_and_control_socket_stand_where_they_belong() -> None:
    tree = tomllib.loads(
        demo_config(1502, 4841, "fd00::7", 1884, "5", control=Path('/run/with "quotes"/edgetwin.sock'))
    )
    assert tree["device"]["mill"]["connect"] == "modbus-tcp://127.0.0.1:1502"
    assert tree["device"]["feed"]["connect"] == "opc.tcp://127.0.0.1:4841"
    assert tree["mqtt"] == {"brokers": ["mqtt://[fd00::7]:1884"], "version": "5"}
    assert tree["gateway"]["control"] == '/run/with "quotes"/edgetwin.sock'


def test_the_gateway_takes_it_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "demo.toml"
    file.write_text(TEXT)
    signals = {signal.name: signal for signal in signal_table(load(file, devices_check=check_devices))}
    for point in POINTS:
        signal = signals[point.name]
        assert signal.unit == point.unit
        if point.instrument:
            assert (signal.low, signal.high) == (point.instrument.low, point.instrument.high)
            assert signal.kind is Kind.NUMERIC
    assert signals["feed.recipe"].kind is Kind.TEXT
    assert signals["mill.mode"].names == {0: "stopped", 1: "running", 2: "cleaning"}
