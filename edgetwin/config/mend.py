"""Takes out of a TOML text what cannot be read, so that the rest can be.

It takes as little as it can, and says which keys went with it: what is not there because it was taken out here must
not be called missing later.
"""

import re
import tomllib
from typing import Any

from edgetwin.config.problems import Path

_KEY = re.compile(r"\s*([A-Za-z0-9_.\"' -]+?)\s*=")
_HEADING = re.compile(r"\s*\[+\s*[A-Za-z0-9_\"'-][^=,]*$")
_MEANT = re.compile(r"\s*\[+([^\]#]+)")
_LIST = re.compile(r"[^#=]+=\s*\[")


def key_of(line: str, table: Path) -> Path | None:
    """Give the key that a line sets, whatever the value; None where it sets none."""
    match = _KEY.match(line)
    return (*table, *(chain(f"{match[1]} = {{}}") or (match[1],))) if match else None


def table_at(lines: list[str], number: int) -> Path:
    """Give the table that a line (counted from 1) is in, or that it declares."""
    return chain(next((meant(line) for line in reversed(lines[:number]) if _HEADING.match(line)), "")) or ()


def meant(line: str) -> str:
    """Give the heading that a line is, or was meant to be."""
    if chain(line) is not None:
        return line
    match = _MEANT.match(line)
    return f"[{'.'.join(match[1].split())}]" if match else ""


def chain(statement: str) -> Path | None:
    """Give the keys of one statement, from the root down; None where it cannot be read."""
    try:
        tables: Any = tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return None
    path: Path = ()
    while isinstance(tables, dict) and tables:
        (key, tables), *_ = tables.items()
        path = (*path, key)
    return path


def list_begin(lines: list[str], number: int) -> int:
    """Give the line on which the list begins that is found to be open on a line below."""
    return next((line for line in range(number, 0, -1) if _LIST.match(lines[line - 1])), number)


def mend(lines: list[str], number: int, noticed: int) -> set[Path]:
    """Take out the statement on a line. `noticed` is where the reader gave up on it. Gives the keys that are lost."""
    line, table = lines[number - 1], table_at(lines, number)
    if _HEADING.match(line):
        if chain(line) is None and chain(meant(line)):
            lines[number - 1] = meant(line)
            return set()
        # It is there twice, or nobody can tell what it was: what is below it has no place.
        end = _next(lines, number, keys=False)
    else:
        end = _next(lines, number, keys=True) if noticed > number else number
    lost = {key for line in lines[number - 1 : end] if (key := key_of(line, table))}
    lines[number - 1 : end] = [""] * (end - number + 1)
    return lost


def _next(lines: list[str], number: int, *, keys: bool) -> int:
    """Give the last line before the next heading, or the next key."""
    for last in range(number, len(lines)):
        following = lines[last]
        if _HEADING.match(following) or (keys and _KEY.match(following)):
            return last
    return len(lines)
