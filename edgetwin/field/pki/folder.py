"""The folder of certificates: the gateway's own, those that it trusts, and those that it has turned away.

    own/cert.der, own/key.pem   what servers get to see, and its key, which nobody else may read
    trusted/                    servers, each trusted by itself
    issuers/                    authorities: whom they vouch for is trusted too
    rejected/                   servers that showed up and were not trusted; at most 50 are kept

Files may be put here by hand, PEM or DER under any name. What is written here gets the owner of the folder: the
service runs as a user of its own, and must be able to read the key that an administrator made for it.
"""

import os
import re
import secrets
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from shlex import quote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from edgetwin.config.pki import DIRECTORY
from edgetwin.field.pki.certificate import Certificate, NotACertificate, read
from edgetwin.field.pki.make import Made

MOST_REJECTED = 50
_LARGEST = 64 * 1024  # no certificate is longer
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PkiProblem(Exception):  # noqa: N818 - a state of the folder, not a programming error
    """The folder cannot be used. `reason` says why, `hint` what to do."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}; {hint}" if hint else reason)
        self.reason = reason
        self.hint = hint


class Shelf(StrEnum):
    """Where in the folder certificates of others are."""

    TRUSTED = "trusted"
    ISSUERS = "issuers"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file on a shelf; without a certificate where it holds none, and then `problem` says why."""

    file: Path
    certificate: Certificate | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key: it proves who somebody is."""

    certificate: Certificate
    key: RSAPrivateKey


class PkiFolder:
    """One folder. Everything is read afresh each time: people change it while the gateway runs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.own_certificate = directory / "own" / "cert.der"
        self.own_key = directory / "own" / "key.pem"

    def command(self, words: str) -> str:
        """Write out a command for this folder, for people to copy."""
        elsewhere = "" if self.directory == DIRECTORY else f" --directory {quote(str(self.directory))}"
        return f"edgetwin pki {words}{elsewhere}"

    def own(self) -> Identity:
        """Give the gateway's own certificate and key."""
        try:
            made = self.own_certificate.exists() or self.own_key.exists()
        except OSError as error:
            raise _unusable(self.own_certificate, error) from None
        if not made:
            raise PkiProblem("the gateway has no certificate of its own", f"make one: {self.command('init')}")
        own = identity(self.own_certificate, self.own_key, forbidden=_OTHERS)
        if not own.certificate.uri:
            raise PkiProblem(
                f"there is no application URI in {self.own_certificate}, and no server takes it without",
                f"make another: {self.command('init --renew')}",
            )
        return own

    def save_own(self, made: Made) -> None:
        """Keep a new certificate of the gateway. The one before is gone."""
        _write(self._place(self.own_key.parent), self.own_key.name, made.key, 0o600)
        _write(self.own_key.parent, self.own_certificate.name, made.certificate, 0o644)

    def entries(self, shelf: Shelf) -> list[Entry]:
        """List a shelf, by name of file."""
        try:
            files = sorted(file for file in (self.directory / shelf).iterdir() if file.is_file())
            return [_entry(file) for file in files if not file.name.startswith(".")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unusable(self.directory / shelf, error) from None

    def certificates(self, shelf: Shelf) -> list[Certificate]:
        """Give the certificates on a shelf; what is none is passed over, `edgetwin pki list` tells of it."""
        return [entry.certificate for entry in self.entries(shelf) if entry.certificate]

    def add(self, shelf: Shelf, certificate: Certificate) -> Path:
        """Put a certificate on a shelf. Where it is there already nothing happens."""
        for entry in self.entries(shelf):
            if entry.certificate == certificate:
                return entry.file
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", certificate.name)[:40]
        return _write(
            self._place(self.directory / shelf),
            f"{name}_{certificate.thumbprint}.der",
            certificate.der,
            0o644,
        )

    def remove(self, shelf: Shelf, certificate: Certificate) -> bool:
        """Take a certificate off a shelf; say whether it was there."""
        files = [entry.file for entry in self.entries(shelf) if entry.certificate == certificate]
        for file in files:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise _unusable(file, error) from None
        return bool(files)

    def reject(self, certificate: Certificate) -> None:
        """Keep a certificate that was turned away, so that a person can look at it; the oldest make room."""
        self.add(Shelf.REJECTED, certificate)
        files = [entry.file for entry in self.entries(Shelf.REJECTED)]
        for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)[:-MOST_REJECTED]:
            file.unlink(missing_ok=True)

    def _place(self, folder: Path) -> Path:
        """Make a folder, where it is missing, that belongs to whom the folders above belong."""
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        try:
            for each in reversed(missing):
                each.mkdir(mode=0o700)
                _hand_over(each, each.parent)
            if folder.is_symlink():  # whoever the service is, it shall not lead an administrator elsewhere
                raise PkiProblem(f"{folder} is a link, not a folder", "remove it")
        except OSError as error:
            raise _unusable(folder, error) from None
        return folder


def identity(certificate: Path, key: Path, *, forbidden: int = stat.S_IRWXO) -> Identity:
    """Read a certificate and its key. A key that others may read (`forbidden` rights) is no proof, and refused."""
    try:
        shown = read(_content(certificate))
        rights = stat.S_IMODE(key.stat().st_mode)
        if rights & forbidden:
            raise PkiProblem(
                f"others may read the key {key}", f"run: chmod {rights & ~forbidden & 0o777:o} {key}"
            )
        secret = _key(_content(key))
    except OSError as error:
        raise _unusable(Path(error.filename or key), error) from None
    except NotACertificate as error:
        raise PkiProblem(f"{certificate}: {error}", "does the file hold a certificate, PEM or DER?") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # never with the text of the error, which may tell of the key
        raise PkiProblem(
            f"{key} is not an RSA key that can be read", "it must be PEM or DER, without a passphrase"
        ) from None
    if secret.public_key() != shown.x509.public_key():
        raise PkiProblem(f"{key} is not the key of {certificate}", "the two must have been made together")
    return Identity(shown, secret)


def _key(content: bytes) -> RSAPrivateKey:
    load = load_pem_private_key if b"-----BEGIN" in content else load_der_private_key
    key = load(content, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("OPC UA wants RSA")
    return key


def _entry(file: Path) -> Entry:
    try:
        return Entry(file, read(_content(file)))
    except NotACertificate as error:
        return Entry(file, None, str(error))
    except OSError as error:
        return Entry(file, None, error.strerror or str(error))


def _content(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_LARGEST)


def _write(folder: Path, name: str, content: bytes, mode: int) -> Path:
    """Write a file whole or not at all, with the owner of its folder."""
    fresh = folder / f".{secrets.token_hex(8)}"
    try:
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(number, "wb") as stream:
            _hand_over(number, folder)
            os.fchmod(number, mode)
            stream.write(content)
            stream.flush()
            os.fsync(number)
        fresh.replace(folder / name)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise _unusable(folder, error) from None
    return folder / name


def _hand_over(made: Path | int, like: Path) -> None:
    """Give what root made the owner of the folder it is in."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=isinstance(made, int))


def _unusable(path: Path, error: OSError) -> PkiProblem:
    hint = ""
    if isinstance(error, PermissionError):
        hint = "the folder belongs to the user of the service: only that one and root may use it (sudo)"
    return PkiProblem(f"{path}: {error.strerror or error}", hint)
