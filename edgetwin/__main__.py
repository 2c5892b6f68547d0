"""The command `edgetwin`: finds the verb and lets it do its work.

Only the module of the verb that was asked for is imported, so that the others cost nothing. A verb is one
file in `cli/`: its docstring is its help, `arguments(parser)` declares what it takes, `run(args)` does it and
gives the exit code.
"""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

from edgetwin import __version__
from edgetwin.cli import INTERRUPTED, USAGE

VERBS = {
    "demo": "watch a simulated plant whose sensors begin to lie; needs nothing else",
    "run": "run the gateway",
    "watch": "see what the running gateway knows, refreshed in place",
    "check": "check a configuration without starting",
    "pki": "look after certificates: the gateway's own, and those of servers it trusts",
    "scan": "find out what is at an address: units and registers, or endpoints and their security",
    "browse": "see the nodes of an OPC UA server, and take them over",
    "probe": "find out how a Modbus device stores a value",
    "import": "make signals of the register list of a vendor",
    "template": "list the device templates that come with the package",
    "schema": "print the JSON schema of the configuration, for editors",
    "replay": "put recorded data of a CSV file through the same checks",
}

_FILES = {"import": "import_list"}  # a module cannot have a word of Python as its name

READER_GONE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and give its exit code."""
    # The matrices here are small: more threads only cost memory. Must be said before numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _open_closed_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    if not words:
        parser.print_help()
        return USAGE
    verb = words[0]
    if verb.startswith("-"):
        parser.parse_args(words)  # --help and --version end here, as does any other option
    if verb not in VERBS:
        close = get_close_matches(verb, VERBS, n=1)
        guess = f"did you mean `{close[0]}`? " if close else ""
        sys.stderr.write(f"edgetwin: there is no verb {verb!r}; {guess}there are {', '.join(VERBS)}\n")
        return USAGE
    return _run(verb, words[1:])


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, VERBS))
    parser = argparse.ArgumentParser(
        prog="edgetwin",
        usage="edgetwin VERB ...",
        description="A shop-floor gateway that says how far each of its numbers can be trusted.",
        epilog="verbs:\n"
        + "\n".join(f"  {verb:<{width}}  {summary}" for verb, summary in VERBS.items())
        + "\n\n`edgetwin VERB --help` tells more about one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"edgetwin {__version__}")
    return parser


def _run(verb: str, words: Sequence[str]) -> int:
    try:
        module = import_module(f"edgetwin.cli.{_FILES.get(verb, verb)}")
        parser = argparse.ArgumentParser(
            prog=f"edgetwin {verb}",
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(parser)
        code: int = module.run(parser.parse_args(words))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `edgetwin ... | head` has seen enough
        _write_no_more()
        return READER_GONE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.stderr.write(f"edgetwin {verb}: {error.strerror}; what was written is not complete\n")
        _write_no_more()
        return os.EX_IOERR
    return code


def _open_closed_streams() -> None:
    """Put the bin where there is no stream: or the next socket would have its number, and be written to."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))


def _write_no_more() -> None:
    """Let what is still to be written at the end go to the bin."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
