"""`edgetwin scan opc.tcp://...`: how a server can be reached, and what to write for that."""

import json
import os
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from browsed import LineServer
from field_node import NodeServer
from field_secure import LOGIN, OWN, STRONG, SecureServer
from ports import port_that

from edgetwin.__main__ import main
from edgetwin.cli.scan_opcua import address_of, best, reason
from edgetwin.field.opcua.discovery import Offer
from edgetwin.field.pki.folder import PkiFolder, Shelf

URL = "opc.tcp://plc:4840"


def offer(security: str, *logins: str, url: str = URL) -> Offer:
    return Offer(url, security, logins or ("anonymous",))


def browsing(server: SecureServer, folder: PkiFolder) -> list[str]:
    access = ["--security", STRONG, "--directory", str(folder.directory), "--user", LOGIN[0]]
    return ["browse", server.url, *access]


def test_each_way_in_is_shown_and_the_best_is_written(
    secured: SecureServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", secured.url]) == 0
    page = capsys.readouterr().out
    assert "Basic256Sha256/Sign " in page
    assert "anonymous, user_cert, user and password" in page
    assert secured.shown.certificate.thumbprint in page
    assert "urn:edgetwin:test:server" in page
    assert f"edgetwin pki trust {secured.url}" in page
    pasted = page.partition("to paste:")[2]
    device = tomllib.loads(pasted)["device"]["plc"]
    assert device["connect"] == secured.url
    assert device["security"] == "Aes256Sha256RsaPss/SignAndEncrypt"
    file = tmp_path / "gateway.toml"
    file.write_text(pasted, encoding="utf-8")
    assert main(["check", str(file)]) == 0


def test_data_for_programs(secured: SecureServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", secured.url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["security"] for each in told["endpoints"]} >= {"None", STRONG}
    assert all(each["usable"] for each in told["endpoints"])
    assert told["best"] == {"connect": secured.url, "security": "Aes256Sha256RsaPss/SignAndEncrypt"}
    assert [each["uri"] for each in told["servers"]] == ["urn:edgetwin:test:server"]


def test_only_the_given_address_is_asked(line: LineServer, contacted: set[tuple[str, int]]) -> None:
    assert main(["scan", line.url]) == 0
    assert contacted == {("127.0.0.1", line.port)}
    assert line.sessions() == 0


def test_a_server_of_another_family(node: NodeServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", f"opc.tcp://127.0.0.1:{node.port}"]) == 0
    page = capsys.readouterr().out
    assert "urn:edgetwin:test:node" in page
    assert "Without security" in page


def test_what_is_no_opcua_server_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with port_that(None) as port:
        assert main(["scan", f"opc.tcp://127.0.0.1:{port}", "--timeout", "200 ms"]) == 69
    assert "no OPC UA answer" in capsys.readouterr().err
    with port_that(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 20) as port:
        assert main(["scan", f"opc.tcp://127.0.0.1:{port}", "--timeout", "1 s"]) == 69
    assert main(["scan", f"opc.tcp://127.0.0.1:{port}"]) == 69
    assert "connection refused" in capsys.readouterr().err


def test_browsing_needs_what_the_scan_says(
    secured: SecureServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = PkiFolder(tmp_path / "pki")
    folder.save_own(OWN)
    secured.users.asked.clear()
    words = browsing(secured, folder)
    monkeypatch.setenv("EDGETWIN_BROWSE_PASSWORD", LOGIN[1])
    assert main(words) == 69
    refusal = capsys.readouterr().err
    assert f"edgetwin pki trust {secured.shown.certificate.thumbprint}" in refusal
    assert secured.users.asked == []
    folder.add(Shelf.TRUSTED, secured.shown.certificate)
    assert main(words) == 0
    told = capsys.readouterr()
    assert "1.5" in told.out
    assert secured.users.asked == [LOGIN]
    assert LOGIN[1] not in told.out + told.err
    monkeypatch.setenv("EDGETWIN_BROWSE_PASSWORD", "wrong")
    assert main(words) == 69
    assert "are user and password right" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("way", "why"),
    [
        (offer("None"), ""),
        (offer("Basic256/Sign"), "not a security"),
        (offer("None", "a token of an authority"), "no way to log in"),
        (offer("None", url="https://plc"), "only opc.tcp"),
    ],
)
def test_what_cannot_be_used_is_said(way: Offer, why: str) -> None:
    assert why in reason(way)
    assert (best([way]) is None) == bool(why)


def test_the_path_of_the_server_is_added_to_the_address_that_answers() -> None:
    there = offer("None", url="opc.tcp://inner-name:4840/UA/Server")
    assert address_of("opc.tcp://192.168.10.30", there) == "opc.tcp://192.168.10.30/UA/Server"
    assert address_of("opc.tcp://192.168.10.30/mine", there) == "opc.tcp://192.168.10.30/mine"
    assert address_of("opc.tcp://192.168.10.30/", offer("None")) == "opc.tcp://192.168.10.30/"


def test_the_password_is_asked_for_without_showing_it(secured: SecureServer, tmp_path: Path) -> None:
    folder = PkiFolder(tmp_path / "pki")
    folder.save_own(OWN)
    folder.add(Shelf.TRUSTED, secured.shown.certificate)
    secured.users.asked.clear()
    words = browsing(secured, folder)
    ours, theirs = os.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as keyboard:
        with os.fdopen(theirs, "r+b", buffering=0) as terminal:
            process = subprocess.Popen(
                [sys.executable, "-m", "edgetwin", *words],
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=terminal,
                start_new_session=True,
            )
        shown = b""
        while not shown.endswith(b"password of operator: "):
            shown += keyboard.read(100)
        keyboard.write(LOGIN[1].encode() + b"\n")
        told, _ = process.communicate(timeout=60)
        with suppress(OSError):  # nobody is at the other end any more
            shown += keyboard.read(1000)
    assert process.returncode == 0
    assert b"1.5" in told
    assert LOGIN[1].encode() not in shown
    assert secured.users.asked == [LOGIN]
