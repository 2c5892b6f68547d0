"""What the gateway's own certificate is made out for: this machine, and this gateway on its site."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from edgetwin.config.gateway import Gateway
from edgetwin.field.pki.make import Made, application_uri, make

_ELSEWHERE = ("192.0.2.1", 9)  # an address for documentation (RFC 5737); nothing is sent there


def machine() -> list[str]:
    """Name this machine: its name, and the address it has towards the network."""
    names = [socket.gethostname()]
    # Without a network there is no address.
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ELSEWHERE)
        names.append(probe.getsockname()[0])
    return names


def new_certificate(
    gateway: Gateway | None, hosts: Sequence[str], now: datetime, *, years: int, bits: int
) -> Made:
    """Make a certificate for this gateway; without a configuration for the machine alone."""
    site, name = (gateway.site, gateway.name) if gateway else ("", "")
    return make(
        name=f"edgetwin {name}@{hosts[0]}" if name else f"edgetwin@{hosts[0]}",
        uri=application_uri(hosts[0], site, name),
        hosts=hosts,
        now=now,
        years=years,
        bits=bits,
    )
