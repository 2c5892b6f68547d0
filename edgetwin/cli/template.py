"""List the device templates that come with the package, or print one.

They are examples: a device uses one with `template = "NAME"`, or you copy one into your configuration and make it that
of your device. Check every register against the manual.

  edgetwin template
  edgetwin template example-energy-meter >> gateway.toml

Exit codes: 0 done, 2 there is no template of this name.
"""

import argparse
import json
import sys

from edgetwin.cli import USAGE
from edgetwin.config.close import did_you_mean
from edgetwin.config.shipped import shipped, shipped_names, shipped_text


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the template to print")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(args: argparse.Namespace) -> int:
    """List them all, or print one."""
    names = [args.name] if args.name else list(shipped_names())
    documents = {name: document for name in names if (document := shipped(name)) is not None}
    if args.name and not documents:
        hint = did_you_mean(args.name, shipped_names())
        sys.stderr.write(f"edgetwin template: there is no template {args.name}; {hint}\n")
        return USAGE
    if args.json:
        tables = {name: document.tables["template"][name] for name, document in documents.items()}
        print(json.dumps(tables, indent=2, ensure_ascii=False))
    elif args.name:
        print(shipped_text(args.name), end="")
    else:
        width = max(map(len, documents))
        for name, document in documents.items():
            signals = document.tables["template"][name]["signals"]
            print(f"{name:<{width}}  {len(signals):>3} signals  {_what(document.text)}")
    return 0


def _what(text: str) -> str:
    """Give the first sentence of the remark on top of a template."""
    remark = text.partition("\n\n")[0].replace("\n# ", " ").removeprefix("# ")
    return remark.partition(":")[0].partition(".")[0]
