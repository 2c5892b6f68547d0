"""Check a configuration without starting anything.

Reads FILE as `edgetwin run` would: with the environment variables that are set, and the systemd credentials. Nothing
is connected to. Every mistake is told at once, one line each, in the order of the file:

  gateway.toml:21: device.plc1.signals.bearing_tmp: ... what is wrong; what to write instead

If there is none, it says in short what the gateway would do: whom it would publish to, and how often it would ask
which device for what.

  edgetwin check /etc/edgetwin/gateway.toml
  edgetwin check gateway.toml --json | jq .problems

With --json the answer is one JSON object on standard output: "ok", and then either "problems" (file, line, key,
message, hint) or what the gateway would do.

Exit codes: 0 the configuration can be used, 78 it cannot.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from edgetwin import build
from edgetwin.cli.check_summary import lines, summary
from edgetwin.config.load import load
from edgetwin.config.problems import ConfigProblems


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the configuration")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(args: argparse.Namespace) -> int:
    """Check one file."""
    try:
        config = load(args.file, devices_check=build.check_devices)
    except ConfigProblems as refusal:
        _refused(refusal, args)
        return os.EX_CONFIG
    found = summary(config)
    if args.json:
        print(json.dumps({"ok": True, "file": str(args.file), **asdict(found)}, indent=2))
    else:
        print(f"{args.file}: nothing is wrong with it\n")
        print("\n".join(lines(found)))
    return 0


def _refused(refusal: ConfigProblems, args: argparse.Namespace) -> None:
    if args.json:
        problems = [asdict(problem) for problem in refusal.problems]
        print(json.dumps({"ok": False, "file": str(args.file), "problems": problems}, indent=2))
        return
    count = len(refusal.problems)
    print(refusal, file=sys.stderr)
    print(f"{args.file}: {count} mistake{'s' if count > 1 else ''}; nothing was started", file=sys.stderr)
