"""edgetwin pki: our own certificate once, and nobody is trusted unasked."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgetwin.__main__ import main
from edgetwin.field.pki.certificate import Certificate, read
from edgetwin.field.pki.folder import PkiFolder, Shelf
from edgetwin.field.pki.make import make

Pki = Callable[..., int]


def certificate(name: str, host: str = "192.168.10.30", years: int = 5) -> Certificate:
    made = make(name=name, uri=f"urn:{name}", hosts=[host], now=datetime.now(UTC), years=years)
    return read(made.certificate)


@pytest.fixture
def folder(tmp_path: Path) -> PkiFolder:
    return PkiFolder(tmp_path / "pki")


@pytest.fixture
def order(folder: PkiFolder) -> Pki:
    """Give an order for this folder."""

    def give(*words: str) -> int:
        return main(["pki", *words, "--directory", str(folder.directory)])

    return give


@pytest.fixture
def config(tmp_path: Path, folder: PkiFolder) -> Path:
    file = tmp_path / "gateway.toml"
    file.write_text(
        f'gateway = {{ site = "plant-a", name = "gw-07" }}\npki = {{ directory = "{folder.directory}" }}\n'
        '[device.plc2]\nconnect = "opc.tcp://192.168.10.30"\nsecurity = "Basic256Sha256/Sign"\n'
        'signals = { temp = { node = "ns=2;s=Temp" } }\n',
        encoding="utf-8",
    )
    return file


def test_our_own_certificate_is_made_once(
    order: Pki, folder: PkiFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert order("init", "--host", "panel") == 0
    own = folder.own().certificate
    out = capsys.readouterr().out
    assert own.thumbprint in out
    assert own.uri == "urn:panel:edgetwin"
    assert str(folder.own_certificate) in out

    assert order("init") == 73
    assert "--renew" in capsys.readouterr().err
    assert folder.own().certificate == own

    assert order("init", "--renew") == 0
    assert folder.own().certificate != own


def test_it_is_made_out_for_the_gateway_of_the_configuration(config: Path, folder: PkiFolder) -> None:
    assert (
        main(["pki", "init", "--host", "panel", "--bits", "3072", "--years", "2", "--config", str(config)])
        == 0
    )
    own = folder.own().certificate
    assert own.uri == "urn:panel:edgetwin:plant-a:gw-07"
    assert own.rsa_bits == 3072
    assert own.days_left(datetime.now(UTC)) in {729, 730}


def test_the_list_tells_all_that_is_there(
    config: Path, folder: PkiFolder, order: Pki, capsys: pytest.CaptureFixture[str]
) -> None:
    order("init", "--host", "panel")
    plc, stranger = certificate("CW PLC"), certificate("Stranger", "10.9.9.9")
    folder.add(Shelf.TRUSTED, plc)
    folder.add(Shelf.REJECTED, stranger)
    capsys.readouterr()

    assert main(["pki", "list", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["WHERE", "own", "trusted", "rejected"]
    assert "CW PLC" in lines[2]
    assert plc.thumbprint[:16] in lines[2]
    assert lines[2].endswith("plc2")
    assert not lines[3].endswith("plc2")

    assert main(["pki", "list", "--json", "--config", str(config)]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [(each["where"], each["devices"]) for each in data] == [
        ("own", ["plc2"]),
        ("trusted", ["plc2"]),
        ("rejected", []),
    ]
    assert data[1]["thumbprint"] == plc.thumbprint


def test_a_list_of_nothing_says_so(order: Pki, capsys: pytest.CaptureFixture[str]) -> None:
    assert order("list") == 0
    assert "there is nothing in" in capsys.readouterr().out


def test_one_certificate_is_shown_by_the_start_of_its_thumbprint_or_as_a_file(
    order: Pki, folder: PkiFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    plc = certificate("CW PLC")
    file = folder.add(Shelf.REJECTED, plc)
    with_colons = ":".join(plc.thumbprint[start : start + 2] for start in range(0, 40, 2)).lower()
    for which in (plc.thumbprint[:8], with_colons, str(file)):
        assert order("show", which) == 0
        out = capsys.readouterr().out
        assert plc.sha256 in out
        assert "urn:CW PLC" in out
    assert order("show", "--json", str(file)) == 0
    assert json.loads(capsys.readouterr().out)["sha256"] == plc.sha256


@pytest.mark.parametrize("which", ["0123456789", "/nowhere/plc.der", "abc"])
def test_what_is_not_there_is_told(order: Pki, capsys: pytest.CaptureFixture[str], which: str) -> None:
    assert order("show", which) == 66
    assert which in capsys.readouterr().err


def test_a_rejected_server_is_trusted_after_a_yes(
    order: Pki, folder: PkiFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plc = certificate("CW PLC")
    folder.add(Shelf.REJECTED, plc)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    for answer, code, trusted in (("", 1, []), ("no", 1, []), ("Y", 0, [plc])):
        monkeypatch.setattr("builtins.input", lambda _question, answer=answer: answer)
        assert order("trust", plc.thumbprint[:12]) == code
        assert folder.certificates(Shelf.TRUSTED) == trusted
    assert plc.thumbprint in capsys.readouterr().out
    assert folder.certificates(Shelf.REJECTED) == []

    assert order("trust", plc.thumbprint[:12]) == 0  # once more does no harm, and asks nothing
    assert "trusted already" in capsys.readouterr().out


def test_without_a_terminal_nobody_is_trusted_by_accident(
    order: Pki, folder: PkiFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    plc = certificate("CW PLC")
    folder.add(Shelf.REJECTED, plc)
    assert order("trust", plc.thumbprint) == 2
    assert "--yes" in capsys.readouterr().err
    assert folder.certificates(Shelf.TRUSTED) == []
    assert order("trust", plc.thumbprint, "--yes") == 0
    assert folder.certificates(Shelf.TRUSTED) == [plc]


def test_who_trusts_a_renewed_certificate_hears_of_the_one_before(
    order: Pki, folder: PkiFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = certificate("CW PLC"), certificate("CW PLC")
    folder.add(Shelf.TRUSTED, old)
    folder.add(Shelf.REJECTED, new)
    assert order("trust", new.thumbprint, "--yes") == 0
    assert f"edgetwin pki distrust {old.thumbprint}" in capsys.readouterr().out


def test_trust_can_be_taken_back(order: Pki, folder: PkiFolder, capsys: pytest.CaptureFixture[str]) -> None:
    plc = certificate("CW PLC")
    folder.add(Shelf.TRUSTED, plc)
    assert order("distrust", plc.thumbprint) == 0
    assert folder.certificates(Shelf.TRUSTED) == []
    assert "A connection that stands is not cut" in capsys.readouterr().out


def test_only_an_authority_can_vouch(
    order: Pki, folder: PkiFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plc.der"
    file.write_bytes(certificate("CW PLC").der)
    assert order("trust", str(file), "--issuer", "--yes") == 2
    assert "not the certificate of an authority" in capsys.readouterr().err
    assert folder.certificates(Shelf.ISSUERS) == []


def test_a_server_that_does_not_answer_is_told(order: Pki, capsys: pytest.CaptureFixture[str]) -> None:
    assert order("trust", "opc.tcp://127.0.0.1:1", "--yes") == 69
    assert "connection refused" in capsys.readouterr().err


def test_a_wrong_address_is_a_wrong_option(order: Pki, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        order("show", "opc.tcp://:99999")
    assert ended.value.code == 2
    assert "is not an address" in capsys.readouterr().err


def test_a_configuration_with_mistakes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[pki]\ndirectory = 5\n", encoding="utf-8")
    assert main(["pki", "list", "--config", str(file)]) == 78
    assert "bad.toml:2: pki.directory" in capsys.readouterr().err
