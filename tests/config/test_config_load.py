"""From a file to the frozen tree: what goes above the file, what is refused, and what must never happen."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from edgetwin.config.device import DeviceConfig
from edgetwin.config.gateway import Gateway, Log, Publish
from edgetwin.config.load import load, locate
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_signal import ModbusSignal
from edgetwin.config.mqtt import Mqtt
from edgetwin.config.mqtt_in import MqttDevice, MqttSignal
from edgetwin.config.opcua import OpcUaDevice, OpcUaSignal
from edgetwin.config.pki import Pki
from edgetwin.config.problems import ConfigProblems, Problem
from edgetwin.config.recording import RecordedDevice, RecordedSignal
from edgetwin.config.tree import Asset, Config, StuckCheck
from edgetwin.core.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
MQTT_PASSWORD = "EDGETWIN_MQTT__PASSWORD"  # noqa: S105 - the name of a variable, not what is in it
PLC1 = """
[device.plc1]
connect = "modbus-tcp://192.168.10.21"
signals = { temp = { at = 40101 } }
"""
PLC2 = """
[device.PLC-2]
connect = "opc.tcp://192.168.10.30"
user = "admin"
signals = { temp = { node = "i=5" } }
"""


def loaded(tmp_path: Path, text: str, **environ: str) -> Config:
    """Load a text as if it stood in a file, with these environment variables and no others."""
    file = tmp_path / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ=environ)


def refused(tmp_path: Path, text: str | bytes, **environ: str) -> list[Problem]:
    """Load what cannot be loaded, and give what is wrong with it."""
    file = tmp_path / "gateway.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigProblems) as refusal:
        load(file, environ=environ)
    return list(refusal.value.problems)


def test_the_example_works() -> None:
    config = load(EXAMPLE, environ={})
    assert config.gateway.name == "gw-07"
    assert config.device["plc1"].every == 0.2
    assert config.asset_path("mill1_bearing") == "grinding/mill1/mill1_bearing"
    assert EXAMPLE.read_text(encoding="utf-8").startswith("#:schema ./edgetwin.schema.json\n")


@pytest.mark.parametrize(
    "branch",
    [
        *(Gateway, Mqtt, Publish, Log, Pki, Asset, StuckCheck),
        *(ModbusDevice, ModbusSignal, OpcUaDevice, OpcUaSignal, RecordedDevice, RecordedSignal),
        *(MqttDevice, MqttSignal),
    ],
)
def test_the_example_explains_every_setting(branch: type[BaseModel]) -> None:
    explained = set(re.findall(r"\w+", EXAMPLE.read_text(encoding="utf-8")))
    assert branch.model_fields.keys() - explained == set()


def test_a_password_comes_from_the_environment_as_it_is(tmp_path: Path) -> None:
    text = f'[mqtt]\nbrokers = ["mqtt://broker"]\nuser = "gw"\n{PLC2}'
    config = loaded(tmp_path, text, **{MQTT_PASSWORD: "12345", "EDGETWIN_DEVICE__PLC_2__PASSWORD": '["a"]'})
    device = config.device["PLC-2"]
    assert isinstance(device, OpcUaDevice)
    assert config.mqtt.password == SecretStr("12345")
    assert device.password == SecretStr('["a"]')


def test_a_password_comes_from_a_systemd_credential(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "edgetwin_mqtt__password").write_text("s3cret\n", encoding="utf-8")
    (credentials / "edgetwin_device__PLC-2__password").write_text("other", encoding="utf-8")
    (credentials / "somebody_elses").write_bytes(b"\xff")
    text = f'[mqtt]\nuser = "gw"\n{PLC2}'
    config = loaded(tmp_path, text, CREDENTIALS_DIRECTORY=str(credentials))
    device = config.device["PLC-2"]
    assert isinstance(device, OpcUaDevice)
    assert config.mqtt.password == SecretStr("s3cret")
    assert device.password == SecretStr("other")


def test_the_environment_is_above_credentials_and_both_are_above_the_file(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "edgetwin_mqtt__user").write_text("credential", encoding="utf-8")
    (credentials / "edgetwin_mqtt__queue").write_text("7", encoding="utf-8")
    config = loaded(
        tmp_path,
        f'[mqtt]\nuser = "file"\nqueue = 5\n{PLC1}',
        CREDENTIALS_DIRECTORY=str(credentials),
        EDGETWIN_MQTT__USER="environment",
        EDGETWIN_MQTT__BROKERS="mqtt://one, mqtts://two",
        EDGETWIN_PUBLISH__SIGNAL_TOPICS="true",
        EDGETWIN_PUBLISH__HEARTBEAT="5 s",
    )
    assert config.mqtt.user == "environment"
    assert config.mqtt.queue == 7
    assert config.mqtt.brokers == ("mqtt://one", "mqtts://two")
    assert config.publish.signal_topics
    assert config.publish.heartbeat == 5.0


def test_a_credential_that_cannot_be_read_is_told_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "edgetwin_mqtt__password").write_bytes(b"hunter2\xff")
    problem, *more = refused(tmp_path, PLC1, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert not more
    assert str(problem) == "credential edgetwin_mqtt__password: it cannot be read as UTF-8 text"


def test_a_credentials_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, PLC1, CREDENTIALS_DIRECTORY=str(tmp_path / "nowhere"))
    assert problem.file == "CREDENTIALS_DIRECTORY"


def test_an_empty_password_is_a_mistake(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, f'[mqtt]\nuser = "gw"\n{PLC1}', **{MQTT_PASSWORD: ""})
    assert str(problem) == "EDGETWIN_MQTT__PASSWORD: mqtt.password: it is empty; write it, or leave it out"


def test_secrets_are_in_no_text_of_the_tree(tmp_path: Path) -> None:
    config = loaded(tmp_path, f'[mqtt]\nuser = "gw"\n{PLC1}', **{MQTT_PASSWORD: "hunter2"})
    for text in (repr(config), str(config), config.model_dump_json()):
        assert "hunter2" not in text


def test_nothing_in_the_tree_can_be_changed(tmp_path: Path) -> None:
    config = loaded(tmp_path, PLC1)
    with pytest.raises(ValidationError):
        config.gateway.site = "elsewhere"  # type: ignore[misc] # that is the point
    with pytest.raises(TypeError):
        config.device["plc2"] = config.device["plc1"]  # type: ignore[index] # that is the point
    assert not hasattr(config.device["plc1"].signals, "clear")


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match="there is no such file") as refusal:
        load(tmp_path / "nowhere.toml")
    (problem,) = refusal.value.problems
    assert problem.line is None
    with pytest.raises(ConfigProblems, match="this is a directory"):
        load(tmp_path)


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, "[gateway]\n# Mühle\n".encode("latin-1"))
    assert (problem.line, problem.message) == (2, "the file is not UTF-8 text")


def test_the_mark_of_a_windows_editor_is_tolerated(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_bytes(b"\xef\xbb\xbf" + PLC1.replace("\n", "\r\n").encode())
    assert list(load(file, environ={}).device) == ["plc1"]


def test_certificates_need_each_other_and_encryption(tmp_path: Path) -> None:
    pem = tmp_path / "gw.pem"
    pem.write_text("-----BEGIN", encoding="utf-8")
    (half,) = refused(tmp_path, f'[mqtt]\nbrokers = ["mqtts://b"]\ncert_file = "{pem}"\n{PLC1}')
    assert half.message == "cert_file is given without key_file"
    (other_half,) = refused(tmp_path, f'[mqtt]\nbrokers = ["mqtts://b"]\nkey_file = "{pem}"\n{PLC1}')
    assert other_half.message == "key_file is given without cert_file"
    (plain,) = refused(tmp_path, f'[mqtt]\nbrokers = ["mqtt://b"]\nca_file = "{pem}"\n{PLC1}')
    assert plain.message == "there are certificates, but no broker is reached by mqtts://"
    works = loaded(tmp_path, f'[mqtt]\nbrokers = ["mqtts://b"]\nca_file = "{pem}"\n{PLC1}')
    assert works.mqtt.endpoints == (("mqtts", "b", 8883, 8883),)


def test_a_password_without_a_user_is_told_at_its_table(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, f'[mqtt]\nbrokers = ["mqtt://b"]\n{PLC1}', **{MQTT_PASSWORD: "x"})
    assert (problem.line, problem.message) == (1, "there is a password but no user")


def test_registers_that_are_read_alike_may_be_shared(tmp_path: Path) -> None:
    loaded(
        tmp_path,
        """
        [device.plc1]
        connect = "modbus-tcp://plc1"
        [device.plc1.signals]
        temp = { at = 40101, type = "float32" }
        same = { at = "hr:100", type = "float32", word_order = "high-first" }
        next = { at = 40103 }
        word = { at = 40103, type = "uint16", word_order = "low-first" }
        input = { at = 30101 }
        """,
    )


def test_the_field_adds_what_only_it_knows(tmp_path: Path) -> None:
    asked = list[str]()

    def devices_check(devices: Mapping[str, DeviceConfig]) -> Iterator[ConfigError]:
        asked.extend(f"{name} every {device.every:g} s" for name, device in devices.items())
        return (ConfigError(("device", name, "every"), "the polls cannot fit") for name in devices)

    file = tmp_path / "gateway.toml"
    wrong = '[device.plc3]\nconnect = "modbus-tcp://plc3"\nsignals = { temp = { at = 3 } }\n'
    file.write_text(PLC1 + PLC2 + wrong, encoding="utf-8")
    with pytest.raises(ConfigProblems) as refusal:
        load(file, devices_check=devices_check, environ={})
    assert asked == ["plc1 every 1 s", "PLC-2 every 1 s"]
    assert [(problem.line, problem.key) for problem in refusal.value.problems] == [
        (2, "device.plc1.every"),
        (6, "device.PLC-2.every"),
        (12, "device.plc3.signals.temp.at"),
    ]


def test_an_error_of_another_room_is_found_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(PLC1, encoding="utf-8")
    error = ConfigError(("device", "plc1", "signals", "temp", "at"), "no such register")
    assert str(locate(file, error)) == f"{file}:4: device.plc1.signals.temp.at: no such register"
    file.unlink()
    assert str(locate(file, error)) == f"{file}: device.plc1.signals.temp.at: no such register"


def test_a_line_that_cannot_be_read_hides_no_other_mistake_and_makes_none(tmp_path: Path) -> None:
    text = f"{PLC1}\n[device.plc3]\nconnect = modbus-tcp://plc3\nsignals = {{ temp = {{ at = 40101 }} }}\n"
    text += '[asset.mill]\nsignals = { a = "plc3.temp", b = "plc3.tmp" }\n'
    assert [(problem.line, problem.key) for problem in refused(tmp_path, text)] == [
        (7, "device.plc3.connect"),
        (10, "asset.mill.signals.b"),
    ]


def test_a_number_of_thousands_of_digits_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, f"x = {'9' * 5000}\n")
    assert refused(tmp_path, f"x = {'[' * 5000}\n")


def test_the_configuration_is_light_to_import() -> None:
    heavy = "{'asyncua', 'pymodbus', 'paho', 'numpy'}"
    code = (
        f"import sys, edgetwin.config.load; sys.exit(str({heavy} & {{m.split('.')[0] for m in sys.modules}}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == "set()"
