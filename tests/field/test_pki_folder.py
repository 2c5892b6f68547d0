"""The folder of certificates: who may read what, and that it does not grow."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from field_certificates import KEYS, NOW, issue

from edgetwin.config.pki import DIRECTORY
from edgetwin.field.pki import folder as pki_folder
from edgetwin.field.pki.folder import PkiFolder, PkiProblem, Shelf, identity
from edgetwin.field.pki.make import Made, make

OWN = make(name="edgetwin", uri="urn:here:edgetwin", hosts=["localhost"], now=NOW)
SOMEBODY = 4711


@pytest.fixture
def folder(tmp_path: Path) -> PkiFolder:
    return PkiFolder(tmp_path / "pki")


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_made_can_be_read_again(folder: PkiFolder) -> None:
    folder.save_own(OWN)
    assert folder.own().certificate.der == OWN.certificate
    assert rights(folder.own_key) == 0o600
    assert rights(folder.own_key.parent) == 0o700


def test_a_key_that_others_may_read_is_refused_with_the_command_that_helps(folder: PkiFolder) -> None:
    folder.save_own(OWN)
    folder.own_key.chmod(0o644)
    with pytest.raises(PkiProblem) as problem:
        folder.own()
    command = problem.value.hint.removeprefix("run: chmod ")
    mode, _, file = command.partition(" ")
    Path(file).chmod(int(mode, 8))
    assert folder.own()


def test_a_key_of_another_certificate_is_refused(folder: PkiFolder) -> None:
    folder.save_own(OWN)
    folder.own_certificate.write_bytes(issue("other").certificate.der)
    with pytest.raises(PkiProblem, match="is not the key of"):
        folder.own()


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_told_without_its_content(folder: PkiFolder, content: bytes) -> None:
    folder.save_own(OWN)
    folder.own_key.write_bytes(content)
    with pytest.raises(PkiProblem, match="is not an RSA key that can be read") as problem:
        folder.own()
    assert "nonsense" not in str(problem.value)


def test_a_certificate_that_says_no_application_uri_is_refused(folder: PkiFolder) -> None:
    key = KEYS[0].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    folder.save_own(Made(issue("plain", uri="").certificate.der, key))
    with pytest.raises(PkiProblem, match="no application URI"):
        folder.own()


def test_a_half_made_own_certificate_is_told(folder: PkiFolder) -> None:
    folder.save_own(OWN)
    folder.own_key.unlink()
    with pytest.raises(PkiProblem, match=r"key\.pem"):
        folder.own()


def test_a_login_by_certificate_may_be_read_by_a_group(tmp_path: Path) -> None:
    cert, key = issue("joe").save(tmp_path, "joe")
    key.chmod(0o640)
    assert identity(cert, key).certificate.name == "joe"
    key.chmod(0o644)
    with pytest.raises(PkiProblem, match="others may read the key") as problem:
        identity(cert, key)
    assert problem.value.hint == f"run: chmod 640 {key}"


def test_a_shelf_holds_a_certificate_once(folder: PkiFolder) -> None:
    plc = issue("CW PLC").certificate
    file = folder.add(Shelf.TRUSTED, plc)
    assert file.name == f"CW_PLC_{plc.thumbprint}.der"
    assert folder.add(Shelf.TRUSTED, plc) == file
    assert folder.certificates(Shelf.TRUSTED) == [plc]
    assert folder.remove(Shelf.TRUSTED, plc)
    assert not folder.remove(Shelf.TRUSTED, plc)
    assert folder.certificates(Shelf.TRUSTED) == []


def test_files_put_there_by_hand_count_and_others_do_no_harm(folder: PkiFolder) -> None:
    plc = issue("CW PLC")
    shelf = folder.add(Shelf.TRUSTED, plc.certificate).parent
    by_hand = issue("By hand", key=KEYS[1])
    by_hand.save(shelf, "by hand")
    (shelf / "README").write_text("which is which", encoding="utf-8")
    names = {each.name for each in folder.certificates(Shelf.TRUSTED)}
    assert names == {"CW PLC", "By hand"}
    problems = {entry.file.name for entry in folder.entries(Shelf.TRUSTED) if entry.certificate is None}
    assert problems == {"README", "by hand.key"}


def test_a_name_cannot_lead_out_of_the_folder(folder: PkiFolder) -> None:
    file = folder.add(Shelf.REJECTED, issue("../../../etc/passwd").certificate)
    assert file.parent == folder.directory / Shelf.REJECTED


def test_of_the_rejected_only_the_youngest_are_kept(
    folder: PkiFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pki_folder, "MOST_REJECTED", 3)
    shown = [issue(f"PLC {number}").certificate for number in range(5)]
    for age, each in enumerate(shown):
        folder.reject(each)
        for entry in folder.entries(Shelf.REJECTED):
            if entry.certificate == each:
                os.utime(entry.file, ns=(age * 10**9, age * 10**9))
    assert {each.name for each in folder.certificates(Shelf.REJECTED)} == {"PLC 2", "PLC 3", "PLC 4"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_makes_belongs_to_whom_the_folder_belongs(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, SOMEBODY, SOMEBODY)
    folder = PkiFolder(state / "pki")
    folder.save_own(OWN)
    folder.add(Shelf.TRUSTED, issue("CW PLC").certificate)
    assert {each.stat().st_uid for each in (state, *state.rglob("*"))} == {SOMEBODY}


def test_a_link_does_not_lead_an_administrator_elsewhere(folder: PkiFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.directory.mkdir()
    (folder.directory / "trusted").symlink_to(elsewhere)
    with pytest.raises(PkiProblem, match="is a link"):
        folder.add(Shelf.TRUSTED, issue("CW PLC").certificate)
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "pki").write_text("a file", encoding="utf-8")
    with pytest.raises(PkiProblem):
        PkiFolder(tmp_path / "pki").save_own(OWN)


def test_a_command_names_the_folder_where_it_is_not_the_usual_one(folder: PkiFolder) -> None:
    assert folder.command("init") == f"edgetwin pki init --directory {folder.directory}"
    assert PkiFolder(Path("/my pki")).command("list") == "edgetwin pki list --directory '/my pki'"
    assert PkiFolder(DIRECTORY).command("init") == "edgetwin pki init"
