"""Logging in to an OPC UA server: every security, every kind of login, and a password that is never shown."""

import logging
from pathlib import Path

import pytest
from asyncua import ua
from field_certificates import KEYS, issue
from field_secure import LOGIN, PASSWORD, STRONG, SecureServer, driver_for, first_value, refusal
from structlog.testing import capture_logs

from edgetwin.field.pki.folder import PkiFolder

SECURITIES = [
    f"{policy}/{mode}"
    for policy in ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
    for mode in ("Sign", "SignAndEncrypt")
]


@pytest.mark.parametrize("security", SECURITIES)
async def test_every_security_works(secure_server: SecureServer, trusting: PkiFolder, security: str) -> None:
    assert await first_value(driver_for(secure_server, trusting, security=security, **PASSWORD)) == 1.5
    assert secure_server.users.asked == [LOGIN]


async def test_a_server_that_wants_security_is_told_as_such(
    secure_server: SecureServer, trusting: PkiFolder
) -> None:
    await secure_server.show(secure_server.usual, [ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    down = await refusal(driver_for(secure_server, trusting, security="None"))
    assert down.reason == "the server lets nobody in with security None"
    assert f"see what it offers: edgetwin pki show {secure_server.url}" in down.hint


async def test_an_anonymous_login_works(secure_server: SecureServer, trusting: PkiFolder) -> None:
    assert await first_value(driver_for(secure_server, trusting)) == 1.5
    assert secure_server.users.asked == [(None, None)]


@pytest.mark.parametrize("security", [STRONG, "Aes256Sha256RsaPss/Sign"])
async def test_a_login_by_certificate_works(
    secure_server: SecureServer, trusting: PkiFolder, tmp_path: Path, security: str
) -> None:
    joe = issue("joe", uri="urn:joe", key=KEYS[1])
    cert, key = joe.save(tmp_path, "joe")
    login = {"security": security, "user_cert": cert, "user_key": key}
    secure_server.users.by_certificate = joe.certificate
    assert await first_value(driver_for(secure_server, trusting, **login)) == 1.5

    secure_server.users.by_certificate = issue("jim", uri="urn:jim").certificate
    assert "BadUserAccessDenied" in (await refusal(driver_for(secure_server, trusting, **login))).reason


async def test_a_password_is_not_sent_in_plain_text_where_nothing_hides_it(
    secure_server: SecureServer, trusting: PkiFolder
) -> None:
    secure_server.change_logins(
        ua.UserTokenType.UserName, policy="http://opcfoundation.org/UA/SecurityPolicy#None"
    )
    down = await refusal(driver_for(secure_server, trusting, security="Basic256Sha256/Sign", **PASSWORD))
    assert "plain text" in down.reason
    assert secure_server.users.asked == []
    assert (
        await first_value(driver_for(secure_server, trusting, **PASSWORD)) == 1.5
    )  # inside an encrypted channel it may


async def test_a_login_that_the_server_does_not_take_is_told_with_those_it_takes(
    secure_server: SecureServer, trusting: PkiFolder
) -> None:
    secure_server.change_logins(ua.UserTokenType.UserName, taken=False)
    down = await refusal(driver_for(secure_server, trusting, **PASSWORD))
    assert "user and password" in down.reason
    assert down.hint == "it takes: anonymous, user_cert"
    assert secure_server.users.asked == []


@pytest.mark.parametrize("security", ["None", "Basic256Sha256/Sign", STRONG])
async def test_the_password_is_in_no_log_even_when_all_is_logged(
    secure_server: SecureServer, trusting: PkiFolder, caplog: pytest.LogCaptureFixture, security: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        await first_value(driver_for(secure_server, trusting, security=security, **PASSWORD))
        wrong = {"user": LOGIN[0], "password": f"not-{LOGIN[1]}"}
        down = await refusal(driver_for(secure_server, trusting, security=security, **wrong))
    assert LOGIN in secure_server.users.asked
    assert LOGIN[1] not in f"{caplog.text} {logs} {down.reason} {down.hint}"
    assert LOGIN[1].encode().hex() not in caplog.text
