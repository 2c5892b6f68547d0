"""Who an OPC UA server is: an unknown one is turned away before it learns anything, and the message says what helps."""

import asyncio
import re
import shlex
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from asyncua import ua
from asyncua.common.connection import SecureConnection, TransportLimits
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.ua.ua_binary import struct_to_binary
from field_certificates import KEYS, NOW, Pair, issue
from field_secure import LOGIN, PASSWORD, STRONG, SecureServer, driver_for, first_value, refusal
from field_watch import clock, sockets, until
from structlog.testing import capture_logs

from edgetwin.__main__ import main
from edgetwin.core.signals import Stamp
from edgetwin.field.opcua import security as opcua_security
from edgetwin.field.opcua.security import GuardedClient
from edgetwin.field.pki.folder import PkiFolder, Shelf
from edgetwin.field.pki.make import make
from edgetwin.field.pki.trust import Judgement


async def test_an_unknown_server_is_refused_before_it_learns_anything(
    secure_server: SecureServer, pki: PkiFolder
) -> None:
    down = await refusal(driver_for(secure_server, pki, **PASSWORD))
    assert "not trusted" in down.reason
    assert secure_server.usual.certificate.thumbprint in down.reason
    assert secure_server.users.asked == []
    assert secure_server.sessions() == 0
    assert pki.certificates(Shelf.REJECTED) == [secure_server.usual.certificate]


async def test_without_the_judgement_the_unknown_server_would_have_the_password(
    secure_server: SecureServer, pki: PkiFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opcua_security, "judge", lambda *_: Judgement())
    await first_value(driver_for(secure_server, pki, **PASSWORD))
    assert secure_server.users.asked == [LOGIN]


async def test_the_command_in_the_message_is_the_one_that_helps(
    secure_server: SecureServer, pki: PkiFolder
) -> None:
    down = await refusal(driver_for(secure_server, pki))
    command = re.search(r"edgetwin (pki trust .*)", down.hint)
    assert command is not None
    assert main([*shlex.split(command[1]), "--yes"]) == 0
    assert await first_value(driver_for(secure_server, pki)) == 1.5
    assert pki.certificates(Shelf.REJECTED) == []


async def test_a_server_can_be_trusted_by_its_address(secure_server: SecureServer, pki: PkiFolder) -> None:
    words = ["pki", "trust", secure_server.url, "--yes", "--directory", str(pki.directory)]
    assert await asyncio.to_thread(main, words) == 0
    assert await first_value(driver_for(secure_server, pki)) == 1.5


async def test_a_server_that_shows_anothers_certificate_gets_nothing(
    secure_server: SecureServer, trusting: PkiFolder
) -> None:
    await secure_server.show(
        Pair(secure_server.usual.certificate, KEYS[1])
    )  # which is trusted, but it has not got the key
    down = await refusal(driver_for(secure_server, trusting, timeout="1 s", **PASSWORD))
    assert down.reason
    assert secure_server.users.asked == []
    assert secure_server.sessions() == 0


async def test_a_changed_certificate_is_told_with_both_thumbprints(
    secure_server: SecureServer, trusting: PkiFolder
) -> None:
    another = issue("CW PLC")
    await secure_server.show(another)
    down = await refusal(driver_for(secure_server, trusting, **PASSWORD))
    assert "another certificate than before" in down.reason
    assert another.certificate.thumbprint in down.reason
    assert secure_server.usual.certificate.thumbprint in down.reason
    assert f"edgetwin pki trust {another.certificate.thumbprint}" in down.hint
    assert secure_server.users.asked == []


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (timedelta(days=-9), timedelta(days=-1), "expired on"),
        (timedelta(days=2), timedelta(days=9), "not valid before"),
    ],
)
async def test_a_certificate_is_valid_in_its_time_only(
    secure_server: SecureServer, pki: PkiFolder, since: timedelta, until: timedelta, said: str
) -> None:
    await secure_server.show(issue("CW PLC", since=since, until=until))
    pki.add(Shelf.TRUSTED, secure_server.shown.certificate)
    down = await refusal(driver_for(secure_server, pki))
    assert said in down.reason
    assert "clock" in down.hint
    assert secure_server.sessions() == 0


async def test_odd_names_of_a_server_that_is_trusted_itself_are_told_once(
    secure_server: SecureServer, pki: PkiFolder
) -> None:
    await secure_server.show(issue("CW PLC", uri="urn:another", host="10.1.2.3"))
    pki.add(Shelf.TRUSTED, secure_server.shown.certificate)
    driver = driver_for(secure_server, pki)
    with capture_logs() as logs:
        await first_value(driver)
        await first_value(driver)
    told = [entry["reason"] for entry in logs if entry["event"] == "server has odd names"]
    assert len(told) == 2
    assert any("made out for 10.1.2.3, not for 127.0.0.1" in reason for reason in told)
    assert any("urn:another" in reason for reason in told)


async def test_an_authority_vouches_for_a_server(secure_server: SecureServer, pki: PkiFolder) -> None:
    plant = issue("Plant CA", uri="urn:ca", authority=True, key=KEYS[1])
    pki.add(Shelf.ISSUERS, plant.certificate)
    await secure_server.show(issue("CW PLC", by=plant))
    assert await first_value(driver_for(secure_server, pki)) == 1.5

    await secure_server.show(issue("CW PLC", by=plant, host="10.1.2.3"))
    assert "made out for 10.1.2.3" in (await refusal(driver_for(secure_server, pki))).reason


async def test_a_server_can_be_pinned(secure_server: SecureServer, pki: PkiFolder, tmp_path: Path) -> None:
    cert, _ = secure_server.usual.save(tmp_path, "plc")
    assert await first_value(driver_for(secure_server, pki, server_cert=cert)) == 1.5

    await secure_server.show(issue("CW PLC"))
    pki.add(Shelf.TRUSTED, secure_server.shown.certificate)  # which does not count here
    down = await refusal(driver_for(secure_server, pki, server_cert=cert))
    assert "another certificate" in down.reason
    assert f"Trusted is only {cert}" in down.hint


async def test_what_the_server_does_not_offer_is_told_with_what_it_offers(
    secure_server: SecureServer, trusting: PkiFolder
) -> None:
    offered = [ua.SecurityPolicyType.NoSecurity, ua.SecurityPolicyType.Aes256Sha256RsaPss_Sign]
    await secure_server.show(secure_server.usual, offered)
    down = await refusal(driver_for(secure_server, trusting))
    assert down.reason == f"the server does not offer {STRONG}"
    assert down.hint == "it offers: None, Aes256Sha256RsaPss/Sign"


async def test_a_server_that_does_not_trust_us_is_told_how_to(
    secure_server: SecureServer, trusting: PkiFolder
) -> None:
    with secure_server.trusting_nobody():
        down = await refusal(driver_for(secure_server, trusting, **PASSWORD))
    assert str(trusting.own_certificate) in down.hint
    assert trusting.own().certificate.thumbprint in down.hint
    assert secure_server.users.asked == []


GREETING = struct.pack("<4sIIIIII", b"ACKF", 28, 0, 65535, 65535, 0, 0)  # OPC UA Part 6, 7.1.2.4


def fault() -> bytes:
    """Turn a client away as node-opcua does: with a fault, before the channel is open."""
    answer = ua.ServiceFault()
    answer.ResponseHeader.ServiceResult = ua.StatusCode(ua.UInt32(0x80130000))
    channel = SecureConnection(cast("Any", SecurityPolicyNone)(), TransportLimits())
    return channel.message_to_binary(struct_to_binary(answer), request_id=1)


@pytest.mark.parametrize("last_words", [b"", fault()], ids=["without a word", "with a fault"])
async def test_a_server_that_opens_no_channel_does_not_trust_us_either(
    secure_server: SecureServer, trusting: PkiFolder, last_words: bytes
) -> None:
    async with open_for_questions(secure_server.port, last_words) as port:
        down = await refusal(driver_for(secure_server, trusting, connect=f"opc.tcp://127.0.0.1:{port}"))
    assert down.reason == "the server opens no protected channel to this gateway"
    assert str(trusting.own_certificate) in down.hint


@asynccontextmanager
async def open_for_questions(port: int, last_words: bytes) -> AsyncIterator[int]:
    """Lead the first connection to a server; greet the others, say some last words and hang up."""
    connections = 0

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections == 1:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
            return
        for answer in (GREETING, last_words):
            await reader.read(65536)
            writer.write(answer)
        writer.close()

    listener = await asyncio.start_server(take, "127.0.0.1", 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1]


async def test_without_a_certificate_of_our_own_the_command_is_told(
    secure_server: SecureServer, tmp_path: Path
) -> None:
    down = await refusal(driver_for(secure_server, PkiFolder(tmp_path)))
    assert down.hint == f"make one: edgetwin pki init --directory {tmp_path}"


async def test_our_own_certificate_expires_too(secure_server: SecureServer, trusting: PkiFolder) -> None:
    long_ago = NOW - timedelta(days=800)
    trusting.save_own(make(name="old", uri="urn:old", hosts=["localhost"], now=long_ago, years=2))
    down = await refusal(driver_for(secure_server, trusting))
    assert "own certificate expired" in down.reason
    assert "edgetwin pki init --renew" in down.hint


async def test_a_certificate_that_is_about_to_expire_is_told_once(
    secure_server: SecureServer, pki: PkiFolder
) -> None:
    await secure_server.show(issue("CW PLC", until=timedelta(days=5)))
    pki.add(Shelf.TRUSTED, secure_server.shown.certificate)
    driver = driver_for(secure_server, pki)
    with capture_logs() as logs:
        await first_value(driver)
        await first_value(driver)
    told = [entry for entry in logs if entry["event"] == "certificate expires soon"]
    assert [(entry["certificate"], entry["days_left"]) for entry in told] == [("server: CW PLC", 4)]


async def test_a_connection_that_lasts_is_reminded_each_day(
    secure_server: SecureServer, pki: PkiFolder
) -> None:
    await secure_server.show(issue("CW PLC", until=timedelta(days=40)))
    pki.add(Shelf.TRUSTED, secure_server.shown.certificate)
    security = driver_for(secure_server, pki)._security
    passed_ns = 0
    start = clock()
    security._clock = lambda: Stamp(start.wall + passed_ns, start.mono + passed_ns)
    with capture_logs() as logs:
        await security.apply(GuardedClient(secure_server.url))
        for hour in range(24 * 41):
            passed_ns = hour * 3600 * 10**9
            security.remind()
    assert [entry["days_left"] for entry in logs] == [30, 7, 1, -1]


@pytest.mark.parametrize("steps", [0, 1, 3, 10, 30, 60])
async def test_a_cancelled_connect_leaves_no_socket(
    secure_server: SecureServer, trusting: PkiFolder, steps: int
) -> None:
    before = sockets()
    driver = driver_for(secure_server, trusting)
    opening = asyncio.create_task(driver.open())
    for _ in range(steps):
        await asyncio.sleep(0)
    opening.cancel()
    await asyncio.wait([opening])
    await driver.close()
    await until(lambda: sockets() <= before)
