"""What an OPC UA server says of itself before anybody logs in: who it is, and how it can be reached.

Nothing of this is protected, so nothing of it is true until a person has compared the thumbprint.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from asyncua.client.client import Client

from edgetwin.config.opcua import PORTS
from edgetwin.config.url import endpoint, with_port
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua.security import login_of, security_of
from edgetwin.field.pki.certificate import Certificate, NotACertificate, chain
from edgetwin.field.unreachable import unreachable
from edgetwin.wire.printable import printable

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Offer:
    """One way in: an address as the server gives it, with its security, and how one may log in there."""

    url: str
    security: str
    logins: Sequence[str]


@dataclass(frozen=True, slots=True)
class Registered:
    """A server that is known where one was asked, which may be another one."""

    name: str
    uri: str
    urls: Sequence[str]


@dataclass(frozen=True, slots=True)
class Discovered:
    """A server, as it presents itself."""

    name: str
    uri: str
    securities: Sequence[str]  # as one writes them in the configuration
    logins: Sequence[str]
    chain: Sequence[Certificate]  # its own certificate first; empty where it has none
    offers: Sequence[Offer]


async def discover(url: str, timeout_s: float = 4.0) -> Discovered:
    """Ask a server what it is; DeviceDown when it does not say."""
    offers = await _asked(url, timeout_s, Client.connect_and_get_server_endpoints)
    if not offers:
        raise DeviceDown(f"{url} offers no endpoint", "is the server in the device switched on?")
    first = offers[0].Server
    found: list[Certificate] = []
    with suppress(NotACertificate, StopIteration):
        found = chain(next(each.ServerCertificate for each in offers if each.ServerCertificate))
    return Discovered(
        name=printable(first.ApplicationName.Text or ""),
        uri=printable(first.ApplicationUri or ""),
        securities=tuple(dict.fromkeys(map(security_of, offers))),
        logins=tuple(
            dict.fromkeys(login_of(each) for offer in offers for each in offer.UserIdentityTokens or ())
        ),
        chain=tuple(found),
        offers=tuple(
            Offer(
                printable(each.EndpointUrl or ""),
                security_of(each),
                tuple(dict.fromkeys(map(login_of, each.UserIdentityTokens or ()))),
            )
            for each in offers
        ),
    )


async def registered(url: str, timeout_s: float = 4.0) -> tuple[Registered, ...]:
    """Ask which servers are known there; DeviceDown where that is not told."""
    return tuple(
        Registered(
            printable(each.ApplicationName.Text or ""),
            printable(each.ApplicationUri or ""),
            tuple(printable(address or "") for address in each.DiscoveryUrls or ()),
        )
        for each in await _asked(url, timeout_s, Client.connect_and_find_servers)
    )


async def _asked(
    url: str, timeout_s: float, service: Callable[[Client], Awaitable[Sequence[_Answer]]]
) -> Sequence[_Answer]:
    """Ask something over a channel of its own, which is open to everybody."""
    place = endpoint(url, PORTS, path=True)
    try:
        return await service(Client(with_port(url, place), timeout=timeout_s))
    except TimeoutError:
        raise DeviceDown(
            f"no OPC UA answer from {place.host} port {place.port}", "is it the address of an OPC UA server?"
        ) from None
    except OSError as error:
        raise unreachable(place, error) from error
    except Exception as error:  # asyncua lets every error of its parser through
        raise DeviceDown(f"what {url} answers is not OPC UA: {error}") from error
