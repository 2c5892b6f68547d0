"""Find out how a Modbus device stores a value: its registers in every type and order, the most plausible first.

Reads the registers at PLACE several times, reads them in every type, word order and byte order, and ranks what comes
out by how likely it is a measured value: of a usual size, moving smoothly, inside of the range if one is given. A guess
stays a guess: compare it with the display of the device.

  edgetwin probe modbus-tcp://192.168.10.21 --at 40101
  edgetwin probe "modbus-rtu:///dev/ttyUSB0?baud=9600" --unit 7 --at hr:100 --range 0 150
  edgetwin probe modbus-tcp://192.168.10.21 --at ir:0 --count 40 --for "10 s"

PLACE is written as in the configuration: 40101 as in a datasheet, or hr:100 (holding), ir:100 (input) counted from
zero. With --count a whole block is shared out among its likeliest meanings. What may be text is shown as text too.

It only reads, one request each --every, and ends by itself. The device may serve only a few clients: stop the gateway
first if it talks to the same one.

Exit codes: 0 done, 2 a wrong option, 65 the registers cannot be read, 69 the device does not answer, 130 ended with
Ctrl-C.
"""

import argparse
import asyncio
import json
import os
from dataclasses import asdict

from edgetwin.cli import USAGE, option
from edgetwin.cli.complaint import complain
from edgetwin.cli.plausible import Limits, Ranking, rank
from edgetwin.cli.probe_read import Looks, Times, Unreadable, look
from edgetwin.cli.probe_table import block_lines, place_lines, text_lines, toml_line
from edgetwin.config.branch import in_words
from edgetwin.config.modbus_line import Line, line
from edgetwin.config.registers import AREA_NAMES, BITS, Register, register
from edgetwin.field.driver import DeviceDown
from edgetwin.field.modbus.bus import Bus
from edgetwin.field.modbus.link import ModbusLink

WIDEST = 4  # registers of one value
MOST = 120  # registers in one request


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("connect", metavar="ADDRESS", help="where it is, as `connect` in the configuration")
    parser.add_argument("--at", required=True, metavar="PLACE", help="the first register: 40101, or hr:100")
    parser.add_argument("--unit", type=int, default=1, metavar="N", help="the unit id (default 1)")
    parser.add_argument(
        "--count",
        type=int,
        default=1,
        metavar="N",
        help=f"look at so many registers from there (at most {MOST})",
    )
    parser.add_argument(
        "--range",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="what the value at PLACE is between, if you know (read it off the display)",
    )
    parser.add_argument(
        "--for", default="3 s", dest="span", metavar="TIME", help='watch so long (default "3 s")'
    )
    parser.add_argument("--every", default="500 ms", metavar="TIME", help='ask so often (default "500 ms")')
    parser.add_argument(
        "--timeout", default="1 s", metavar="TIME", help='wait so long for an answer (default "1 s")'
    )
    parser.add_argument("--name", default="value", metavar="NAME", help="the name in the line to paste")
    parser.add_argument("--most", type=int, default=8, metavar="N", help="show so many meanings (default 8)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(args: argparse.Namespace) -> int:
    """Probe one place."""
    try:
        where, place = line(args.connect), _place(args)
        times, timeout_s = _times(args)
        limits = _limits(args)
    except ValueError as error:
        return complain("probe", in_words(error), USAGE)
    counts = range(args.count, args.count + WIDEST)
    try:
        looks = asyncio.run(look(ModbusLink(Bus(where), args.unit, timeout_s), place, counts, times))
    except DeviceDown as down:
        return complain("probe", down.in_words, os.EX_UNAVAILABLE)
    except Unreadable as refused:
        return complain("probe", str(refused), os.EX_DATAERR)
    ranking = rank(looks.answers, limits)
    if args.json:
        print(json.dumps(_as_json(looks, place, ranking, args), indent=2))
    else:
        print("\n".join(_page(where, looks, place, ranking, args)))
    return os.EX_OK


def _place(args: argparse.Namespace) -> Register:
    text = args.at
    # A number with a leading zero stays text: it is the datasheet's number of a coil.
    place = register(int(text) if text.isascii() and text.isdecimal() and text[0] != "0" else text)
    if place.area in BITS:
        raise ValueError(
            f"{text} is a {AREA_NAMES[place.area]}: it is on or off, and nothing need be found out"
        )
    if not 1 <= args.count <= MOST:
        raise ValueError(f"--count {args.count}: expected 1 to {MOST}")
    if not 0 <= args.unit <= 255:
        raise ValueError(f"--unit {args.unit}: expected 0 to 255")
    if args.most < 1:
        raise ValueError(f"--most {args.most}: expected at least 1")
    return place


def _times(args: argparse.Namespace) -> tuple[Times, float]:
    """Give how long and how often to ask, and how long to wait for an answer."""
    times = Times(option.seconds("--for", args.span), option.seconds("--every", args.every))
    return times, option.seconds("--timeout", args.timeout)


def _limits(args: argparse.Namespace) -> Limits | None:
    if args.range is None:
        return None
    low, high = args.range
    if not low < high:
        raise ValueError(f"--range {low:g} {high:g}: write the lower limit first")
    return low, high


def _page(
    where: Line, looks: Looks, place: Register, ranking: Ranking, args: argparse.Namespace
) -> list[str]:
    count = len(looks.answers)
    many = f"{count} look{'s' if count > 1 else ''} in {looks.span_s:.1f} s"
    words = looks.answers[-1].hex(" ", 2)
    page = [f"{place} on {where}, unit {args.unit}: {many}", f"registers now: {words}", ""]
    if args.count > 1:
        page += block_lines(ranking, place, args.count)
    else:
        page += place_lines(ranking.at[0][: args.most])
        if ranking.at[0]:
            page += ["", "to paste, if the first is right:", toml_line(args.name, ranking.at[0][0], place)]
    if texts := _texts(looks, place, args):
        page += ["", "or, if it is one text (as many registers as --count says, or four):", *texts]
    return page


def _texts(looks: Looks, place: Register, args: argparse.Namespace) -> list[str]:
    latest = looks.answers[-1]
    return text_lines(args.name, latest[: 2 * args.count] if args.count > 1 else latest, place)


def _as_json(looks: Looks, place: Register, ranking: Ranking, args: argparse.Namespace) -> dict[str, object]:
    return {
        "at": str(place),
        "unit": args.unit,
        "looks": len(looks.answers),
        "span_s": looks.span_s,
        "texts": _texts(looks, place, args),
        "words": [answer[: 2 * args.count].hex(" ", 2) for answer in looks.answers],
        "registers": [
            {
                "at": f"{place.area}:{place.address + offset}",
                "meanings": [asdict(each) for each in at[: args.most]],
            }
            for offset, at in enumerate(ranking.at[: args.count])
        ],
        "likeliest": [asdict(each) for each in ranking.likeliest if each.position < args.count],
    }
