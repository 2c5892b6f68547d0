"""Makes sure of an OPC UA server before a password is sent: that it is the right one, and how the way is protected.

asyncua does the cryptography. It believes any certificate unless it is told otherwise, so the server is asked for its
endpoints first (that is never protected), its certificate is judged here, and the channel is then opened to the key
of that very certificate. A server that has not got the key cannot answer, and no session is asked for.

What asyncua leaves open, and what is done about it here:
- It sends a password in plain text over a channel that is only signed, if the server wants it so. That is refused.
- Where the server takes no login of the wanted kind it tries all the same. That is refused, with what the server takes.
- It checks neither lists of revoked certificates, nor for what a key may be used, nor the length of a nonce. Nor do we.

With security None nothing of this holds: nobody proves anything.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies
from asyncua.ua import uaerrors

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.core.signals import Clock
from edgetwin.field.driver import DeviceDown
from edgetwin.field.pki.certificate import Certificate, NotACertificate, chain, read
from edgetwin.field.pki.expiry import Reminder
from edgetwin.field.pki.folder import Identity, PkiFolder, PkiProblem, Shelf, identity
from edgetwin.field.pki.trust import Judgement, Shown, judge
from edgetwin.wire.printable import printable

log = structlog.get_logger()

# At INFO these write every notification, at WARNING and ERROR several lines and a traceback for each lost connection.
# We tell transitions ourselves.
for _chatty in (
    "client.client",
    "client.ua_client",
    "client.ua_session",
    "common.subscription",
    "uaprotocol",
):
    logging.getLogger(f"asyncua.{_chatty}").setLevel(logging.CRITICAL + 1)

_RENEW = "make a new one, which every server has to trust anew"
_DAY_NS = 86_400 * 10**9
_NO_POLICY = security_policies.SecurityPolicyNone.URI
_POLICIES: dict[str, type[security_policies.SecurityPolicy]] = {
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128Sha256RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256Sha256RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}
_WORDS = {policy.URI: word for word, policy in _POLICIES.items()} | {_NO_POLICY: "None"}
_LOGINS = {
    ua.UserTokenType.Anonymous: "anonymous",
    ua.UserTokenType.UserName: "user and password",
    ua.UserTokenType.Certificate: "user_cert",
    ua.UserTokenType.IssuedToken: "a token of an authority",
}
# What a server says that does not let our certificate in. Most say only the first, on purpose.
_TURNED_AWAY = (
    uaerrors.BadSecurityChecksFailed,
    uaerrors.BadCertificateUntrusted,
    uaerrors.BadCertificateInvalid,
    uaerrors.BadCertificateChainIncomplete,
    uaerrors.BadCertificateUriInvalid,
    uaerrors.BadCertificateHostNameInvalid,
    uaerrors.BadCertificateUseNotAllowed,
    uaerrors.BadCertificateTimeInvalid,
    uaerrors.BadCertificateRevoked,
    uaerrors.BadCertificateRevocationUnknown,
)


class GuardedClient(Client):
    """A client that gives no password away."""

    def protect(self, policy: security_policies.SecurityPolicy) -> None:
        """Open the channel with this policy, to the one server whose certificate is in it."""
        self.security_policy = policy  # type: ignore[assignment] # as asyncua does it, with a file for each part
        self.uaclient.set_security(policy)

    def server_policy(self, token_type: ua.UserTokenType) -> ua.UserTokenPolicy:
        """Choose how the login is protected. What the server offers is believed by now: it came in the session."""
        policy = super().server_policy(token_type)
        if self._policy_ids and all(each.TokenType != token_type for each in self._policy_ids):
            taken = set(map(login_of, self._policy_ids))
            raise DeviceDown(
                f"the server does not let anybody in by {_LOGINS[token_type]}",
                f"it takes: {', '.join(sorted(taken))}",
            )
        signed_only = self.security_policy.Mode == ua.MessageSecurityMode.Sign
        if token_type == ua.UserTokenType.UserName and signed_only and policy.SecurityPolicyUri == _NO_POLICY:
            raise DeviceDown(
                "the server wants the password in plain text, and the connection is only signed",
                'write SignAndEncrypt in place of Sign in "security"',
            )
        return policy


@dataclass(frozen=True, slots=True)
class _Parties:
    """Those whose certificates the connection hangs on."""

    own: Identity
    server: Certificate
    user: Identity | None


class OpcUaSecurity:
    """How one device is reached. It reads the certificates afresh at every connect."""

    def __init__(self, device: str, config: OpcUaDevice, directory: Path, clock: Clock) -> None:
        self._config = config
        self._folder = PkiFolder(directory)
        self._clock = clock
        self._reminder = Reminder(device)
        self._device = device
        self._parties: _Parties | None = None
        self._looked_ns: int | None = None
        self._remarked: set[str] = set()

    async def apply(self, client: GuardedClient) -> None:
        """Prepare a client that is not connected yet. DeviceDown, with what to do, when that cannot be done safely."""
        config = self._config
        self._parties = None
        if config.secured:
            try:
                parties = await self._parties_of(client)
            except PkiProblem as problem:
                raise DeviceDown(problem.reason, problem.hint) from None
            own = parties.own
            client.application_uri = own.certificate.uri
            make = _POLICIES[config.security_policy]
            client.protect(make(parties.server.x509, own.certificate.x509, own.key, _mode(config)))
            if parties.user is not None:
                client.user_certificate = parties.user.certificate.x509
                client.user_private_key = parties.user.key
            self._parties, self._looked_ns = parties, None
            self.remind()
        if config.user is not None:
            client.set_user(config.user)
            client.set_password(config.password.get_secret_value() if config.password else "")

    def remind(self) -> None:
        """Warn, once a day at most, of certificates that are about to expire."""
        now = self._clock()
        looked = self._looked_ns is not None and now.mono - self._looked_ns < _DAY_NS
        if self._parties is None or looked:
            return
        self._looked_ns = now.mono
        own, server, user = self._parties.own, self._parties.server, self._parties.user
        told = [
            ("own", own.certificate, f"{_RENEW}: {self._renewal}"),
            ("server", server, "make a new one in the server, and trust it here"),
        ]
        if user is not None:
            told.append(("user", user.certificate, "whoever made it for the server must make a new one"))
        self._reminder.look(told, self._now())

    def turned_away(self, error: Exception) -> DeviceDown | None:
        """Tell that the server has turned us away, where that is what an error means.

        It just gave its endpoints over an open channel. Many a server hangs up without a word on a client that it
        does not trust; others give the reason in a way for which asyncua has but an AssertionError.
        """
        unfit = str(error).startswith("No matching endpoints")  # asyncua has no type for it
        if unfit and self._parties is None:
            show = self._folder.command(f"show {self._config.connect}")
            return DeviceDown("the server lets nobody in with security None", f"see what it offers: {show}")
        if self._parties is None or not isinstance(error, ConnectionError | AssertionError):
            return None
        return DeviceDown("the server opens no protected channel to this gateway", self._introduce())

    def hint(self, error: Exception) -> str:
        """Say what to do when the server turns our certificate away; empty when it is something else."""
        return self._introduce() if isinstance(error, _TURNED_AWAY) else ""

    def _introduce(self) -> str:
        if self._parties is None:
            return ""
        own = self._parties.own.certificate
        return (
            "the server does not trust this gateway yet: trust its certificate in the server "
            f"(many list it as rejected). It is {own.name}, thumbprint {own.thumbprint}, "
            f"in {self._folder.own_certificate}"
        )

    async def _parties_of(self, client: Client) -> _Parties:
        config = self._config
        own = await asyncio.to_thread(self._folder.own)
        if own.certificate.until < self._now():
            raise PkiProblem(
                f"the gateway's own certificate expired on {own.certificate.until:%Y-%m-%d}",
                f"{_RENEW}: {self._renewal}",
            )
        user = None
        if config.user_cert and config.user_key:
            user = await asyncio.to_thread(identity, config.user_cert, config.user_key)
        offer = _offer(await client.connect_and_get_server_endpoints(), config)
        server = await asyncio.to_thread(self._believe, offer)
        return _Parties(own, server, user)

    def _believe(self, offer: ua.EndpointDescription) -> Certificate:
        """Give the certificate of the server, if it is believed. One that nobody knows is kept for a person to see."""
        config = self._config
        try:
            shown = Shown(
                chain(offer.ServerCertificate or b""),
                printable(offer.Server.ApplicationUri or ""),
                config.endpoint.host,
            )
            certificate = shown.certificate
        except (NotACertificate, IndexError):
            raise DeviceDown("the server shows no certificate that can be read", "make one in it") from None
        pinned = config.server_cert
        if pinned:
            trusted, issuers = [_pinned(pinned)], []
        else:
            trusted, issuers = (self._folder.certificates(shelf) for shelf in (Shelf.TRUSTED, Shelf.ISSUERS))
        judgement = judge(shown, trusted, issuers, self._now())
        if judgement.refusal:
            raise DeviceDown(judgement.refusal, self._way_out(judgement, certificate))
        for remark in set(judgement.remarks) - self._remarked:
            self._remarked.add(remark)
            log.warning(
                "server has odd names", device=self._device, reason=remark, hint="it is trusted itself"
            )
        return certificate

    def _way_out(self, judgement: Judgement, certificate: Certificate) -> str:
        if not judgement.unknown:
            return judgement.hint
        if self._config.server_cert:
            return f"{judgement.hint or 'is it the right server?'} Trusted is only {self._config.server_cert}"
        word = self._config.connect
        with suppress(PkiProblem, OSError):  # where it cannot be kept here, it can still be fetched again
            self._folder.reject(certificate)
            word = certificate.thumbprint
        compare = judgement.hint or "compare the thumbprint with the one that the server shows"
        return f"{compare}. To trust it: {self._folder.command(f'trust {word}')}"

    @property
    def _renewal(self) -> str:
        return self._folder.command("init --renew")

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock().wall / 1e9, UTC)


def _mode(config: OpcUaDevice) -> ua.MessageSecurityMode:
    return ua.MessageSecurityMode[config.security_mode]


def _offer(offers: Sequence[ua.EndpointDescription], config: OpcUaDevice) -> ua.EndpointDescription:
    """Find the wanted security among what the server offers."""
    uri, mode = _POLICIES[config.security_policy].URI, _mode(config)
    for each in offers:
        if each.SecurityPolicyUri == uri and each.SecurityMode == mode:
            return each
    listed = ", ".join(dict.fromkeys(map(security_of, offers))) or "nothing"
    raise DeviceDown(f"the server does not offer {config.security}", f"it offers: {listed}")


def security_of(offer: ua.EndpointDescription) -> str:
    """Name the security of an endpoint, as one writes it in the configuration."""
    policy = _WORDS.get(offer.SecurityPolicyUri) or printable(str(offer.SecurityPolicyUri)).rpartition("#")[2]
    return (
        "None"
        if offer.SecurityMode == ua.MessageSecurityMode.None_
        else f"{policy}/{offer.SecurityMode.name}"
    )


def login_of(policy: ua.UserTokenPolicy) -> str:
    """Name a way to log in, as one writes it in the configuration."""
    return _LOGINS.get(policy.TokenType, "something else")


def _pinned(file: Path) -> Certificate:
    try:
        return read(file.read_bytes())
    except (NotACertificate, OSError) as error:
        raise PkiProblem(
            f"{file}: {error}", "it must hold the certificate of the server, PEM or DER"
        ) from None
