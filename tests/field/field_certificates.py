"""Certificates that live for a test, of servers, users and authorities."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from edgetwin.field.pki.certificate import Certificate, read

NOW = datetime.now(UTC)
SERVER_URI = "urn:edgetwin:test:server"
KEYS = [generate_private_key(65537, 2048) for _ in range(2)]  # slow to make, so they are shared


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Certificate
    key: RSAPrivateKey

    def save(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write both as PEM."""
        cert, key = folder / f"{name}.pem", folder / f"{name}.key"
        cert.write_bytes(self.certificate.x509.public_bytes(Encoding.PEM))
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key.chmod(0o600)
        return cert, key


def issue(
    name: str,
    *,
    uri: str = SERVER_URI,
    host: str = "127.0.0.1",
    since: timedelta = timedelta(days=-1),
    until: timedelta = timedelta(days=400),
    by: Pair | None = None,
    authority: bool = False,
    longest_chain: int | None = None,
    key: RSAPrivateKey = KEYS[0],
) -> Pair:
    """Make a certificate: signed by itself, or by an authority."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternatives = [x509.UniformResourceIdentifier(uri), x509.IPAddress(IPv4Address(host))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.x509.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + since)
        .not_valid_after(NOW + until)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=longest_chain), critical=True)
    )
    signed = builder.sign(by.key if by else key, hashes.SHA256())
    return Pair(read(signed.public_bytes(Encoding.DER)), key)
