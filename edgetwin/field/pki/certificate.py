"""What a certificate says: whose it is, until when, and the thumbprint by which people compare it. Pure.

A certificate comes from a stranger. All that is ever asked of it is read here, once; a later line cannot trip over it.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from edgetwin.wire.printable import printable

_LONGEST_NAME = 64
_LONGEST_CHAIN = 10  # a stranger may send any number
_DAY = timedelta(days=1)
_UNREADABLE = (
    *(ValueError, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)


class NotACertificate(Exception):  # noqa: N818 - a fact about bytes, not a programming error
    """These bytes are no certificate that can be read."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. Two are the same when their bytes are."""

    der: bytes = field(repr=False)
    name: str
    issuer: str
    uri: str
    hosts: tuple[str, ...]
    since: datetime
    until: datetime
    rsa_bits: int  # 0: the key is of another kind
    is_authority: bool
    longest_chain: int | None  # how many authorities may stand between this one and what it vouches for

    @property
    def thumbprint(self) -> str:
        """The SHA-1 in 40 hexadecimal digits: what OPC UA tools call the thumbprint."""
        return self._hash(hashes.SHA1())  # noqa: S303 - a name that people compare; trust compares whole certificates

    @property
    def sha256(self) -> str:
        """The SHA-256, for those who compare carefully."""
        return self._hash(hashes.SHA256())

    @property
    def self_signed(self) -> bool:
        """Whether it was signed with its own key, so that nobody else vouches for it."""
        return self.vouches_for(self)

    def days_left(self, now: datetime) -> int:
        """Count the whole days until it expires; negative once it has."""
        return (self.until - now) // _DAY

    def vouches_for(self, other: "Certificate") -> bool:
        """Tell whether the key of this certificate signed the other one."""
        try:
            other.x509.verify_directly_issued_by(self.x509)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    @property
    def x509(self) -> x509.Certificate:
        """The certificate as the library knows it."""
        return x509.load_der_x509_certificate(self.der)

    def _hash(self, algorithm: hashes.HashAlgorithm) -> str:
        return self.x509.fingerprint(algorithm).hex().upper()


def read(content: bytes) -> Certificate:
    """Read a certificate, PEM or DER; the first one where there are several."""
    try:
        if b"-----BEGIN" in content:
            return _read(x509.load_pem_x509_certificate(content))
        return _read(x509.load_der_x509_certificate(next(_cut(content), content)))
    except _UNREADABLE:
        raise NotACertificate("this is not a certificate that can be read") from None


def chain(blob: bytes) -> list[Certificate]:
    """Read what a server shows: its certificate, and those who vouch for it behind it."""
    return [read(der) for der in islice(_cut(blob), _LONGEST_CHAIN)]


def _cut(blob: bytes) -> Iterator[bytes]:
    """Cut certificates apart that were put one behind the other. Each begins with its length (DER, X.690 8.1.3)."""
    while len(blob) > 2:
        length, head = blob[1], 2
        if length > 127:
            head += length & 0x7F
            length = int.from_bytes(blob[2:head], "big")
        yield blob[: head + length]
        blob = blob[head + length :]


def _read(found: x509.Certificate) -> Certificate:
    names: list[str] = []
    uri = ""
    is_authority, longest_chain = False, None
    for extension in found.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            uris = extension.value.get_values_for_type(x509.UniformResourceIdentifier)
            uri = uris[0] if uris else ""
            names += extension.value.get_values_for_type(x509.DNSName)
            names += map(str, extension.value.get_values_for_type(x509.IPAddress))
        elif isinstance(extension.value, x509.BasicConstraints):
            is_authority, longest_chain = extension.value.ca, extension.value.path_length
    key = found.public_key()
    return Certificate(
        der=found.public_bytes(Encoding.DER),
        name=_name(found.subject),
        issuer=_name(found.issuer),
        uri=printable(uri),
        hosts=tuple(map(printable, names)),
        since=found.not_valid_before_utc,
        until=found.not_valid_after_utc,
        rsa_bits=key.key_size if isinstance(key, rsa.RSAPublicKey) else 0,
        is_authority=is_authority,
        longest_chain=longest_chain,
    )


def _name(subject: x509.Name) -> str:
    common = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = printable(str(common[0].value) if common else subject.rfc4514_string())
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def names_host(certificate: Certificate, host: str) -> bool:
    """Tell whether a certificate was made out for a host: an address, or a name in any case."""
    try:
        wanted = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host.lower().rstrip(".") in (name.lower().rstrip(".") for name in certificate.hosts)
    return str(wanted) in certificate.hosts
