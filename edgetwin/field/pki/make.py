"""Makes the gateway's own certificate, as OPC UA wants it (Part 6, 6.2.2). Pure: bytes out, no files.

It is self-signed: a server trusts it because a person put it among those that the server trusts. RSA with 2048 bits
is what every security policy takes, those of old servers too.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = 5
BITS = (2048, 3072, 4096)
_LONGEST_NAME = 64  # X.520: ub-common-name
_SLOW_CLOCKS = timedelta(hours=24)  # a PLC whose clock is behind takes it all the same


@dataclass(frozen=True, slots=True)
class Made:
    """A new certificate (DER) and its key (PEM, not encrypted)."""

    certificate: bytes
    key: bytes


def application_uri(host: str, site: str = "", gateway: str = "") -> str:
    """Name this gateway among all OPC UA applications of the world: urn:HOST:edgetwin:SITE:NAME."""
    return ":".join(filter(None, ("urn", host, "edgetwin", site, gateway)))


def make(  # noqa: PLR0913 - what a certificate says
    *, name: str, uri: str, hosts: Sequence[str], now: datetime, years: int = YEARS, bits: int = BITS[0]
) -> Made:
    """Make a key and a certificate for it. `hosts` are the names and addresses of this machine."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name[:_LONGEST_NAME]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "edgetwin"),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLOW_CLOCKS)
        .not_valid_after(now + timedelta(days=round(365.25 * years)))
    )
    names = [x509.UniformResourceIdentifier(uri), *map(_general_name, hosts)]
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    for extension, critical in (
        (x509.SubjectAlternativeName(names), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_KEY_USAGE, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (key_id, False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), False),
    ):
        builder = builder.add_extension(extension, critical)
    return Made(
        certificate=builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


# A self-signed certificate also signs itself: strict servers ask for key_cert_sign then.
_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=True,
    data_encipherment=True,
    key_cert_sign=True,
    key_agreement=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
