"""Finds the addresses of a network that listen where devices do, for `edgetwin scan --network`.

A connection is made and closed, and nothing is said in it. The network must be a private one and small, and has to be
named: nothing here is ever done to addresses that nobody asked for.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from edgetwin.config.modbus_line import TCP
from edgetwin.config.opcua import SCHEME
from edgetwin.field.driver import DeviceDown

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
Tell = Callable[[float, str], None]  # which share of all is done, and what is being done

MOST_ADDRESSES = 1024
_PRIVATE = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "::1"),
    )
)
_SPOKEN = {502: TCP, 4840: SCHEME}
_NO_WAY = (errno.ENETUNREACH, errno.EPERM, errno.EACCES, errno.EADDRNOTAVAIL)


@dataclass(frozen=True, slots=True)
class Round:
    """Where to knock, and how gently: a pause between two knocks, and so many at once."""

    network: Network
    ports: tuple[int, ...]
    pause_s: float
    timeout_s: float
    at_once: int


@dataclass(slots=True)
class FoundHost:
    """One address: the ports that listen. Where there are none, the host is there and refused."""

    host: str
    ports: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """All addresses at which somebody is, and how many knocks there were."""

    hosts: list[FoundHost]
    knocks: int


def network(text: str) -> Network:
    """Read a network, and refuse one that is not to be searched; ValueError says why."""
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f'--network "{text}": write a network, such as 192.168.10.0/24, or one address'
        ) from None
    if not any(found.version == each.version and found.subnet_of(each) for each in _PRIVATE):  # type: ignore[arg-type] # of one version by then
        raise ValueError(
            f"--network {text}: not a private network; only 10., 172.16. to 172.31., 192.168. and the like"
        )
    if found.num_addresses > MOST_ADDRESSES:
        raise ValueError(
            f"--network {text}: {found.num_addresses} addresses are too many; at most {MOST_ADDRESSES} (a /22) at once"
        )
    return found


async def search(search: Round, tell: Tell) -> Found:
    """Knock at every address and port. DeviceDown where this machine has no way to that network."""
    hosts: list[Address] = [*search.network.hosts()]
    found: dict[Address, FoundHost] = {}
    knocks, no_way = 0, ""
    room = asyncio.Semaphore(search.at_once)

    async def one(host: Address, port: int) -> None:
        nonlocal no_way
        try:
            if await _knock(host, port, search.timeout_s):
                found.setdefault(host, FoundHost(str(host))).ports.append(port)
            else:
                found.setdefault(host, FoundHost(str(host)))
        except (TimeoutError, OSError) as error:
            if isinstance(error, OSError) and error.errno in _NO_WAY:
                no_way = error.strerror or str(error)
        finally:
            room.release()

    async with asyncio.TaskGroup() as group:
        for port in search.ports:
            for host in hosts:
                await room.acquire()
                knocks += 1
                tell(knocks / (len(hosts) * len(search.ports)), f"{host} port {port}, {len(found)} found")
                group.create_task(one(host, port), name=f"knock at {host}")
                await asyncio.sleep(search.pause_s)
    if no_way and not found:
        raise DeviceDown(f"no way to {search.network}: {no_way}", "is this machine in that network?")
    return Found([found[host] for host in hosts if host in found], knocks)


async def _knock(host: Address, port: int, timeout_s: float) -> bool:
    """Tell whether a port listens. False: the host is there and refuses. Silence is a TimeoutError."""
    family = socket.AF_INET if host.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_STREAM) as knock:
        knock.settimeout(0)  # asyncio waits, not the socket
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().sock_connect(knock, (str(host), port))
        except ConnectionRefusedError:
            return False
        return True


def lines(found: Found, wanted: Round) -> Iterator[str]:
    """Write what listens, and what to do next."""
    listening = [host for host in found.hosts if host.ports]
    for host in listening:
        for port in host.ports:
            yield f"{host.host:<15}  port {port:<5}  {_next(host.host, port)}".rstrip()
    silent = len(found.hosts) - len(listening)
    if silent:
        yield f"{silent} other address{'es are' if silent > 1 else ' is'} in use, and not listening there"
    ports = ", ".join(map(str, wanted.ports))
    yield f"{len(listening)} listen; {found.knocks} connections tried in {wanted.network}, ports {ports}"
    if listening:
        yield "a port that listens is not yet a device: the commands beside it ask"


def as_json(found: Found, wanted: Round) -> dict[str, object]:
    """Give the same for programs."""
    return {
        "network": str(wanted.network),
        "ports": list(wanted.ports),
        "connections": found.knocks,
        "hosts": [{"host": host.host, "ports": host.ports} for host in found.hosts],
    }


def ports(text: str) -> tuple[int, ...]:
    """Read "502,4840"."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and 0 < int(part) < 65_536 for part in parts):
        raise ValueError(f'--ports "{text}": write numbers from 1 to 65535, such as "502,4840"')
    return tuple(dict.fromkeys(map(int, parts)))


def _next(host: str, port: int) -> str:
    scheme = _SPOKEN.get(port)
    if scheme is None:
        return ""
    return f"edgetwin scan {scheme}://{f'[{host}]' if ':' in host else host}"
