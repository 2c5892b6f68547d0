"""Put recorded data of a CSV file through the same checks that the gateway runs.

Each row of the file is one reading of all its columns, in the order of the file and at the time that stands in it.
Out comes what the gateway would have said: corrected values with their sigma, quality and reasons, alerts.

The file: wide, one column for time and one per signal; `-` is standard input, and gzip is unpacked. Separator (comma,
semicolon, tab, bar, blanks), decimal comma, quotes and encoding are recognised on the first 1000 lines. A time is a
date (2026-11-20 09:42:38.5+01:00, 20.11.2026 09:42, date and time of day in two columns) or a number counted from
1970 in s, ms, us or ns; without a zone it is UTC. Where many rows share a time they are spread over it, for intervals
alone. Empty cells, NaN, NA, null and `-` are missing values. Text in a number column is named with row and column and
counts as missing, the rest of its row is used. A row without a usable time is named and left out. true and false
count as 1 and 0. A column that holds only text in the first rows rides along as a label: no filter touches it.

--out writes one row per sample and signal, in the order of the file, missing cells too:
  time        ISO 8601 in UTC, exactly the time in the file, with six decimals (nine where it has nanoseconds)
  signal      the header of the column
  raw         the number in the file; empty if missing; the text of a text column
  value       estimate of the true quantity after this sample; empty for text
  sigma       standard deviation of the error of `value`; empty for text, true/false and named states
  quality     good, uncertain or bad
  reasons     why it is not simply good, such as stuck|substituted; empty, or one or more joined by |
  surprise    -log10 of the chance of a sample that far off, given the past; empty without sample or past
--alerts writes one JSON object per line whenever an alert begins or ends: what the topic `alert` carries.

The files are written as the replay goes: one that was interrupted holds the first rows, and the message says so.

examples:
  edgetwin replay pump.csv                                  a table of what was found
  edgetwin replay pump.csv --out out.csv --alerts al.jsonl
  edgetwin replay pump.csv --config edgetwin.toml           with the ranges and names of that configuration
  edgetwin replay rig.dat --every "3 min" --json            a file without times
  gunzip -c big.csv.gz | edgetwin replay - --out - | head

exit codes: 0 done (alerts are no failure), 2 wrong usage, 65 the file cannot be used, 66 it cannot be read, 73 an
output cannot be created, 74 reading or writing broke off, 78 wrong configuration, 130 stopped with Ctrl-C, 141 the
reader of the output went away.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from edgetwin import build
from edgetwin.cli import USAGE
from edgetwin.cli.outcome_csv import OutcomeCsv
from edgetwin.cli.progress import Progress
from edgetwin.cli.replay_output import CannotWrite, opened, same_file
from edgetwin.cli.replay_run import Run
from edgetwin.cli.replay_signals import signals_of
from edgetwin.config.load import load
from edgetwin.config.problems import ConfigProblems
from edgetwin.config.units import typed_seconds
from edgetwin.core.pipeline import Pipeline, Settings
from edgetwin.core.signals import SignalTable
from edgetwin.field.table.clock import TimeWish
from edgetwin.field.table.file import CsvFile
from edgetwin.field.table.problems import Problems, UnusableFile


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("file", metavar="FILE.csv", help="the recorded data; - is standard input")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the ranges, units and names of columns called device.signal",
    )
    parser.add_argument("--out", metavar="FILE", help="write every sample as CSV; - is standard output")
    parser.add_argument("--alerts", metavar="FILE", help="write every alert as JSON; - is standard output")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    clock = parser.add_mutually_exclusive_group()
    clock.add_argument("--time", metavar="COLUMN", help="the column that holds the time")
    clock.add_argument(
        "--every",
        type=_nanoseconds,
        metavar="TIME",
        help='the time between two rows of a file without times: "1 s"; the first is 1970-01-01',
    )
    parser.add_argument("--dates", choices=("dmy", "mdy"), help="how to read 03/04/2026, where that is open")


def run(args: argparse.Namespace) -> int:
    """Replay the file; give the exit code."""
    bar = Progress(sys.stderr)

    def tell(text: str) -> None:
        bar.line(f"edgetwin replay: {text}")

    if clash := _clash(args):
        tell(clash)
        return USAGE
    try:
        declared, settings = _declared(args.config)
        with CsvFile(args.file, Problems(tell), TimeWish(args.time, args.every, args.dates)) as file:
            return _replay(args, file, declared, settings, bar)
    except ConfigProblems as problems:
        bar.line(str(problems))
        return os.EX_CONFIG
    except UnusableFile as error:
        tell(f"{args.file}: {error}")
        return os.EX_DATAERR
    except CannotWrite as error:
        tell(str(error))
        return error.code
    except BrokenPipeError:
        raise
    except OSError as error:
        tell(f"cannot read {args.file}: {error.strerror or error}")
        return os.EX_NOINPUT


def _nanoseconds(text: str) -> int:
    try:
        return round(typed_seconds(text) * 1e9)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _clash(args: argparse.Namespace) -> str:
    """Say what cannot go together, if anything."""
    if [args.out, args.alerts, "-" if args.json else None].count("-") > 1:
        return "only one of --out -, --alerts - and --json can have standard output"
    for option, path in (("--out", args.out), ("--alerts", args.alerts)):
        if path and same_file(args.file, path):
            return f"{option} would overwrite {args.file}, the file to be replayed"
    if (
        args.out
        and args.out != "-"
        and args.alerts
        and Path(args.out).resolve() == Path(args.alerts).resolve()
    ):
        return "--out and --alerts are the same file"
    return ""


def _declared(config: Path | None) -> tuple[SignalTable, Settings]:
    if config is None:
        return SignalTable([]), Settings()
    tree = load(config, devices_check=build.check_devices)
    return build.signal_table(tree), build.pipeline_settings(tree)


def _replay(
    args: argparse.Namespace, file: CsvFile, declared: SignalTable, settings: Settings, bar: Progress
) -> int:
    table = signals_of(file.layout.columns, declared, file.problems.note)
    run = Run(file, Pipeline(table, settings), bar)
    with ExitStack() as outputs:
        out = outputs.enter_context(opened(args.out))
        alerts = outputs.enter_context(opened(args.alerts))
        code = run.to_the_end(OutcomeCsv(out, table) if out else None, alerts)
    bar.clear()
    busy = "-" in (args.out, args.alerts)
    report = run.as_json(args.file) if args.json else run.as_text(table=not (args.out or args.alerts))
    print(report, file=sys.stderr if busy else sys.stdout)
    return code
