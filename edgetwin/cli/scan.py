"""Find out what is at an address: units and registers of Modbus, endpoints of OPC UA.

  edgetwin scan modbus-tcp://192.168.10.21
  edgetwin scan modbus-tcp://192.168.10.21 --units 1-247
  edgetwin scan "modbus-rtu:///dev/ttyUSB0?baud=9600&parity=none" --units 1-32 --areas hr,ir
  edgetwin scan opc.tcp://192.168.10.30
  edgetwin scan --network 192.168.10.0/24

ADDRESS is written as `connect` in the configuration, in quotes if there is ? or & in it. Only that address is asked,
and nothing is ever written.

Modbus: each unit of --units is asked for one register. One that answers, be it with an exception, is there; then it is
asked which coils, discrete inputs, holding and input registers it gives. That is searched for, not tried one by one:
where devices usually begin, and from there to both ends. So a register that stands alone somewhere may be missed;
`edgetwin probe` reads any. It waits --pause after each request, and asks a unit for at most --budget requests; what
was not looked at is said. The device may serve only a few clients: stop the gateway first if it talks to the same one.

OPC UA: the server is asked for its endpoints, each with its security and the ways to log in, and for the servers that
it knows. Its certificate is shown, and what to write to be let in. Nobody logs in for that. `edgetwin browse` goes on.

--network looks for addresses that listen at --ports, in a private network of at most 1,024 addresses, and only if it
is told: it connects, closes and says nothing. No more than --at-once connections are open, and --pause is between two.
Ask whoever is responsible for the network first.

Exit codes: 0 something was found, 1 nothing was found, 2 a wrong option, 69 the device cannot be reached, 130 ended
with Ctrl-C.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from edgetwin.cli import USAGE, option, scan_modbus, scan_network, scan_table
from edgetwin.cli.complaint import complain
from edgetwin.cli.little_memory import little_memory
from edgetwin.cli.progress import Progress
from edgetwin.cli.scan_modbus import Search
from edgetwin.config import opcua
from edgetwin.config.branch import in_words
from edgetwin.config.modbus_line import RTU, line
from edgetwin.config.registers import AREA_NAMES, Area
from edgetwin.config.url import endpoint
from edgetwin.field.driver import DeviceDown

NOTHING = 1
# Units that a device behind a network port usually has; on a serial line those that people give first.
_NETWORK_UNITS, _SERIAL_UNITS = "0-4,255", "1-16"
_TIMEOUT, _OPCUA_TIMEOUT = "500 ms", "4 s"
_MOST_AT_ONCE = 256


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument(
        "address", metavar="ADDRESS", nargs="?", help="where it is, as `connect` in the configuration"
    )
    parser.add_argument(
        "--pause", default="20 ms", metavar="TIME", help='between two requests (default "20 ms")'
    )
    parser.add_argument(
        "--timeout", metavar="TIME", help='for an answer (default "500 ms"; for one of OPC UA "4 s")'
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    modbus = parser.add_argument_group("Modbus")
    modbus.add_argument(
        "--units",
        metavar="LIST",
        help=f'the unit ids to try, such as "1-32,255" (default {_NETWORK_UNITS}; on a serial line {_SERIAL_UNITS})',
    )
    modbus.add_argument(
        "--areas", default="hr,ir,di,co", metavar="LIST", help="what to look for (default hr,ir,di,co)"
    )
    modbus.add_argument(
        "--budget", type=int, default=1000, metavar="N", help="the most requests to one unit (default 1000)"
    )
    network = parser.add_argument_group("a whole network")
    network.add_argument("--network", metavar="NET", help="look for devices here, such as 192.168.10.0/24")
    network.add_argument(
        "--ports", default="502,4840", metavar="LIST", help="where they listen (default 502,4840)"
    )
    network.add_argument(
        "--at-once", type=int, default=32, metavar="N", help="connections at once (default 32)"
    )


def run(args: argparse.Namespace) -> int:
    """Scan one address, or one network."""
    try:
        scan = _chosen(args)
    except ValueError as error:
        return complain("scan", in_words(error), USAGE)
    bar = Progress(sys.stderr)
    try:
        return scan(bar)
    except DeviceDown as down:
        bar.clear()
        return complain("scan", down.in_words, os.EX_UNAVAILABLE)


Scan = Callable[[Progress], int]


def _chosen(args: argparse.Namespace) -> Scan:
    """Find out what is to be scanned. Without an address that is nothing: no range is anybody's default."""
    if args.network is not None and args.address is not None:
        raise ValueError("there are an ADDRESS and a --network: give one of them")
    if args.network is not None:
        return _network(args)
    if args.address is None:
        raise ValueError(
            "what is to be scanned? Give one address, modbus-tcp://192.168.10.21, modbus-rtu:///dev/ttyUSB0?baud=9600 "
            "or opc.tcp://192.168.10.30, or a network: --network 192.168.10.0/24"
        )
    return _opcua(args) if args.address.startswith(f"{opcua.SCHEME}://") else _modbus(args)


def _modbus(args: argparse.Namespace) -> Scan:
    where, search = line(args.address), _search(args)

    def scan(bar: Progress) -> int:
        found = asyncio.run(scan_modbus.scan(where, search, bar.show))
        bar.clear()
        data = {"address": args.address, "units": [asdict(unit) for unit in found]}
        _tell(args, data, scan_table.lines(args.address, found, search))
        return os.EX_OK if any(unit.there for unit in found) else NOTHING

    return scan


def _opcua(args: argparse.Namespace) -> Scan:
    if args.units is not None:
        raise ValueError("--units are those of a Modbus line: OPC UA has none")
    endpoint(args.address, opcua.PORTS, path=True)
    timeout_s = option.seconds("--timeout", args.timeout or _OPCUA_TIMEOUT)

    def scan(_: Progress) -> int:
        from edgetwin.cli import scan_opcua  # noqa: PLC0415 - asyncua costs, so only where it is needed

        now = datetime.now(UTC)
        with little_memory():
            found = asyncio.run(scan_opcua.scan(args.address, timeout_s))
        _tell(args, scan_opcua.as_json(found, now), scan_opcua.lines(found, now))
        return os.EX_OK

    return scan


def _network(args: argparse.Namespace) -> Scan:
    if not 1 <= args.at_once <= _MOST_AT_ONCE:
        raise ValueError(f"--at-once {args.at_once}: expected 1 to {_MOST_AT_ONCE}")
    wanted = scan_network.Round(
        network=scan_network.network(args.network),
        ports=scan_network.ports(args.ports),
        pause_s=option.seconds("--pause", args.pause),
        timeout_s=option.seconds("--timeout", args.timeout or _TIMEOUT),
        at_once=args.at_once,
    )

    def scan(bar: Progress) -> int:
        found = asyncio.run(scan_network.search(wanted, bar.show))
        bar.clear()
        _tell(args, scan_network.as_json(found, wanted), scan_network.lines(found, wanted))
        return os.EX_OK if any(host.ports for host in found.hosts) else NOTHING

    return scan


def _tell(args: argparse.Namespace, data: object, page: Iterator[str]) -> None:
    if args.json:
        print(json.dumps(data, indent=2))
    else:
        print("\n".join(page))


def _search(args: argparse.Namespace) -> Search:
    if args.budget < 1:
        raise ValueError(f"--budget {args.budget}: expected at least 1")
    usual = _SERIAL_UNITS if args.address.startswith(f"{RTU}://") else _NETWORK_UNITS
    return Search(
        units=_units(args.units or usual),
        areas=_areas(args.areas),
        pause_s=option.seconds("--pause", args.pause),
        timeout_s=option.seconds("--timeout", args.timeout or _TIMEOUT),
        budget=args.budget,
    )


def _units(text: str) -> tuple[int, ...]:
    """Read "1-32,255"."""
    units = set[int]()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not (
            first.isascii() and first.isdecimal() and (not last or (last.isascii() and last.isdecimal()))
        ):
            raise ValueError(f'--units "{text}": write numbers and spans, such as "1-32,255"')
        span = range(int(first), int(last or first) + 1)
        if not span or span[-1] > 255:
            raise ValueError(
                f'--units "{text}": units go from 0 to 255, and a span begins with the lower one'
            )
        units.update(span)
    return tuple(sorted(units))


def _areas(text: str) -> tuple[Area, ...]:
    wanted = [part.strip() for part in text.split(",")]
    unknown = [part for part in wanted if part not in AREA_NAMES]
    if unknown:
        known = ", ".join(f"{area} ({name}s)" for area, name in AREA_NAMES.items())
        raise ValueError(f'--areas "{text}": there is no {unknown[0]}; known are {known}')
    return tuple(area for area in AREA_NAMES if area in wanted)
