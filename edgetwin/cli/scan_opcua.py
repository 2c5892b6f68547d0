"""How an OPC UA server can be reached, as it says itself before anybody logs in, and what to write for it.

Only the given address is asked. A server may name others in its answers; they are shown and not contacted.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, get_args
from urllib.parse import urlsplit

from edgetwin.cli.pki_report import as_data, details
from edgetwin.config.opcua_access import Security
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua.discovery import Discovered, Offer, Registered, discover, registered

# The best first. A connection that is only signed can be read on the way.
_BEST = (
    *(
        "Aes256Sha256RsaPss/SignAndEncrypt",
        "Basic256Sha256/SignAndEncrypt",
        "Aes128Sha256RsaOaep/SignAndEncrypt",
    ),
    *("Aes256Sha256RsaPss/Sign", "Basic256Sha256/Sign", "Aes128Sha256RsaOaep/Sign"),
    "None",
)
_LOGINS = ("anonymous", "user and password", "user_cert")
# A number that every server has: how well it does, from 0 to 255.
_EXAMPLE = 'first = { node = "i=2267", range = [0, 255] }'


@dataclass(frozen=True, slots=True)
class OpcUaScan:
    """What is at one address."""

    address: str
    server: Discovered
    known: Sequence[Registered]


async def scan(address: str, timeout_s: float) -> OpcUaScan:
    """Ask for the endpoints, and for the servers that are known there. DeviceDown where there is no OPC UA."""
    server = await discover(address, timeout_s)
    known: tuple[Registered, ...] = ()
    with suppress(DeviceDown):  # not every server tells that, and nothing hangs on it
        known = await registered(address, timeout_s)
    return OpcUaScan(address, server, known)


def lines(found: OpcUaScan, now: datetime) -> Iterator[str]:
    """Write what was found, then what to paste."""
    server = found.server
    yield f"server       {server.name}\n             {server.uri}"
    if server.chain:
        yield from details(server.chain[0], now)
    else:
        yield "certificate  none"
    yield ""
    table = [("SECURITY", "LOGIN", "USABLE", "ENDPOINT")]
    table += [
        (each.security, ", ".join(each.logins), reason(each) or "yes", each.url) for each in server.offers
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
    others = [each for each in found.known if each.uri != server.uri]
    if others:
        yield "\nalso known there, and not asked:"
    yield from (f"  {each.name}  {each.uri}  {' '.join(each.urls)}" for each in others)
    offer = best(server.offers)
    if offer is None:
        yield "\nnone of these can be used"
        return
    yield from ("\nto paste:", *_to_paste(found.address, offer))


def as_json(found: OpcUaScan, now: datetime) -> dict[str, Any]:
    """Give the same for programs."""
    server, offer = found.server, best(found.server.offers)
    return {
        "address": found.address,
        "name": server.name,
        "uri": server.uri,
        "certificate": as_data(server.chain[0], now) if server.chain else None,
        "endpoints": [
            asdict(each) | {"usable": not reason(each), "reason": reason(each)} for each in server.offers
        ],
        "servers": [asdict(each) for each in found.known],
        "best": {"connect": address_of(found.address, offer), "security": offer.security} if offer else None,
    }


def reason(offer: Offer) -> str:
    """Say why an endpoint cannot be used; empty where it can."""
    if not offer.url.startswith("opc.tcp://"):
        return "no: only opc.tcp is spoken"
    if offer.security not in get_args(Security):
        return "no: not a security that is spoken (or no longer safe)"
    if not set(offer.logins) & set(_LOGINS):
        return "no: no way to log in that is known"
    return ""


def best(offers: Sequence[Offer]) -> Offer | None:
    """Choose the endpoint with the best protection among those that can be used."""
    usable = [each for each in offers if not reason(each)]
    return min(usable, key=lambda each: _BEST.index(each.security), default=None)


def address_of(address: str, offer: Offer) -> str:
    """Give the address to connect to: the one that answered, with the path that the server adds to it."""
    path = urlsplit(offer.url).path.rstrip("/")
    return address if urlsplit(address).path.strip("/") or not path else address.rstrip("/") + path


def _to_paste(address: str, offer: Offer) -> Iterator[str]:
    connect = address_of(address, offer)
    if offer.security == "None":
        yield "# Without security: nobody proves who he is, and everybody on the way can read along."
    else:
        yield "# Once, on the gateway; compare the thumbprint above with the one that the server shows:"
        yield f"#   edgetwin pki init\n#   edgetwin pki trust {connect}"
        yield "# and trust the gateway in the server: own/cert.der in the folder of certificates."
    yield f"[device.plc]\nconnect = {json.dumps(connect)}"
    if offer.security != "None":
        yield f'security = "{offer.security}"'
    if "anonymous" not in offer.logins and "user and password" in offer.logins:
        yield 'user = "operator"  # yours; its password in EDGETWIN_DEVICE__PLC__PASSWORD'
    elif "anonymous" not in offer.logins:
        yield '# user_cert = "user.der", user_key = "user.pem": the server lets in by certificate only'
    yield f"[device.plc.signals]\n{_EXAMPLE}  # how well the server does; `edgetwin browse` finds yours"
