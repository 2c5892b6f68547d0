"""Check a configuration without starting anything.

Reads FILE as `edgetwin run` would: with the environment variables that are set, and the systemd credentials. Without
--live nothing is connected to. Every mistake is told at once, one line each, in the order of the file:

  gateway.toml:21: device.plc1.signals.bearing_tmp: ... what is wrong; what to write instead

If there is none, it says in short what the gateway would do: whom it would publish to, how often it would ask which
device for what, and how busy that keeps each line of Modbus units. Those times are estimates: a network is counted
with 2 ms a request, a serial line by its characters at its baud rate. A device server does not tell the speed of the
line behind it; 9600 baud is assumed. Polls that cannot fit are a mistake.

With --plan each request is listed: where it begins, counted from zero ("hr:100" is 40101 in a datasheet), how much it
asks for, and which signals are in the answer.

  edgetwin check /etc/edgetwin/gateway.toml
  edgetwin check gateway.toml --plan
  edgetwin check gateway.toml --json | jq .problems

With --live every device is connected to as well, each signal is read once, and what came out is shown: value, unit,
quality, age, and what to do about each problem. Nothing is written to any device. One that serves only a few clients
may need the running gateway stopped first.

  edgetwin check gateway.toml --live
  edgetwin check gateway.toml --live --wait "20 s" --json

With --json the answer is one JSON object on standard output: "ok", and then either "problems" (file, line, key,
message, hint) or what the gateway would do; with --live also "live", the devices and their signals.

Exit codes: 0 the configuration can be used (and with --live every signal is good), 1 with --live: something is not
well, 78 the configuration cannot be used.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from edgetwin import build
from edgetwin.cli import USAGE, option
from edgetwin.cli.check_live import all_well, look
from edgetwin.cli.check_live import lines as live_lines
from edgetwin.cli.check_summary import lines, summary
from edgetwin.cli.complaint import complain
from edgetwin.config.load import load
from edgetwin.config.problems import ConfigProblems
from edgetwin.daemon import system_clock

NOT_WELL = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the configuration")
    parser.add_argument(
        "--live", action="store_true", help="also read every signal once, from the devices themselves"
    )
    parser.add_argument(
        "--wait", default="5 s", metavar="TIME", help='with --live: a device may take so long (default "5 s")'
    )
    parser.add_argument("--plan", action="store_true", help="list each request to a Modbus unit")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(args: argparse.Namespace) -> int:
    """Check one file."""
    try:
        wait_s = option.seconds("--wait", args.wait)
    except ValueError as error:
        return complain("check", str(error), USAGE)
    try:
        if args.live:
            parts = build.from_file(args.file, system_clock)
            config, live = parts.config, look(parts, system_clock, wait_s)
        else:
            config, live = load(args.file, devices_check=build.check_devices), None
    except ConfigProblems as refusal:
        _refused(refusal, args)
        return os.EX_CONFIG
    well = live is None or all_well(live)
    found = summary(config)
    if args.json:
        told = {} if live is None else {"live": [asdict(device) for device in live]}
        print(json.dumps({"ok": well, "file": str(args.file), **asdict(found), **told}, indent=2))
    elif live is not None:
        print("\n".join(live_lines(live)))
    else:
        print(f"{args.file}: nothing is wrong with it\n")
        print("\n".join(lines(found, plan=args.plan)))
    return os.EX_OK if well else NOT_WELL


def _refused(refusal: ConfigProblems, args: argparse.Namespace) -> None:
    if args.json:
        problems = [asdict(problem) for problem in refusal.problems]
        print(json.dumps({"ok": False, "file": str(args.file), "problems": problems}, indent=2))
        return
    count = len(refusal.problems)
    print(refusal, file=sys.stderr)
    print(f"{args.file}: {count} mistake{'s' if count > 1 else ''}; nothing was started", file=sys.stderr)
