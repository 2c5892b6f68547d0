"""Make signals of the register list of a vendor.

FILE.csv is the list as CSV, as Excel saves it. Which of its columns says what is told by their titles; what is not
told is guessed from common titles, and the guess is shown. Out come lines of TOML for below [device.NAME.signals]; a
whole template (--template NAME); or a CSV file for `signals_file` (--csv).

  edgetwin import meter.csv --base 0 --area holding
  edgetwin import meter.csv --name "Parameter" --at "Register" --type "Format" --scale "Factor" --template meter_x
  edgetwin import meter.csv --csv --out tags.csv

Types are understood in the words of many vendors: FLOAT32, REAL, U16, INT16U, S32, DWORD, "Float (32 bit)", STRING16;
a column with the number of registers settles what the word leaves open. Addresses may be 40001, 4x0001, hr:0, 100,
0x64, 64h, 100-101 (a value in two registers), 100.3 (a bit).

How a list counts is never guessed. Where all addresses are those of a datasheet (40001, 30001, 10001, 00001), they
are taken as such, and that is said. Anything else needs --base (the first register of the list is 0, or 1) and the
kind of register: --area, or a column that says it. Without them you see what each choice would make of the first row.

A factor of 10 is ambiguous too: --scale COLUMN is value = number * factor, --divisor COLUMN is value = number /
factor. Columns with an offset, a range or names of states are used if told, and never guessed.

Names are made fit for topics: letters, digits, _ and -. Two of one name are told, and the second is called NAME_2.
Rows that cannot be used are left out and listed with the reason; so are registers that another row has already, read
in another way. Headings and reserved registers are skipped. What is written passes `edgetwin check`.

--json prints an object with "columns", "guessed", "base", "area", "signals", "notes" and "unused" (row, reason).

exit codes: 0 done; 65 done, but rows had to be left out, or there is no table in the file; 2 wrong usage, or
something has to be told first; 66 the file cannot be read; 73 the output cannot be created; 74 writing broke off.
"""

import argparse
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

from edgetwin.cli import USAGE, import_output
from edgetwin.cli.import_columns import KEYS, Columns, NoColumn, find
from edgetwin.cli.import_places import AREAS, Counting, choices, is_datasheet
from edgetwin.cli.import_rows import Outcome, addresses, signals
from edgetwin.cli.replay_output import CannotWrite, opened, same_file
from edgetwin.config import csv_table
from edgetwin.config.csv_table import UnusableTable

_FIRST = 5  # signals that --dry-run shows


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("file", metavar="FILE.csv", help="the list of the vendor")
    columns = parser.add_argument_group("columns, by their titles")
    for key, what in KEYS.items():
        columns.add_argument(f"--{key}", metavar="COLUMN", dest=f"column_{key}", help=what)
    counting = parser.add_argument_group("how the list counts")
    counting.add_argument("--base", choices=("0", "1", "datasheet"), help="the number of the first register")
    counting.add_argument("--area", choices=tuple(AREAS), help="the kind of all its registers")
    counting.add_argument("--hex", action="store_true", help="addresses are hexadecimal without saying so")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="write CSV for signals_file")
    form.add_argument("--template", metavar="NAME", help="write a template")
    parser.add_argument("--out", metavar="FILE", help="write into a file; - is standard output", default="-")
    parser.add_argument("--dry-run", action="store_true", help="show the columns and the first signals only")
    parser.add_argument("--json", action="store_true", help="print a summary with the signals as JSON")


def run(args: argparse.Namespace) -> int:
    """Import one list."""
    if args.out != "-" and same_file(args.file, args.out):
        return _refuse(f"--out would overwrite {args.file}, the list itself", USAGE)
    told = {key: title for key in KEYS if (title := getattr(args, f"column_{key}")) is not None}
    try:
        table = csv_table.read(Path(args.file), foreign=True)
        columns = find(table, told)
        counting = _counting(args, columns)
        found = signals(columns, counting, table.separator)
        _tell(args, columns, counting, found)
        _write(args, columns, counting, found)
    except UnusableTable as unusable:
        line = f":{unusable.line}" if unusable.line else ""
        code = os.EX_DATAERR if Path(args.file).is_file() else os.EX_NOINPUT
        return _refuse(f"{args.file}{line}: {unusable.message}; {unusable.hint}", code)
    except (NoColumn, _Open) as missing:
        return _refuse(f"{args.file}: {missing}", USAGE)
    except CannotWrite as error:
        return _refuse(str(error), error.code)
    return os.EX_DATAERR if found.unused or not found.signals else 0


class _Open(Exception):  # noqa: N818 - a question to the user, not a programming error
    """Nobody said how the list counts."""


def _counting(args: argparse.Namespace, columns: Columns) -> Counting:
    """Find out how the list counts, or ask."""
    with_x = any(re.match("[134][xX]", columns.cell(row, "at")) for row in columns.rows)
    area = AREAS[args.area] if args.area else None
    counting = Counting(args.base, area, args.hex or _is_hex(columns), with_x)
    rows = list(addresses(columns, counting))
    datasheet = bool(rows) and all(is_datasheet(address) for _, address, _ in rows)
    if counting.base is None and area is None and datasheet:
        return replace(counting, base="datasheet")
    for row, address, own in rows:
        base = counting.base or address.base
        if base is None or (base != "datasheet" and not (address.area or own or counting.area)):
            offered = "\n".join(
                f"  {options:<28} {what}" for options, what in choices(address, counting, own)
            )
            name = columns.cell(row, "name")
            raise _Open(
                f'how does the list count? Say it. Row {row.line}, {address.text} "{name}", would be, with\n{offered}'
            )
    return counting


def _is_hex(columns: Columns) -> bool:
    return "hex" in columns.titles()["at"].lower()


def _tell(args: argparse.Namespace, columns: Columns, counting: Counting, found: Outcome) -> None:
    """Say what was guessed and what was left out."""
    titles = columns.titles()
    if args.json:
        return
    if columns.guessed:
        guesses = ", ".join(f'--{key} "{titles[key]}"' for key in columns.guessed)
        _say(f"guessed from the titles in row {columns.header.line}: {guesses}")
    if args.base is None and counting.base == "datasheet":
        _say("all addresses are taken as those of a datasheet (40001 is hr:0); --base 0 or 1 if they are not")
    if _is_hex(columns):
        _say(f'the addresses below "{titles["at"]}" are taken as hexadecimal')
    if "type" not in titles and "registers" not in titles:
        _say("no column says how values are stored: all registers are taken as uint16")
    if "scale" in columns.guessed and any(
        signal.keys.get("scale", 0) >= 10 for signal in found.signals.values()
    ):
        column = titles["scale"]
        _say(f'"{column}" is taken as value = number * {column}; if it divides, say --divisor "{column}"')
    for row, note in found.notes:
        _say(f"row {row}: {note}")
    for row, reason in found.unused:
        _say(f"row {row} is left out: {reason}")
    skipped = f", {found.skipped} headings and reserved rows skipped" if found.skipped else ""
    _say(f"{len(found.signals)} signals, {len(found.unused)} rows left out{skipped}")


def _write(args: argparse.Namespace, columns: Columns, counting: Counting, found: Outcome) -> None:
    """Write the signals in the form that was asked for."""
    chosen = dict(list(found.signals.items())[:_FIRST]) if args.dry_run else found.signals
    text = import_output.tag_list(chosen) if args.csv else import_output.toml(chosen, args.template)
    if not args.json and args.dry_run:
        print(text, end="")
        return
    if not args.dry_run and not (args.json and args.out == "-"):
        with opened(args.out) as output:
            if output is not None:
                output.write(text.encode())
    if args.json:
        print(json.dumps(_summary(args, columns, counting, found), indent=2, ensure_ascii=False))


def _summary(
    args: argparse.Namespace, columns: Columns, counting: Counting, found: Outcome
) -> dict[str, object]:
    return {
        "file": args.file,
        "columns": columns.titles(),
        "guessed": list(columns.guessed),
        "base": counting.base,
        "area": counting.area,
        "signals": found.keys,
        "notes": [{"row": row, "note": note} for row, note in found.notes],
        "unused": [{"row": row, "reason": reason} for row, reason in found.unused],
        "skipped": found.skipped,
    }


def _say(text: str) -> None:
    sys.stderr.write(f"edgetwin import: {text}\n")


def _refuse(text: str, code: int) -> int:
    _say(text)
    return code
