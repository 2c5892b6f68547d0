"""edgetwin check: how OPC UA devices are protected, and what is still to be done."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgetwin.cli.check_security import notes
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.field.pki.certificate import read
from edgetwin.field.pki.folder import PkiFolder, Shelf
from edgetwin.field.pki.make import make

NOW = datetime.now(UTC)


def said(folder: PkiFolder, **settings: object) -> list[str]:
    device = OpcUaDevice.model_validate(
        {"connect": "opc.tcp://plc2", "signals": {"temp": {"node": "i=2258"}}, **settings}
    )
    return list(notes(device, folder, NOW))


@pytest.fixture
def folder(tmp_path: Path) -> PkiFolder:
    return PkiFolder(tmp_path / "pki")


def with_own(folder: PkiFolder, years: int = 5, now: datetime = NOW) -> PkiFolder:
    folder.save_own(make(name="edgetwin", uri="urn:here", hosts=["here"], now=now, years=years))
    return folder


def test_what_is_not_encrypted_is_told(folder: PkiFolder) -> None:
    assert said(folder) == ["not encrypted, and nothing proves which server it is: security is None"]


def test_a_password_without_security_is_told(folder: PkiFolder) -> None:
    assert "the password of joe goes to whoever answers" in said(folder, user="joe", password="x")[1]  # noqa: S106


def test_what_is_still_to_be_done_is_told_with_the_command(folder: PkiFolder) -> None:
    secured = {"security": "Basic256Sha256/SignAndEncrypt"}
    assert said(folder, **secured) == [
        "Basic256Sha256/SignAndEncrypt, login: anonymous",
        f"the gateway has no certificate of its own; make one: {folder.command('init')}",
    ]
    assert said(with_own(folder), **secured, user="joe") == [
        "Basic256Sha256/SignAndEncrypt, login: user joe",
        "no password is given here for joe",
        f"no server is trusted yet: {folder.command('trust opc.tcp://plc2')}",
    ]


def test_what_expires_soon_is_told(folder: PkiFolder) -> None:
    secured = {"security": "Basic256Sha256/Sign"}
    with_own(folder, years=1, now=NOW - timedelta(days=360))
    for name, host, age in (("CW PLC", "plc2", 365 - 20), ("Other", "plc3", 365 - 20)):
        made = make(name=name, uri="urn:x", hosts=[host], now=NOW - timedelta(days=age), years=1)
        folder.add(Shelf.TRUSTED, read(made.certificate))
    told = said(folder, **secured)[1:]
    assert [line.split(" expires")[0] for line in told] == [
        "the certificate of the gateway, edgetwin,",
        "the certificate of the server, CW PLC,",
    ]


def test_what_is_in_order_is_told_in_one_line(folder: PkiFolder) -> None:
    with_own(folder)
    made = make(name="CW PLC", uri="urn:x", hosts=["plc2"], now=NOW)
    folder.add(Shelf.TRUSTED, read(made.certificate))
    assert said(folder, security="Aes256Sha256RsaPss/Sign") == ["Aes256Sha256RsaPss/Sign, login: anonymous"]
