"""OPC UA with security against a real server: who is let in, who is turned away, and what is never said."""

import asyncio
import logging
import re
import shlex
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from asyncua import ua
from field_secure import KEYS, LOGIN, NOW, Pair, SecureServer, issue
from field_ua import URI
from field_watch import clock, sockets, until
from structlog.testing import capture_logs

from edgetwin.__main__ import main
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.field import opcua_security
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua import OpcUaDriver
from edgetwin.field.pki_folder import PkiFolder, Shelf
from edgetwin.field.pki_make import make
from edgetwin.field.pki_trust import Judgement

STRONG = "Basic256Sha256/SignAndEncrypt"
SECURITIES = [
    f"{policy}/{mode}"
    for policy in ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
    for mode in ("Sign", "SignAndEncrypt")
]
PASSWORD = {"user": LOGIN[0], "password": LOGIN[1]}
OWN = make(name="edgetwin test", uri="urn:here:edgetwin:test", hosts=["localhost"], now=NOW)


@pytest.fixture(scope="module")
def running() -> Iterator[SecureServer]:
    server = SecureServer()
    yield server
    server.end()


@pytest.fixture
async def server(running: SecureServer) -> AsyncIterator[SecureServer]:
    """Give the server as it usually is, whatever the test before made of it."""
    running.users.asked.clear()
    running.users.by_certificate = None
    yield running
    if running.shown != running.usual or running.tampered:
        await running.show(running.usual)


@pytest.fixture
def folder(tmp_path: Path) -> PkiFolder:
    """Give a folder with our own certificate, in which nobody is trusted yet."""
    made = PkiFolder(tmp_path / "pki")
    made.save_own(OWN)
    return made


@pytest.fixture
def trusting(folder: PkiFolder, server: SecureServer) -> PkiFolder:
    """Give a folder in which the server is trusted as it usually is."""
    folder.add(Shelf.TRUSTED, server.usual.certificate)
    return folder


def driver_for(server: SecureServer, folder: PkiFolder, **settings: object) -> OpcUaDriver:
    config = OpcUaDevice.model_validate(
        {
            "connect": server.url,
            "security": STRONG,
            "every": "20 ms",
            "timeout": "5 s",
            "signals": {"level": {"node": f"nsu={URI};s=level"}},
            **settings,
        }
    )
    return OpcUaDriver("ua", config, clock, folder.directory)


async def first_value(driver: OpcUaDriver) -> float:
    """Connect, and give the first value."""
    try:
        await driver.open()
        async with asyncio.timeout(5), aclosing(driver.frames()) as frames:
            return float((await anext(frames)).values[0])
    finally:
        await driver.close()


async def refusal(driver: OpcUaDriver) -> DeviceDown:
    """Try to connect, and give the reason why that cannot be done."""
    try:
        with pytest.raises(DeviceDown) as down:
            await driver.open()
    finally:
        await driver.close()
    return down.value


@pytest.mark.parametrize("security", SECURITIES)
async def test_every_security_works(server: SecureServer, trusting: PkiFolder, security: str) -> None:
    assert await first_value(driver_for(server, trusting, security=security, **PASSWORD)) == 1.5
    assert server.users.asked == [LOGIN]


async def test_an_anonymous_login_works(server: SecureServer, trusting: PkiFolder) -> None:
    assert await first_value(driver_for(server, trusting)) == 1.5
    assert server.users.asked == [(None, None)]


@pytest.mark.parametrize("security", [STRONG, "Aes256Sha256RsaPss/Sign"])
async def test_a_login_by_certificate_works(
    server: SecureServer, trusting: PkiFolder, tmp_path: Path, security: str
) -> None:
    joe = issue("joe", uri="urn:joe", key=KEYS[1])
    cert, key = joe.save(tmp_path, "joe")
    login = {"security": security, "user_cert": cert, "user_key": key}
    server.users.by_certificate = joe.certificate
    assert await first_value(driver_for(server, trusting, **login)) == 1.5

    server.users.by_certificate = issue("jim", uri="urn:jim").certificate
    assert "BadUserAccessDenied" in (await refusal(driver_for(server, trusting, **login))).reason


async def test_an_unknown_server_is_refused_before_it_learns_anything(
    server: SecureServer, folder: PkiFolder
) -> None:
    down = await refusal(driver_for(server, folder, **PASSWORD))
    assert "not trusted" in down.reason
    assert server.usual.certificate.thumbprint in down.reason
    assert server.users.asked == []
    assert server.sessions() == 0
    assert folder.certificates(Shelf.REJECTED) == [server.usual.certificate]


async def test_without_the_judgement_the_unknown_server_would_have_the_password(
    server: SecureServer, folder: PkiFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opcua_security, "judge", lambda *_: Judgement())
    await first_value(driver_for(server, folder, **PASSWORD))
    assert server.users.asked == [LOGIN]


async def test_the_command_in_the_message_is_the_one_that_helps(
    server: SecureServer, folder: PkiFolder
) -> None:
    down = await refusal(driver_for(server, folder))
    command = re.search(r"edgetwin (pki trust .*)", down.hint)
    assert command is not None
    assert main([*shlex.split(command[1]), "--yes"]) == 0
    assert await first_value(driver_for(server, folder)) == 1.5
    assert folder.certificates(Shelf.REJECTED) == []


async def test_a_server_can_be_trusted_by_its_address(server: SecureServer, folder: PkiFolder) -> None:
    words = ["pki", "trust", server.url, "--yes", "--directory", str(folder.directory)]
    assert await asyncio.to_thread(main, words) == 0
    assert await first_value(driver_for(server, folder)) == 1.5


async def test_a_server_that_shows_anothers_certificate_gets_nothing(
    server: SecureServer, trusting: PkiFolder
) -> None:
    await server.show(Pair(server.usual.certificate, KEYS[1]))  # which is trusted, but it has not got the key
    down = await refusal(driver_for(server, trusting, timeout="1 s", **PASSWORD))
    assert down.reason
    assert server.users.asked == []
    assert server.sessions() == 0


async def test_a_changed_certificate_is_told_with_both_thumbprints(
    server: SecureServer, trusting: PkiFolder
) -> None:
    another = issue("CW PLC")
    await server.show(another)
    down = await refusal(driver_for(server, trusting, **PASSWORD))
    assert "another certificate than before" in down.reason
    assert another.certificate.thumbprint in down.reason
    assert server.usual.certificate.thumbprint in down.reason
    assert f"edgetwin pki trust {another.certificate.thumbprint}" in down.hint
    assert server.users.asked == []


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (timedelta(days=-9), timedelta(days=-1), "expired on"),
        (timedelta(days=2), timedelta(days=9), "not valid before"),
    ],
)
async def test_a_certificate_is_valid_in_its_time_only(
    server: SecureServer, folder: PkiFolder, since: timedelta, until: timedelta, said: str
) -> None:
    await server.show(issue("CW PLC", since=since, until=until))
    folder.add(Shelf.TRUSTED, server.shown.certificate)
    down = await refusal(driver_for(server, folder))
    assert said in down.reason
    assert "clock" in down.hint
    assert server.sessions() == 0


async def test_odd_names_of_a_server_that_is_trusted_itself_are_told_once(
    server: SecureServer, folder: PkiFolder
) -> None:
    await server.show(issue("CW PLC", uri="urn:another", host="10.1.2.3"))
    folder.add(Shelf.TRUSTED, server.shown.certificate)
    driver = driver_for(server, folder)
    with capture_logs() as logs:
        await first_value(driver)
        await first_value(driver)
    told = [entry["reason"] for entry in logs if entry["event"] == "server has odd names"]
    assert len(told) == 2
    assert any("made out for 10.1.2.3, not for 127.0.0.1" in reason for reason in told)
    assert any("urn:another" in reason for reason in told)


async def test_an_authority_vouches_for_a_server(server: SecureServer, folder: PkiFolder) -> None:
    plant = issue("Plant CA", uri="urn:ca", authority=True, key=KEYS[1])
    folder.add(Shelf.ISSUERS, plant.certificate)
    await server.show(issue("CW PLC", by=plant))
    assert await first_value(driver_for(server, folder)) == 1.5

    await server.show(issue("CW PLC", by=plant, host="10.1.2.3"))
    assert "made out for 10.1.2.3" in (await refusal(driver_for(server, folder))).reason


async def test_a_server_can_be_pinned(server: SecureServer, folder: PkiFolder, tmp_path: Path) -> None:
    cert, _ = server.usual.save(tmp_path, "plc")
    assert await first_value(driver_for(server, folder, server_cert=cert)) == 1.5

    await server.show(issue("CW PLC"))
    folder.add(Shelf.TRUSTED, server.shown.certificate)  # which does not count here
    down = await refusal(driver_for(server, folder, server_cert=cert))
    assert "another certificate" in down.reason
    assert f"Trusted is only {cert}" in down.hint


async def test_what_the_server_does_not_offer_is_told_with_what_it_offers(
    server: SecureServer, trusting: PkiFolder
) -> None:
    offered = [ua.SecurityPolicyType.NoSecurity, ua.SecurityPolicyType.Aes256Sha256RsaPss_Sign]
    await server.show(server.usual, offered)
    down = await refusal(driver_for(server, trusting))
    assert down.reason == f"the server does not offer {STRONG}"
    assert down.hint == "it offers: None, Aes256Sha256RsaPss/Sign"


async def test_a_server_that_does_not_trust_us_is_told_how_to(
    server: SecureServer, trusting: PkiFolder
) -> None:
    with server.trusting_nobody():
        down = await refusal(driver_for(server, trusting, **PASSWORD))
    assert str(trusting.own_certificate) in down.hint
    assert trusting.own().certificate.thumbprint in down.hint
    assert server.users.asked == []


async def test_a_server_that_hangs_up_does_not_trust_us_either(
    server: SecureServer, trusting: PkiFolder
) -> None:
    async with discovery_only(server.port) as port:
        down = await refusal(driver_for(server, trusting, connect=f"opc.tcp://127.0.0.1:{port}"))
    assert "hangs up" in down.reason
    assert str(trusting.own_certificate) in down.hint


@asynccontextmanager
async def discovery_only(port: int) -> AsyncIterator[int]:
    """Lead the first connection to a server, and hang up on all others."""
    connections = 0

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections > 1:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    listener = await asyncio.start_server(take, "127.0.0.1", 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1]


async def test_without_a_certificate_of_our_own_the_command_is_told(
    server: SecureServer, tmp_path: Path
) -> None:
    down = await refusal(driver_for(server, PkiFolder(tmp_path)))
    assert down.hint == f"make one: edgetwin pki init --directory {tmp_path}"


async def test_our_own_certificate_expires_too(server: SecureServer, trusting: PkiFolder) -> None:
    long_ago = NOW - timedelta(days=800)
    trusting.save_own(make(name="old", uri="urn:old", hosts=["localhost"], now=long_ago, years=2))
    down = await refusal(driver_for(server, trusting))
    assert "own certificate expired" in down.reason
    assert "edgetwin pki init --renew" in down.hint


async def test_a_password_is_not_sent_in_plain_text_where_nothing_hides_it(
    server: SecureServer, trusting: PkiFolder
) -> None:
    server.change_logins(ua.UserTokenType.UserName, policy="http://opcfoundation.org/UA/SecurityPolicy#None")
    down = await refusal(driver_for(server, trusting, security="Basic256Sha256/Sign", **PASSWORD))
    assert "plain text" in down.reason
    assert server.users.asked == []
    assert (
        await first_value(driver_for(server, trusting, **PASSWORD)) == 1.5
    )  # inside an encrypted channel it may


async def test_a_login_that_the_server_does_not_take_is_told_with_those_it_takes(
    server: SecureServer, trusting: PkiFolder
) -> None:
    server.change_logins(ua.UserTokenType.UserName, taken=False)
    down = await refusal(driver_for(server, trusting, **PASSWORD))
    assert "user and password" in down.reason
    assert down.hint == "it takes: anonymous, user_cert"
    assert server.users.asked == []


@pytest.mark.parametrize("security", ["None", "Basic256Sha256/Sign", STRONG])
async def test_the_password_is_in_no_log_even_when_all_is_logged(
    server: SecureServer, trusting: PkiFolder, caplog: pytest.LogCaptureFixture, security: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        await first_value(driver_for(server, trusting, security=security, **PASSWORD))
        wrong = {"user": LOGIN[0], "password": f"not-{LOGIN[1]}"}
        down = await refusal(driver_for(server, trusting, security=security, **wrong))
    assert LOGIN in server.users.asked
    assert LOGIN[1] not in f"{caplog.text} {logs} {down.reason} {down.hint}"
    assert LOGIN[1].encode().hex() not in caplog.text


async def test_a_certificate_that_is_about_to_expire_is_told_once(
    server: SecureServer, folder: PkiFolder
) -> None:
    await server.show(issue("CW PLC", until=timedelta(days=5)))
    folder.add(Shelf.TRUSTED, server.shown.certificate)
    driver = driver_for(server, folder)
    with capture_logs() as logs:
        await first_value(driver)
        await first_value(driver)
    told = [entry for entry in logs if entry["event"] == "certificate expires soon"]
    assert [(entry["certificate"], entry["days_left"]) for entry in told] == [("server: CW PLC", 4)]


@pytest.mark.parametrize("steps", [0, 1, 3, 10, 30, 60])
async def test_a_cancelled_connect_leaves_no_socket(
    server: SecureServer, trusting: PkiFolder, steps: int
) -> None:
    before = sockets()
    driver = driver_for(server, trusting)
    opening = asyncio.create_task(driver.open())
    for _ in range(steps):
        await asyncio.sleep(0)
    opening.cancel()
    await asyncio.wait([opening])
    await driver.close()
    await until(lambda: sockets() <= before)
