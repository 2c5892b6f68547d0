"""A real OPC UA server with security on loopback, and certificates that live for a test."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from field_ua import UaServer

from edgetwin.field.certificate import Certificate, read

NOW = datetime.now(UTC)
SERVER_URI = "urn:edgetwin:test:server"
LOGIN = ("operator", "hunter2-tell-nobody")
BAD_SECURITY_CHECKS_FAILED = 0x80130000
KEYS = [generate_private_key(65537, 2048) for _ in range(2)]  # slow to make, so they are shared


_POLICIES = [
    each for each in ua.SecurityPolicyType if not each.name.startswith(("Basic128Rsa15", "Basic256_"))
]

# It complains that certificates do not name this machine.
logging.getLogger("asyncua.crypto").setLevel(logging.CRITICAL)


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


class _Users(UserManager):
    """Knows one user by password and one by certificate, and anonymous ones. Counts who asked."""

    def __init__(self) -> None:
        self.by_certificate: Certificate | None = None
        self.asked: list[tuple[str | None, str | None]] = []

    def get_user(
        self,
        iserver: object,  # noqa: ARG002 - asyncua hands it over by name
        username: str | None = None,
        password: str | None = None,
        certificate: object = None,
    ) -> User | None:
        """Let in whom we know."""
        self.asked.append((username, password))
        known = self.by_certificate is not None and certificate == self.by_certificate.der
        nobody = username is None and self.by_certificate is None
        return User(role=UserRole.User) if (username, password) == LOGIN or known or nobody else None


class SecureServer(UaServer):
    """An OPC UA server that offers every policy, and shows the certificate that it is given."""

    def __init__(self) -> None:
        self.usual = issue("CW PLC")
        self.users = _Users()
        self.shown = self.usual
        self.tampered = False
        self._offered = _POLICIES
        super().__init__(level=1.5)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"opc.tcp://127.0.0.1:{self.port}"

    async def show(self, pair: Pair, policies: Sequence[ua.SecurityPolicyType] = ()) -> None:
        """Show another certificate from now on, and offer these policies (all, if none is named)."""
        await self.stop()
        self.shown, self._offered = pair, list(policies) or _POLICIES
        await self.start()
        self.tampered = bool(policies)

    def change_logins(self, kind: ua.UserTokenType, *, taken: bool = True, policy: str | None = None) -> None:
        """Take a kind of login no more, or have it protected by another policy, until it is shown anew."""
        self.tampered = True
        for offer in self._server.iserver.endpoints:
            if not taken:
                offer.UserIdentityTokens = [
                    each for each in offer.UserIdentityTokens if each.TokenType != kind
                ]
            for each in offer.UserIdentityTokens:
                if each.TokenType == kind:
                    each.SecurityPolicyUri = policy

    @contextmanager
    def trusting_nobody(self) -> Iterator[None]:
        """Turn every client's certificate away for a while."""

        async def turn_away(_certificate: x509.Certificate, _client: ua.ApplicationDescription) -> None:
            raise ServiceError(BAD_SECURITY_CHECKS_FAILED)

        self._server.set_certificate_validator(turn_away)
        try:
            yield
        finally:
            self._server.iserver.certificate_validator = None

    async def _start(self) -> None:
        server = self._server
        await server.set_application_uri(SERVER_URI)
        server.set_security_policy(self._offered)
        server.iserver.certificate, server.iserver.private_key = self.shown.certificate.x509, self.shown.key
        server.iserver.user_manager = self.users
        server._policies.clear()  # it would go on offering what it offered before
        server.iserver.endpoints.clear()
        await super()._start()
