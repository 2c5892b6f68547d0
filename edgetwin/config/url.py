"""Where something is: "modbus-tcp://192.168.10.21:502". Checked once, so that nobody need check it again.

A URL here never holds a user or a password: URLs end up in logs.
"""

import re
from ipaddress import IPv4Address
from typing import NamedTuple
from urllib.parse import urlsplit

from edgetwin.config.branch import mistake

_DIGITS = re.compile(r"[0-9.]+")  # no name of a host has but these


class Endpoint(NamedTuple):
    """The host and the port of a URL, filled in where it names none, and the port that its protocol usually has."""

    scheme: str
    host: str
    port: int
    usual_port: int


def endpoint(text: object, ports: dict[str, int], *, path: bool = False, instead: str = "") -> Endpoint:
    """Take a URL apart. `ports` are the schemes that are allowed here, each with its usual port."""
    example = f"{next(iter(ports))}://192.168.10.21:{next(iter(ports.values()))}"
    if not isinstance(text, str):
        raise mistake("this is not an address", f'write text in quotes: "{example}"')
    scheme, found, _ = text.partition("://")
    if "@" in text:  # before anything that would show the text
        raise mistake("there is a user or a password in the address, where it would end up in logs", instead)
    if not found:
        raise mistake(f'"{text}" has no protocol in front', f'did you mean "{next(iter(ports))}://{text}"?')
    if scheme not in ports:
        known = ", ".join(f"{name}://" for name in ports)
        raise mistake(f'"{scheme}://" is not known here', f"known: {known}")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is no number or above 65535, a bracket that is not closed
        raise mistake(
            f'"{text}" is not an address',
            f'expected protocol://host:port, such as "{example}"; a port is 1 to 65535',
        ) from None
    if not host or " " in text or port == 0:
        missing = "no host" if not host else "a space" if " " in text else "port 0"
        raise mistake(f'"{text}" has {missing} in it', f'expected protocol://host:port, such as "{example}"')
    if _DIGITS.fullmatch(host) and not _is_ip(host):
        raise mistake(
            f"{host} is not an IP address", "expected four numbers from 0 to 255, such as 192.168.10.21"
        )
    if not _is_name(host):
        raise mistake(
            f'"{host}" is not the name of a host', "between its dots stand 1 to 63 signs: plc1.plant.example"
        )
    if parts.query or parts.fragment or (parts.path.strip("/") and not path):
        raise mistake(f'"{text}" goes on after the port', f'expected nothing after it, as in "{example}"')
    return Endpoint(scheme, host, ports[scheme] if port is None else port, ports[scheme])


def with_port(url: str, place: Endpoint) -> str:
    """Write out the port of a URL that leaves it out."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    return urlsplit(url)._replace(netloc=f"{host}:{place.port}").geturl()


def _is_name(host: str) -> bool:
    """Tell whether a host may be asked for: to ask for `plc..local` is an error of the program, not of the network."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return host.isprintable()


def _is_ip(host: str) -> bool:
    """Tell 192.168.1 from an address: the operating system would take it, for 192.168.0.1."""
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True
