"""Find out what a device has: the units of a Modbus line and their registers.

  edgetwin scan modbus-tcp://192.168.10.21
  edgetwin scan modbus-tcp://192.168.10.21 --units 1-247
  edgetwin scan modbus-rtu:///dev/ttyUSB0?baud=9600&parity=none --units 1-32 --areas hr,ir

ADDRESS is written as `connect` in the configuration. Only that address is asked, and nothing is ever written.

Each unit of --units is asked for one register. One that answers, be it with an exception, is there; then it is asked
which coils, discrete inputs, holding and input registers it gives. That is searched for, not tried one by one: where
devices usually begin, and from there to both ends. So a register that stands alone somewhere may be missed; `edgetwin
probe` reads any.

It waits --pause after each request, and asks a unit for at most --budget requests; what was not looked at is said.
The device may serve only a few clients: stop the gateway first if it talks to the same one.

Exit codes: 0 something was found, 1 nothing was found, 2 a wrong option, 69 the device cannot be reached, 130 ended
with Ctrl-C.
"""

import argparse
import asyncio
import json
import os
import sys
from dataclasses import asdict

from pydantic_core import PydanticCustomError

from edgetwin.cli import USAGE
from edgetwin.cli.progress import Progress
from edgetwin.cli.scan_modbus import Search, scan
from edgetwin.cli.scan_table import lines
from edgetwin.config.modbus_line import RTU, line
from edgetwin.config.registers import AREA_NAMES, Area
from edgetwin.config.units import typed_seconds
from edgetwin.field.driver import DeviceDown

NOTHING = 1
# Units that a device behind a network port usually has; on a serial line those that people give first.
_NETWORK_UNITS, _SERIAL_UNITS = "0-4,255", "1-16"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("address", metavar="ADDRESS", help="where it is, as `connect` in the configuration")
    parser.add_argument(
        "--units",
        metavar="LIST",
        help=f'the unit ids to try, such as "1-32,255" (default {_NETWORK_UNITS}; on a serial line {_SERIAL_UNITS})',
    )
    parser.add_argument(
        "--areas", default="hr,ir,di,co", metavar="LIST", help="what to look for (default hr,ir,di,co)"
    )
    parser.add_argument(
        "--pause", default="20 ms", metavar="TIME", help='between two requests (default "20 ms")'
    )
    parser.add_argument(
        "--timeout", default="500 ms", metavar="TIME", help='for an answer (default "500 ms")'
    )
    parser.add_argument(
        "--budget", type=int, default=1000, metavar="N", help="the most requests to one unit (default 1000)"
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(args: argparse.Namespace) -> int:
    """Scan one address."""
    try:
        where, search = line(args.address), _search(args)
    except PydanticCustomError as error:
        hint = (error.context or {}).get("hint", "")
        return _complain(f"{error.message()}; {hint}" if hint else error.message(), USAGE)
    except ValueError as error:
        return _complain(str(error), USAGE)
    bar = Progress(sys.stderr)
    try:
        found = asyncio.run(scan(where, search, bar.show))
    except DeviceDown as down:
        return _complain(f"{down.reason}; {down.hint}" if down.hint else down.reason, os.EX_UNAVAILABLE)
    finally:
        bar.clear()
    if args.json:
        print(json.dumps({"address": args.address, "units": [asdict(unit) for unit in found]}, indent=2))
    else:
        print("\n".join(lines(args.address, found, search)))
    return os.EX_OK if any(unit.there for unit in found) else NOTHING


def _search(args: argparse.Namespace) -> Search:
    if args.budget < 1:
        raise ValueError(f"--budget {args.budget}: expected at least 1")
    usual = _SERIAL_UNITS if args.address.startswith(f"{RTU}://") else _NETWORK_UNITS
    times = []
    for option, text in (("--pause", args.pause), ("--timeout", args.timeout)):
        try:
            times.append(typed_seconds(text))
        except ValueError as error:
            raise ValueError(f"{option}: {error}") from None
    return Search(
        units=_units(args.units or usual),
        areas=_areas(args.areas),
        pause_s=times[0],
        timeout_s=times[1],
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


def _complain(text: str, code: int) -> int:
    print(f"edgetwin scan: {text}", file=sys.stderr)
    return code
