"""A real OPC UA server with security on loopback, and drivers that try to reach it."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

import pytest
from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager
from cryptography import x509
from field_certificates import NOW, SERVER_URI, Pair, issue
from field_ua import URI, UaServer
from field_watch import clock

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua.driver import OpcUaDriver
from edgetwin.field.pki.folder import PkiFolder
from edgetwin.field.pki.make import make

if TYPE_CHECKING:
    from edgetwin.field.pki.certificate import Certificate

STRONG = "Basic256Sha256/SignAndEncrypt"
LOGIN = ("operator", "hunter2-tell-nobody")
PASSWORD = {"user": LOGIN[0], "password": LOGIN[1]}
OWN = make(name="edgetwin test", uri="urn:here:edgetwin:test", hosts=["localhost"], now=NOW)
BAD_SECURITY_CHECKS_FAILED = 0x80130000
_POLICIES = [
    each for each in ua.SecurityPolicyType if not each.name.startswith(("Basic128Rsa15", "Basic256_"))
]

# It complains that certificates do not name this machine.
logging.getLogger("asyncua.crypto").setLevel(logging.CRITICAL)


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


def driver_for(server: SecureServer, folder: PkiFolder, **settings: object) -> OpcUaDriver:
    config = OpcUaDevice.model_validate(
        {
            "connect": server.url,
            "security": STRONG,
            "every": "20 ms",
            "timeout": "5 s",
            "signals": {"level": {"node": f"nsu={URI};s=level"}},
            **settings,
        }
    )
    return OpcUaDriver("ua", config, clock, folder.directory)


async def first_value(driver: OpcUaDriver) -> float:
    """Connect, and give the first value."""
    try:
        await driver.open()
        async with asyncio.timeout(20), aclosing(driver.frames()) as frames:
            return float((await anext(frames)).values[0])
    finally:
        await driver.close()


async def refusal(driver: OpcUaDriver) -> DeviceDown:
    """Try to connect, and give the reason why that cannot be done."""
    try:
        with pytest.raises(DeviceDown) as down:
            await driver.open()
    finally:
        await driver.close()
    return down.value
