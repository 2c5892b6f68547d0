"""On which line of a TOML file a key stands. tomllib forgets it, so it is found again here.

The idea: a statement of TOML (a [header], or key = value) is the shortest run of lines that can be read on its own.
So each statement is read alone, and the keys it makes are the keys that stand on its lines. Nothing of the grammar
is written here a second time. The text must be one that tomllib accepts.
"""

import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from edgetwin.config.problems import Path

# What can close a value that is cut off in the middle of its lines.
_STRING_ENDS = ("", '"""', "'''")
_BRACKET_ENDS = ("]", "}", "]]", "]}", "}]", "]}]", "")
_ENDS = tuple(filter(None, (string + bracket for string in _STRING_ENDS for bracket in _BRACKET_ENDS)))


class Statement(NamedTuple):
    """A header or a key with its value, and the lines it takes (counted from 1)."""

    first: int
    lines: list[str]
    tables: dict[str, Any]

    @property
    def is_header(self) -> bool:
        """Whether it is a [table] or an [[array of tables]]."""
        return self.lines[0].lstrip().startswith("[")


def statements(text: str) -> Iterator[Statement]:
    """Cut a TOML text into its statements."""
    first, lines = 1, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not lines:
            first = number
        lines.append(line.removesuffix("\r"))
        tables = _read("\n".join(lines))
        if tables is None:
            continue  # a list or a text that goes on
        if tables:
            yield Statement(first, lines, tables)
        lines = []


class Lines:
    """Where each key of a TOML text stands."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {(): 1}
        self._headers = set[Path]()
        self._arrays = dict[Path, int]()  # [[array of tables]]: how many so far
        table: Path = ()
        for statement in statements(text):
            if statement.is_header:
                table = self._header(statement)
            else:
                self._key(table, statement)

    def of(self, path: Path) -> int:
        """Give the line of a key; of one that is missing, the line of the table it should be in."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def __contains__(self, path: Path) -> bool:
        return path in self._lines

    def _header(self, statement: Statement) -> Path:
        path: Path = ()
        value: Any = statement.tables
        while value:
            if isinstance(value, list):  # [[name]]: the last key of the header
                self._lines.setdefault(path, statement.first)
                number = self._arrays[path] = self._arrays.get(path, -1) + 1
                path, value = (*path, number), value[0]
            else:
                (key, value), *_ = value.items()
                path = (*path, key)
                if path in self._arrays and not isinstance(value, list):  # [name.more] after [[name]]
                    path = (*path, self._arrays[path])
            self._lines.setdefault(path, statement.first)
        # [a.b] above [a] makes both, but a person looks for a at [a].
        if path not in self._headers:
            self._headers.add(path)
            self._lines[path] = statement.first
        return path

    def _key(self, table: Path, statement: Statement) -> None:
        last = statement.first + len(statement.lines) - 1
        if len(statement.lines) > 1:
            for count in range(1, len(statement.lines)):
                tables = _closed(statement.lines[:count])
                for path in _paths(tables, table):
                    self._lines.setdefault(path, statement.first + count - 1)
        for path in _paths(statement.tables, table):
            self._lines.setdefault(path, last)


def _paths(value: object, path: Path) -> Iterator[Path]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _closed(lines: list[str]) -> dict[str, Any]:
    """Read the first lines of a statement as if it ended there."""
    text = "\n".join(lines)
    for end in _ENDS:
        tables = _read(f"{text}\n{end}")
        if tables is not None:
            return tables
    return {}


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
