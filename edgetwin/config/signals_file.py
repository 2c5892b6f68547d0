"""Tag lists: `signals_file = "tags.csv"`. One row is one signal, and its columns are called as the keys of TOML.

    name;          at;     type;     unit;  range;   scale
    bearing_temp;  40101;  float32;  degC;  0..150;
    motor_kw;      40103;  int16;    kW;    ;        0,1

An empty cell is a key that is not given. Rows that begin with # are remarks, and so are columns whose name does.
`range_low` and `range_high` may stand instead of `range`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel

from edgetwin.config import csv_table
from edgetwin.config.close import did_you_mean
from edgetwin.config.csv_table import Row, Table
from edgetwin.config.csv_values import decimal_comma, kinds, number, readers
from edgetwin.config.problems import Path, Problem, key_text
from edgetwin.config.shape import SIGNALS

_LOW, _HIGH = "range_low", "range_high"
_SKIP = "begin the name of the column with # to have it skipped"


@dataclass(slots=True)
class TagList:
    """The signals of a file, the row of each, and what is wrong with it. `whole`: no signal had to be left out."""

    file: str
    signals: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True


def tag_list(file: FilePath, table: Path, branch: type[BaseModel] | None) -> TagList:
    """Read the signals of `table`: of a device, or of a template, of which nobody knows yet what it speaks.

    UnusableTable where there is nothing in the file that could be called one.
    """
    content = csv_table.read(file)
    return _Reading(str(file), table, branch or _best(content), content).signals()


def _key(title: str) -> str:
    return "_".join(title.lower().split())


def _best(content: Table) -> type[BaseModel]:
    """Find out what kind of signals a table has: of the kinds there are, the one that knows most of its columns."""
    keys = {_key(title) for title in content.header.cells}
    return max(SIGNALS, key=lambda branch: len(keys & branch.model_fields.keys()))


class _Reading:
    """One list on its way into signals."""

    def __init__(self, file: str, table: Path, branch: type[BaseModel], content: Table) -> None:
        self._table = table
        self._content = content
        self._branch = branch
        self._found = TagList(file)
        self._columns = dict(self._used_columns())
        self._comma = decimal_comma(self._numbers(), content.separator)
        self._readers = readers(branch, comma=self._comma)

    def signals(self) -> TagList:
        """Read all rows."""
        if "name" in self._columns:
            for row in self._content.rows:
                self._signal(row)
        else:
            self._tell(self._content.header, "no column is called name", "the first row names the columns")
        return self._found

    def _used_columns(self) -> Iterator[tuple[str, int]]:
        """Find out what the columns are. One that is not known is told once, not in each of its rows."""
        header, rows = self._content.header, self._content.rows
        known = {"name", _LOW, _HIGH, *self._branch.model_fields}
        seen = set[str]()
        for index, title in enumerate(header.cells):
            key = _key(title)
            used = any(len(row.cells) > index and row.cells[index] for row in rows)
            elsewhere = any(key in branch.model_fields for branch in SIGNALS)
            if key.startswith("#") or not (used or (key and not elsewhere) or key in known):
                continue
            if key in seen:
                self._tell(header, f'two columns are called "{title}"', "take one of them out")
            elif key in known:
                seen.add(key)
                yield key, index
            elif elsewhere:
                self._tell(header, f'signals of this device have no "{title}"', _SKIP)
            elif not key:
                self._tell(header, f"column {index + 1} has no name", _SKIP)
            else:
                self._tell(header, f'no key is called "{title}"', f"{did_you_mean(key, known)}; or {_SKIP}")

    def _numbers(self) -> Iterator[str]:
        """Give the cells that should be numbers."""
        numeric = {key for key, kind in kinds(self._branch).items() if kind & {"number", "integer"}}
        indices = [index for key, index in self._columns.items() if key in {*numeric, "range", _LOW, _HIGH}]
        for row in self._content.rows:
            for index in indices:
                if index < len(row.cells):
                    yield from row.cells[index].strip("[]").split("..")

    def _signal(self, row: Row) -> None:
        cells = {
            key: row.cells[index]
            for key, index in self._columns.items()
            if index < len(row.cells) and row.cells[index]
        }
        name = cells.pop("name", "")
        found = self._found
        if any(row.cells[len(self._content.header.cells) :]):
            hint = f'put text with a "{self._content.separator}" in it into quotes'
            self._tell(row, "this row has more cells than the first one has names", hint, name)
        elif not name:
            self._tell(row, "this row has no name", "give it one, or begin it with # to have it skipped")
        elif name in found.rows:
            self._tell(row, f"row {found.rows[name]} has this name already", "take one of them out", name)
        else:
            try:
                found.signals[name] = self._values(cells)
            except ValueError as error:
                self._tell(row, str(error), "write it in one way", name)
        found.rows.setdefault(name, row.line)

    def _values(self, cells: dict[str, str]) -> dict[str, Any]:
        signal = dict[str, Any]()
        if _LOW in cells or _HIGH in cells:
            if "range" in cells:
                raise ValueError("the range stands in this row twice")
            limits = cells.pop(_LOW, "-inf"), cells.pop(_HIGH, "inf")
            signal["range"] = [number(limit, comma=self._comma) for limit in limits]
        return signal | {key: self._readers[key](cell) for key, cell in cells.items()}

    def _tell(self, row: Row, message: str, hint: str, name: str = "") -> None:
        path = (*self._table, "signals", name) if name else self._table
        found = self._found
        found.problems.append(Problem(found.file, row.line, key_text(path), message, hint))
        found.whole = False
