"""How sensors over MQTT are reached: as whom we log in, and whom we believe."""

from pathlib import Path

import pytest
from certificates import Authority
from field_listening import device, listening
from real_broker import MakeBroker, Mosquitto, make_passwords

from edgetwin.core.errors import ConfigError
from edgetwin.field.driver import DeviceDown


async def test_a_wrong_password_says_what_to_check(mosquitto: MakeBroker, tmp_path: Path) -> None:
    passwords = make_passwords(tmp_path, {"gw": "right"})
    broker = mosquitto(["allow_anonymous false", f"password_file {passwords}"])
    with pytest.raises(DeviceDown, match="the broker says: ") as down:
        await device(broker.url, {"a": {"topic": "t"}}, user="gw", password="wrong").open()  # noqa: S106
    assert "`user` and the password" in down.value.hint
    async with listening(broker.url, {"a": {"topic": "t"}}, user="gw", password="right") as seen:  # noqa: S106
        await seen.next()


async def test_tls_works_and_a_stranger_is_not_trusted(mosquitto: MakeBroker, tmp_path: Path) -> None:
    authority, other = Authority(tmp_path, "plant-ca"), Authority(tmp_path, "other-ca")
    pair = authority.issue("broker")
    broker = mosquitto(["allow_anonymous true", f"certfile {pair.cert}", f"keyfile {pair.key}"])
    url = broker.url.replace("mqtt://", "mqtts://")
    async with listening(url, {"a": {"topic": "t"}}, ca_file=authority.file) as seen:
        await seen.next()
    with pytest.raises(DeviceDown, match="not trusted") as down:
        await device(url, {"a": {"topic": "t"}}, ca_file=other.file).open()
    assert "ca_file" in down.value.hint


async def test_certificates_are_read_afresh_at_each_connect(mosquitto: MakeBroker, tmp_path: Path) -> None:
    authority, other = Authority(tmp_path, "plant-ca"), Authority(tmp_path, "other-ca")
    pair = authority.issue("broker")
    broker = mosquitto(["allow_anonymous true", f"certfile {pair.cert}", f"keyfile {pair.key}"])
    believed = tmp_path / "believed.pem"
    believed.write_bytes(other.file.read_bytes())
    reader = device(broker.url.replace("mqtt://", "mqtts://"), {"a": {"topic": "t"}}, ca_file=believed)
    with pytest.raises(DeviceDown, match="not trusted"):
        await reader.open()
    believed.write_text("half a file")
    with pytest.raises(DeviceDown, match="cannot use") as down:
        await reader.open()
    assert "`ca_file`" in down.value.hint
    believed.write_bytes(authority.file.read_bytes())
    await reader.open()
    await reader.close()


async def test_a_plain_port_is_no_tls_port(broker: Mosquitto) -> None:
    with pytest.raises(DeviceDown) as down:
        await device(broker.url.replace("mqtt://", "mqtts://"), {"a": {"topic": "t"}}).open()
    assert down.value.hint


def test_a_ca_file_that_is_none_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    junk = tmp_path / "ca.pem"
    junk.write_text("not a certificate")
    with pytest.raises(ConfigError) as found:
        device("mqtts://broker", {"a": {"topic": "t"}}, ca_file=junk)
    assert found.value.path == ("device", "retrofit", "ca_file")
