"""TLS to a real mosquitto: who is trusted, who is not, and that nothing read stays hidden in the TLS layer."""

import asyncio
import ssl
from pathlib import Path

import pytest
import uvloop
from certificates import Authority
from fake_broker import CONNECT, TAKEN_OVER, WELCOME_5, Packet, fake_broker
from logbook import Logbook
from real_broker import MakeBroker, Mosquitto
from uplink_cases import make_uplink, outcome, running

from edgetwin.config.mqtt import Mqtt
from edgetwin.core.errors import ConfigError
from edgetwin.uplink.dial import tls_context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "plant-ca")


def with_tls(mosquitto: MakeBroker, authority: Authority, *lines: str, address: str = "127.0.0.1") -> str:
    pair = authority.issue("broker", address)
    broker = mosquitto(["allow_anonymous true", f"certfile {pair.cert}", f"keyfile {pair.key}", *lines])
    return broker.url.replace("mqtt://", "mqtts://")


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_broker_signed_by_our_authority_is_trusted_and_bursts_come_through(
    mosquitto: MakeBroker, authority: Authority, version: str
) -> None:
    url = with_tls(mosquitto, authority)
    uplink = make_uplink(
        {"brokers": [url], "ca_file": authority.file, "version": version}, {"mode": "every-tick"}
    )
    for value in range(500):
        uplink.tell(outcome({1: float(value)}))
    async with running(uplink):
        async with asyncio.timeout(30.0):
            await uplink._link._settled.wait()
        assert await uplink.drain(5.0) == 0
    assert uplink.counters["acknowledged"] == 502


async def test_nothing_that_was_read_stays_behind_in_tls(authority: Authority, logbook: Logbook) -> None:
    def answer(packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.kind == CONNECT:
            writer.write(WELCOME_5 + TAKEN_OVER)  # one record of TLS, two packets of MQTT

    pair = authority.issue("fake")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pair.cert, pair.key)
    async with fake_broker(answer, tls) as fake:
        uplink = make_uplink({"brokers": [fake.url], "ca_file": authority.file})
        async with running(uplink):
            down = await logbook.until("broker down")
    assert down["reason"] == "session taken over"


async def test_a_broker_signed_by_someone_else_is_not_trusted_and_it_is_said(
    mosquitto: MakeBroker, authority: Authority, tmp_path: Path, logbook: Logbook
) -> None:
    url = with_tls(mosquitto, Authority(tmp_path, "someone"))
    uplink = make_uplink({"brokers": [url], "ca_file": authority.file})
    assert await uplink._link._try_all()  # a refusal of ours: tried again slowly
    (down,) = logbook.named("broker down")
    assert "not trusted" in down["reason"]
    assert "mqtt.ca_file" in down["hint"]


async def test_a_broker_with_another_name_is_not_trusted(
    mosquitto: MakeBroker, authority: Authority, logbook: Logbook
) -> None:
    url = with_tls(mosquitto, authority, address="10.0.0.1")
    await make_uplink({"brokers": [url], "ca_file": authority.file})._link._try_all()
    assert "127.0.0.1" in logbook.named("broker down")[0]["reason"]


async def test_a_broker_that_asks_for_a_certificate_gets_it(
    mosquitto: MakeBroker, authority: Authority, logbook: Logbook
) -> None:
    url = with_tls(mosquitto, authority, "require_certificate true", f"cafile {authority.file}")
    ours = authority.issue("gateway")
    files = {"ca_file": authority.file, "cert_file": ours.cert, "key_file": ours.key}
    async with running(make_uplink({"brokers": [url], **files})):
        await logbook.until("broker connected")
    nameless = make_uplink({"brokers": [url], "ca_file": authority.file})
    await nameless._link._try_all()
    assert not nameless.state.connected
    assert nameless.state.reason


async def test_tls_to_a_plain_port_is_said(broker: Mosquitto, authority: Authority, logbook: Logbook) -> None:
    url = broker.url.replace("mqtt://", "mqtts://")
    await make_uplink({"brokers": [url], "ca_file": authority.file})._link._try_all()
    assert logbook.named("broker down")[0]["reason"]


async def test_plain_words_to_a_tls_port_are_said(
    mosquitto: MakeBroker, authority: Authority, logbook: Logbook
) -> None:
    url = with_tls(mosquitto, authority).replace("mqtts://", "mqtt://")
    await make_uplink({"brokers": [url]})._link._try_all()
    assert "port" in logbook.named("broker down")[0]["hint"]


def test_a_key_with_a_passphrase_is_a_mistake_and_asks_nobody(authority: Authority) -> None:
    locked = authority.issue("locked", passphrase=b"sesame")
    with pytest.raises(ConfigError, match=r"cannot use .*locked\.pem"):
        tls_context(
            Mqtt(
                brokers=("mqtts://broker",),
                ca_file=authority.file,
                cert_file=locked.cert,
                key_file=locked.key,
            )
        )


def test_it_runs_on_uvloop_too(mosquitto: MakeBroker, authority: Authority) -> None:
    url = with_tls(mosquitto, authority)
    uplink = make_uplink({"brokers": [url], "ca_file": authority.file}, {"mode": "every-tick"})

    async def tell_much() -> int:
        async with running(uplink), asyncio.timeout(30.0):
            for value in range(500):
                uplink.tell(outcome({1: float(value)}))
            await uplink._link._settled.wait()
            return await uplink.drain(5.0)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(tell_much()) == 0
    assert uplink.counters["acknowledged"] == 502
