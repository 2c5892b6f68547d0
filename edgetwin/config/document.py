"""Reads the file and finds what is not TOML in it: all of it, where that can be told.

A line that cannot be read is told, taken out, and the rest is read as if it were not there; so a forgotten quote on
line 3 does not hide the mistake on line 300.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

from edgetwin.config.lines import Lines, statements
from edgetwin.config.mend import key_of, list_begin, mend, table_at
from edgetwin.config.problems import ConfigProblems, Path, Problem, key_text
from edgetwin.config.syntax import explain

_PLACE = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", re.DOTALL)
_SECRET = re.compile("pass|pwd|secret|token|@", re.IGNORECASE)
_MOST = 20  # by then it is hardly a TOML file
_SHOW = "config.example.toml shows how it is written"


@dataclass(frozen=True)
class Document:
    """What a TOML file says, where, and what of it could not be read."""

    file: str
    text: str
    tables: dict[str, Any]
    lost: frozenset[Path]  # keys whose lines could not be read
    problems: tuple[Problem, ...]

    @cached_property
    def lines(self) -> Lines:
        """Where its keys stand."""
        return Lines(self.text)


def read(path: FilePath) -> Document:
    """Read a file; ConfigProblems when there is nothing in it that can be used."""
    return parse(_text(path), str(path))


def _text(path: FilePath) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # Windows editors put a mark in front
    except FileNotFoundError:
        wrong, hint = "there is no such file", "check the path; config.example.toml shows what one looks like"
    except IsADirectoryError:
        wrong, hint = "this is a directory", "name the file in it"
    except PermissionError:
        wrong, hint = "the file cannot be read by this user", "change its owner or its rights"
    except OSError as error:
        wrong, hint = f"the file cannot be read: {error.strerror}", ""
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        hint = "save it as UTF-8 (in many editors: Save as, Encoding)"
        raise ConfigProblems([Problem(str(path), line, "", "the file is not UTF-8 text", hint)]) from None
    raise ConfigProblems([Problem(str(path), None, "", wrong, hint)])


def parse(text: str, file: str) -> Document:
    """Read a text that stands in `file`."""
    lines = text.replace("\r\n", "\n").split("\n")
    problems = list[Problem]()
    lost = set[Path]()
    while True:
        try:
            tables = tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError as error:
            if len(problems) == _MOST:
                problems.append(Problem(file, None, "", "there is more in it that is not TOML", _SHOW))
                raise ConfigProblems(problems) from None
            what, noticed = _place(error, lines)
            number = list_begin(lines, noticed) if what.startswith("Unclosed array") else noticed
            problems.append(_problem(file, what, lines, number))
            lost |= mend(lines, number, noticed)
        except (RecursionError, ValueError):
            # A number of thousands of digits, brackets in brackets in brackets.
            what = "there is a number or a list in it that is too long to be meant"
            raise ConfigProblems([*problems, Problem(file, None, "", what)]) from None
        else:
            return Document(file, "\n".join(lines), tables, frozenset(lost), tuple(problems))


def _problem(file: str, what: str, lines: list[str], number: int) -> Problem:
    """Tell what cannot be read on a line."""
    line, table = lines[number - 1], table_at(lines, number)
    path = key_of(line, table) or table
    message, hint = explain(what, "" if _SECRET.search(line) else line, _first_line(lines, path, number))
    return Problem(file, number, key_text(path), message, hint)


def _place(error: tomllib.TOMLDecodeError, lines: list[str]) -> tuple[str, int]:
    match = _PLACE.fullmatch(str(error))
    if match is None:  # a message of a later Python: better without a line than not at all
        return str(error), 1
    if match["line"]:
        return match["what"], int(match["line"])
    # It goes on to the end of the file: the statement that never ends is the place to look at.
    done = 0
    for statement in statements("\n".join(lines)):
        done = statement.first + len(statement.lines) - 1
    first = next((number for number in range(done, len(lines)) if lines[number].strip()), len(lines) - 1)
    return match["what"], first + 1


def _first_line(lines: list[str], path: Path, number: int) -> int | None:
    """Tell where a key that is written twice stood first."""
    before = Lines("\n".join(lines[: number - 1]))
    return before.of(path) if path in before else None
