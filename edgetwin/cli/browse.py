"""See what an OPC UA server has: its nodes as a tree, with types, values, units and ranges; and take them over.

  edgetwin browse opc.tcp://192.168.10.30
  edgetwin browse opc.tcp://192.168.10.30 --from Objects/Line1 --depth 3
  edgetwin browse opc.tcp://192.168.10.30 --search temp
  edgetwin browse opc.tcp://192.168.10.30 --select "Line1/*/Speed" --select "*Temp" --toml
  edgetwin browse opc.tcp://192.168.10.30 --security Basic256Sha256/SignAndEncrypt --user operator

It begins at Objects, or at --from: a path as it is shown here, or the id of a node ("ns=2;s=Line1"). The node called
Server, where the server tells of itself, is left out unless --server is given or it begins there. --search shows the
nodes that have TEXT in their path, their title or their id; --select those whose path below the start fits GLOB
(* stands for anything, a slash too). Both take upper and lower case for the same.

--toml writes the variables that would be shown as a device to paste, --csv as a file for `signals_file`: the node by
the URI of its namespace, unit, range, the names of states; a structure with one signal for each field, an array with
one for each of its first 16 elements. Names are made fit for topics and told apart. What cannot be a signal is told
on standard error. What is written passes `edgetwin check`.

It browses and reads, many nodes in one call, waits --pause before each call, and never subscribes or writes. It looks
at no more than --max nodes, and says so where there are more. What comes from the server is not believed: names are
shown without control characters, a server that never ends is left, and an answer that would take more than 256 MB of
memory ends the verb.

The password comes from EDGETWIN_BROWSE_PASSWORD in the environment, else it is asked for. Certificates are those of
`edgetwin pki`, from --directory DIR.

Exit codes: 0 done, 1 nothing was found, 2 a wrong option, 69 the server cannot be reached or does not let us in,
130 ended with Ctrl-C.
"""

import argparse
import asyncio
import getpass
import json
import os
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple, get_args

from edgetwin import logs
from edgetwin.cli import USAGE, import_output, option
from edgetwin.cli.browse_link import PacedLink
from edgetwin.cli.browse_node import VARIABLE, Found, node_text
from edgetwin.cli.browse_read import read_all
from edgetwin.cli.browse_rows import Rows, rows
from edgetwin.cli.browse_tree import data, lines
from edgetwin.cli.browse_walk import NoSuchNode, Walk, start_at
from edgetwin.cli.complaint import complain
from edgetwin.cli.little_memory import little_memory
from edgetwin.cli.progress import Progress
from edgetwin.config.branch import in_words
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.config.opcua_access import Security
from edgetwin.config.opcua_nodes import Step, node, path
from edgetwin.config.pki import DIRECTORY
from edgetwin.daemon import system_clock
from edgetwin.field.driver import DeviceDown

NOTHING = 1
PASSWORD = "EDGETWIN_BROWSE_PASSWORD"  # noqa: S105 - the name of the variable
_STARTS = ("Objects", "Types", "Views")
_MOST, _DEEPEST = 50_000, 50
_TOLD = 5  # places that are told for one reason


class _Seen(NamedTuple):
    """What a server has, which of it is wanted, and whether there is more."""

    start: Found
    chosen: list[Found]
    spaces: list[str]
    cut: bool


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("address", metavar="ADDRESS", help="where it is, as `connect` in the configuration")
    parser.add_argument(
        "--from", dest="start", default="Objects", metavar="PATH|NODE", help="begin here (Objects)"
    )
    parser.add_argument("--depth", type=int, default=20, metavar="N", help="go so many levels down (20)")
    parser.add_argument("--max", type=int, default=2000, metavar="N", help="look at so many nodes (2000)")
    parser.add_argument("--search", metavar="TEXT", help="only nodes that have this in path, title or id")
    parser.add_argument("--select", action="append", metavar="GLOB", help="only these paths; may be repeated")
    parser.add_argument("--server", action="store_true", help="go into the node Server, too")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--toml", action="store_true", help="write a device to paste")
    form.add_argument("--csv", action="store_true", help="write CSV for signals_file")
    form.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument("--name", default="plc", metavar="NAME", help="the device in --toml (plc)")
    access = parser.add_argument_group("how to get in")
    access.add_argument("--security", default="None", choices=get_args(Security), metavar="POLICY/MODE")
    access.add_argument("--user", metavar="NAME", help="log in as; else anonymous")
    access.add_argument(
        "--directory", type=Path, default=DIRECTORY, metavar="DIR", help="the folder of certificates"
    )
    parser.add_argument("--pause", default="20 ms", metavar="TIME", help='before each call (default "20 ms")')
    parser.add_argument("--timeout", default="5 s", metavar="TIME", help='for an answer (default "5 s")')


def run(args: argparse.Namespace) -> int:
    """Browse one server."""
    logs.configure("error")  # what is odd about the certificate of a server, `edgetwin pki show` tells
    try:
        where, device = _start(args), _device(args)
        pause_s, _ = option.seconds("--pause", args.pause), option.seconds("--timeout", args.timeout)
        link = PacedLink(_config(args, device), args.directory, pause_s, system_clock)
    except ValueError as error:
        return complain("browse", in_words(error), USAGE)
    bar = Progress(sys.stderr)
    try:
        with little_memory():
            seen = asyncio.run(_browse(link, where, args, bar))
    except DeviceDown as down:
        return complain("browse", down.in_words, os.EX_UNAVAILABLE)
    except NoSuchNode as missing:
        return complain("browse", str(missing), NOTHING)
    except MemoryError:
        return complain(
            "browse",
            "this takes too much memory; look at less of it, with --from or --max",
            os.EX_UNAVAILABLE,
        )
    finally:
        bar.clear()
    return _tell(args, device, seen)


async def _browse(
    link: PacedLink, where: str | tuple[Step, ...], args: argparse.Namespace, bar: Progress
) -> _Seen:
    """Walk, choose, and read what was chosen."""
    try:
        await link.open()
        spaces = await link.namespaces()
        start = await start_at(link, where)
        walk = Walk(
            link,
            most=args.max,
            depth=args.depth,
            with_server=args.server,
            tell=lambda count: bar.show(None, f"{count:,} nodes"),
        )
        await walk.go(start)
        chosen = [found for found in start.all() if _is_wanted(found, args, spaces)]
        variables = [found for found in chosen if found.kind == VARIABLE]
        await read_all(link, variables, lambda done: bar.show(done / len(variables), f"{done:,} values"))
        return _Seen(start, chosen, spaces, walk.cut)
    finally:
        await link.close()


def _is_wanted(found: Found, args: argparse.Namespace, spaces: Sequence[str]) -> bool:
    if args.search is not None:
        texts = (found.below, found.title, node_text(found.id, spaces))
        if not any(args.search.casefold() in text.casefold() for text in texts):
            return False
    below = found.below.casefold()
    return args.select is None or any(fnmatchcase(below, glob.casefold()) for glob in args.select)


def _tell(args: argparse.Namespace, device: dict[str, Any], seen: _Seen) -> int:
    """Write what was found in the form that was asked for."""
    start, chosen, spaces = seen.start, seen.chosen, seen.spaces
    variables = [found for found in chosen if found.reading is not None]
    if seen.cut:
        _say(f"there is more than --max {args.max} nodes: begin deeper with --from, or allow more")
    if args.toml or args.csv:
        found = rows(device, variables, spaces)
        _write(args, device, found)
        return os.EX_OK if found.signals else NOTHING
    if args.json:
        told = {
            "address": args.address,
            "namespaces": spaces,
            "cut": seen.cut,
            "nodes": data(start, chosen, spaces),
        }
        print(json.dumps(told, indent=2))
    elif chosen:
        print("\n".join(lines(start, chosen, spaces)))
        print(f"\n{len(chosen)} nodes, {len(variables)} of them variables")
    else:
        _say("nothing fits; --search looks at paths, titles and ids, --select at paths below the start")
    return os.EX_OK if chosen else NOTHING


def _write(args: argparse.Namespace, device: dict[str, Any], found: Rows) -> None:
    if args.toml and found.signals:
        told = "".join(f"{key} = {json.dumps(value)}\n" for key, value in device.items())
        print(f"[device.{args.name}]\n{told}[device.{args.name}.signals]")
    if found.signals:
        print(
            import_output.tag_list(found.signals) if args.csv else import_output.toml(found.signals, None),
            end="",
        )
    for place, note in found.notes:
        _say(f"{place}: {note}")
    by_reason: dict[str, list[str]] = {}
    for place, reason in found.unused:
        by_reason.setdefault(reason, []).append(place)
    for reason, places in by_reason.items():
        more = f", and {len(places) - _TOLD} more" if len(places) > _TOLD else ""
        _say(f"left out, since {reason}: {', '.join(places[:_TOLD])}{more}")
    _say(f"{len(found.signals)} signals, {len(found.unused)} left out")


def _start(args: argparse.Namespace) -> str | tuple[Step, ...]:
    for name, value, most in (("--depth", args.depth, _DEEPEST), ("--max", args.max, _MOST)):
        if not 1 <= value <= most:
            raise ValueError(f"{name} {value}: expected 1 to {most}")
    text = args.start.removeprefix("/").rstrip("/")
    if text in _STARTS:
        return (Step(0, text),)
    return path(text) if text.startswith(_STARTS) else node(text)


def _device(args: argparse.Namespace) -> dict[str, Any]:
    """Give the keys of the device, as they are to be pasted."""
    device = {"connect": args.address}
    if args.security != "None":
        device["security"] = args.security
    if args.user is not None:
        device["user"] = args.user
    return device


def _config(args: argparse.Namespace, device: dict[str, Any]) -> OpcUaDevice:
    password = _password(args) if args.user else None
    return OpcUaDevice.model_validate(
        {**device, "password": password, "timeout": args.timeout, "signals": {}}
    )


def _password(args: argparse.Namespace) -> str:
    """Get the password: never from the command line, where every user of the machine could read it."""
    if args.security == "None":
        _say(f"without --security, whoever is on the way can read the password of {args.user}")
    if password := os.environ.get(PASSWORD):
        return password
    if not sys.stdin.isatty():
        raise ValueError(f"there is no terminal to ask for the password at: put it into {PASSWORD}")
    return getpass.getpass(f"password of {args.user}: ")


def _say(text: str) -> None:
    print(f"edgetwin browse: {text}", file=sys.stderr)
