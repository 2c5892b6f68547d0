"""Is this the server it should be? Decides it from certificates alone. Pure.

A server is trusted in one of two ways:
- By itself: this very certificate was trusted by a person. Then its key says who it is, and names in it that do not
  fit are only remarked on; many a PLC has a certificate made out for another name or address.
- By an authority: one that the person trusts vouches for it. Then the names are all that says which server it is of
  the many it vouches for, so they must fit.

Either way it must be valid now. What is not checked: lists of revoked certificates. To turn a server away for which
an authority vouches, take the authority off, and trust the other servers by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edgetwin.field.pki.certificate import Certificate, names_host

_LONGEST_CHAIN = 5
_LEAST_BITS, _MOST_BITS = 2048, 4096  # of every policy we know


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server shows of itself, before anything is believed."""

    chain: Sequence[Certificate]  # its own first, then those who vouch for it
    uri: str  # what it says it is
    host: str  # where we looked for it

    @property
    def certificate(self) -> Certificate:
        """Its own certificate."""
        return self.chain[0]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the server is believed. `refusal` says why not, `remarks` what is odd all the same."""

    refusal: str = ""
    hint: str = ""
    unknown: bool = False  # nobody trusts it yet: to trust it would mend this
    remarks: tuple[str, ...] = ()


def judge(
    shown: Shown, trusted: Sequence[Certificate], issuers: Sequence[Certificate], now: datetime
) -> Judgement:
    """Judge a server by what it shows."""
    certificate = shown.certificate
    if not _LEAST_BITS <= certificate.rsa_bits <= _MOST_BITS:
        bits = f"RSA with {certificate.rsa_bits} bits" if certificate.rsa_bits else "not RSA"
        return Judgement(
            f"the key of the server's certificate is {bits}",
            f"OPC UA wants RSA with {_LEAST_BITS} to {_MOST_BITS} bits: make a new certificate in the server",
        )
    itself = certificate in trusted
    if not itself and not _vouched_for(shown.chain, issuers, now):
        return _unknown(certificate, trusted)
    if (when := _not_valid(certificate, now)) is not None:
        return Judgement(
            f"the certificate of the server {when}",
            "make a new one in the server. Is the clock of this machine right? It is "
            f"{now:%Y-%m-%d %H:%M} UTC here",
        )
    odd = _wrong_names(shown)
    if odd and not itself:
        return Judgement(
            f"an authority vouches for the server, but {odd[0]}",
            "if it is the right one all the same, trust this certificate itself",
            unknown=True,
        )
    return Judgement(remarks=tuple(odd))


def _unknown(certificate: Certificate, trusted: Sequence[Certificate]) -> Judgement:
    thumbprint = certificate.thumbprint
    before = [each.thumbprint for each in trusted if certificate.uri and each.uri == certificate.uri]
    if before:
        return Judgement(
            f"the server shows another certificate than before: {thumbprint}, trusted is {', '.join(before)}",
            "was it renewed, was the device replaced? If nobody did that, somebody may stand in between",
            unknown=True,
        )
    return Judgement(
        f'the certificate of the server is not trusted: "{certificate.name}", thumbprint {thumbprint}',
        unknown=True,
    )


def _not_valid(certificate: Certificate, now: datetime) -> str | None:
    if now > certificate.until:
        return f"expired on {certificate.until:%Y-%m-%d}"
    if now < certificate.since:
        return f"is not valid before {certificate.since:%Y-%m-%d %H:%M} UTC"
    return None


def _wrong_names(shown: Shown) -> list[str]:
    """Say which names do not fit: where the server was looked for, and what it says that it is."""
    certificate, odd = shown.certificate, []
    if not names_host(certificate, shown.host):
        hosts = ", ".join(certificate.hosts) or "no host"
        odd.append(f"its certificate is made out for {hosts}, not for {shown.host}")
    if certificate.uri != shown.uri:
        odd.append(
            f"its certificate is that of {certificate.uri or 'no application'}, and it says it is {shown.uri}"
        )
    return odd


def _vouched_for(chain: Sequence[Certificate], issuers: Sequence[Certificate], now: datetime) -> bool:
    """Follow the signatures from a server to an authority that is trusted."""
    last, between = chain[0], list(chain[1:])
    for depth in range(_LONGEST_CHAIN):
        if any(_may_vouch(each, depth, now) and each.vouches_for(last) for each in issuers):
            return True
        above = next(
            (each for each in between if _may_vouch(each, depth, now) and each.vouches_for(last)), None
        )
        if above is None:
            return False
        between.remove(above)
        last = above
    return False


def _may_vouch(certificate: Certificate, depth: int, now: datetime) -> bool:
    """Tell whether a certificate is that of an authority, now, with so many others below it."""
    enough = certificate.longest_chain is None or depth <= certificate.longest_chain
    return certificate.is_authority and enough and _not_valid(certificate, now) is None
