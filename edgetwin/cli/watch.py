"""See what the running gateway knows: every signal raw and corrected, alerts, devices, the broker.

The picture is refreshed in place until Ctrl-C. Into a pipe or a file goes one plain picture after the other, or
with --json one JSON line per view. When the gateway goes away it says so, and goes on once it is back.

Exit codes: 0 done, 2 a wrong option, 69 no gateway is running here, 78 the configuration is wrong, 130 ended
with Ctrl-C.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import orjson

from edgetwin.cli import USAGE
from edgetwin.cli.ask import NoAnswer, ask, find_socket
from edgetwin.cli.screen import render
from edgetwin.cli.terminal import Terminal
from edgetwin.config.load import load
from edgetwin.config.problems import ConfigProblems
from edgetwin.control import View, rhythm_s

SILENCE_S = 10.0  # a gateway that says nothing for so long beyond its rhythm is wedged
RETRY_S = 1.0

Show = Callable[[View, str], None]  # a view, and what is wrong with the link to the gateway if anything is


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--socket", type=Path, metavar="PATH", help="the control socket of the gateway")
    where.add_argument(
        "--config", type=Path, metavar="FILE", help="the configuration that the gateway runs with"
    )
    parser.add_argument("--every", default="1 s", metavar="TIME", help='refresh so often (default "1 s")')
    parser.add_argument("--once", action="store_true", help="show one view and end")
    parser.add_argument("--json", action="store_true", help="write each view as one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Show views until the user has seen enough."""
    try:
        path = _socket(args)
        every_s = rhythm_s(args.every)
    except ConfigProblems as problems:
        print(problems, file=sys.stderr)
        return os.EX_CONFIG
    except ValueError as error:
        print(f"edgetwin watch: --every: {error}", file=sys.stderr)
        return USAGE
    patience_s = SILENCE_S + 2 * every_s
    try:
        if args.once:
            print(_text(_first(ask(path, {"verb": "view"}, patience_s), path), as_json=args.json))
            return os.EX_OK
        return _follow(path, args.every, patience_s, as_json=args.json)
    except NoAnswer as reason:
        print(f"edgetwin watch: {reason}", file=sys.stderr)
        return os.EX_UNAVAILABLE


def _socket(args: argparse.Namespace) -> Path:
    if args.socket is not None:
        return Path(args.socket)
    if args.config is not None:
        return load(args.config).gateway.control or find_socket()
    return find_socket()


def _follow(path: Path, every: str, patience_s: float, *, as_json: bool) -> int:
    """Show views for ever. Raises NoAnswer when there has never been one; later it waits for the gateway."""
    request = {"verb": "watch", "every": every}
    views: Iterator[View] = ask(path, request, patience_s)
    view = _first(views, path)
    with ExitStack() as stack:
        show = _plain(as_json=as_json)
        if sys.stdout.isatty() and not as_json:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the terminal comes back
            show = _in_place(stack.enter_context(Terminal(sys.stdout)))
        while True:
            show(view, "")
            try:
                for view in views:  # the last one stays on the screen while the gateway is away
                    show(view, "")
                reason = f"the gateway on {path} has gone away"
            except NoAnswer as error:
                reason = str(error)
            show(view, f"{reason}; waiting for it")
            views, view = _again(path, request, patience_s)


def _first(views: Iterator[View], path: Path) -> View:
    for view in views:
        return view
    raise NoAnswer(f"the gateway on {path} ended before it answered")


def _again(path: Path, request: Mapping[str, str], patience_s: float) -> tuple[Iterator[View], View]:
    """Wait until a gateway answers again."""
    while True:
        time.sleep(RETRY_S)
        views = ask(path, request, patience_s)
        with suppress(NoAnswer):
            return views, _first(views, path)


def _text(view: View, *, as_json: bool) -> str:
    if as_json:
        return orjson.dumps(view).decode()
    columns, _ = shutil.get_terminal_size((120, 40))
    return render(view, columns, len(view["signals"]) + 1000, colour=_colour())


def _plain(*, as_json: bool) -> Show:
    def show(view: View, complaint: str) -> None:
        if complaint:
            print(f"edgetwin watch: {complaint}", file=sys.stderr, flush=True)
        else:
            print(_text(view, as_json=as_json), flush=True)

    return show


def _in_place(terminal: Terminal) -> Show:
    def show(view: View, complaint: str) -> None:
        columns, lines = shutil.get_terminal_size()
        if complaint:
            lines -= 1
        text = render(view, columns, lines, colour=_colour())
        terminal.show(f"{complaint[:columns]}\n{text}" if complaint else text)

    return show


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
