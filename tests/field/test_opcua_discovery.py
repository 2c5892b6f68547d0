"""What an OPC UA server says of itself before anybody logs in, and what is said where there is none."""

import asyncio
import json

import pytest
from field_certificates import SERVER_URI
from field_secure import SecureServer
from field_ua import UaServer

from edgetwin.__main__ import main
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua.discovery import discover
from edgetwin.field.pki.folder import PkiFolder


async def test_a_server_says_who_it_is_and_what_it_offers(secure_server: SecureServer) -> None:
    server = await discover(secure_server.url)
    assert server.uri == SERVER_URI
    assert list(server.chain) == [secure_server.usual.certificate]
    assert set(server.securities) > {"None", "Basic256Sha256/Sign", "Aes256Sha256RsaPss/SignAndEncrypt"}
    assert set(server.logins) == {"anonymous", "user and password", "user_cert"}
    assert secure_server.sessions() == 0


async def test_a_server_without_security_has_no_certificate(ua_server: UaServer) -> None:
    server = await discover(f"opc.tcp://127.0.0.1:{ua_server.port}")
    assert list(server.securities) == ["None"]
    assert list(server.chain) == []


async def test_the_verb_shows_it(
    secure_server: SecureServer, trusting: PkiFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["pki", "show", secure_server.url, "--directory", str(trusting.directory)]
    assert await asyncio.to_thread(main, [*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["certificate"]["thumbprint"] == secure_server.usual.certificate.thumbprint
    assert data["trusted"] is True
    assert await asyncio.to_thread(main, words) == 0
    assert "trusted      yes" in capsys.readouterr().out


async def test_without_a_certificate_there_is_nothing_to_trust(
    ua_server: UaServer, pki: PkiFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"opc.tcp://127.0.0.1:{ua_server.port}"
    words = ["pki", "trust", url, "--yes", "--directory", str(pki.directory)]
    assert await asyncio.to_thread(main, words) == 66
    assert "has no certificate" in capsys.readouterr().err


async def test_where_nobody_listens_that_is_told(closed_port: int) -> None:
    with pytest.raises(DeviceDown, match="connection refused"):
        await discover(f"opc.tcp://127.0.0.1:{closed_port}")


async def test_who_does_not_answer_is_told(silent_port: int) -> None:
    with pytest.raises(DeviceDown, match="no OPC UA answer"):
        await discover(f"opc.tcp://127.0.0.1:{silent_port}", timeout_s=0.2)


async def test_who_speaks_something_else_is_told(web_port: int) -> None:
    with pytest.raises(DeviceDown) as down:
        await discover(f"opc.tcp://127.0.0.1:{web_port}", timeout_s=2.0)
    assert down.value.reason
