"""Which column of a vendor's list says what. Told with options; what is not told is guessed from common titles.

A guess is always shown. Nothing is guessed that changes a value in a way one would not see: no offset, no range.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgetwin.config.close import did_you_mean
from edgetwin.config.csv_table import Row, Table

# What a column can say -> help. All but the last four are keys of a signal.
KEYS = {
    "name": "its name",
    "at": "the register or address",
    "type": "how it is stored",
    "unit": "what it is measured in",
    "scale": "value = number * this",
    "offset": "value = number * scale + this",
    "bit": "the bit of the register",
    "range": "what is possible, in its unit: 0..150",
    "names": "what its numbers mean: 0=off; 1=on",
    "divisor": "value = number / this",
    "registers": "how many registers it takes",
    "function": "the kind of register: holding, input, ...; or the function code that reads it",
}
_TITLES = {
    "name": "name|parameter|parametername|signal|signalname|tag|tagname|variable|variablename|datapoint|registername"
    "|measurement|label|item|bezeichnung|messwert|nom|description|beschreibung",
    "at": "at|address|registeraddress|modbusaddress|register|modbusregister|startaddress|startregister|addr|reg"
    "|registernumber|registerno|regno|startingaddress|adresse|registeradresse|startadresse",
    "type": "type|datatype|format|dataformat|vartype|variabletype|valuetype|datentyp|typ",
    "unit": "unit|units|engunit|engineeringunit|uom|einheit|unite",
    "scale": "scale|scalefactor|scalingfactor|scaling|factor|gain|multiplier|resolution|faktor|skalierung",
    "bit": "bit|bitno|bitnumber|bitposition",
    "divisor": "divisor|divider|divideby",
    "registers": "registers|noofregisters|numberofregisters|registercount|regcount|noofregs|words|anzahlregister",
    "function": "function|functioncode|fc|fcode|registertype|regtype|modbusfunction|objecttype|area|registerart",
}
_NUMBERS = ("", "dec", "decimal", "hex", "hexadecimal")  # Register (hex) is taken where there is no other
_LOOK = 30  # titles of documents and remarks stand above the names of the columns


class NoColumn(Exception):  # noqa: N818 - a matter of the command line, not a programming error
    """A column that is needed cannot be found."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns are, and which of them were guessed."""

    header: Row
    rows: tuple[Row, ...]
    index: Mapping[str, int]
    guessed: tuple[str, ...]

    def cell(self, row: Row, key: str) -> str:
        """Give a cell of a row; empty where there is none."""
        place = self.index.get(key)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def titles(self) -> dict[str, str]:
        """Give the title of each column that is used."""
        return {key: self.header.cells[place] for key, place in self.index.items()}


def find(table: Table, told: Mapping[str, str]) -> Columns:
    """Find the header and the columns. `told` has the titles that were given; NoColumn where one is not there."""
    rows = (table.header, *table.rows)
    place = max(range(min(len(rows), _LOOK)), key=lambda number: _fit(rows[number], told))
    header = rows[place]
    index = dict[str, int]()
    for key, title in told.items():
        found = [number for number, cell in enumerate(header.cells) if _same(cell, title)]
        if not found:
            hint = did_you_mean(title, filter(None, header.cells))
            raise NoColumn(f'no column is called "{title}" (--{key}); {hint}')
        index[key] = found[0]
    guessed = tuple(_guess(header.cells, index))
    for key in ("name", "at"):
        if key not in index:
            titles = ", ".join(f'"{title}"' for title in header.cells if title)
            raise NoColumn(f"which column is {KEYS[key]}? Say it with --{key}; there are: {titles}")
    return Columns(header, rows[place + 1 :], index, guessed)


def _fit(row: Row, told: Mapping[str, str]) -> tuple[int, int]:
    """Tell how much a row looks like the one that names the columns."""
    named = sum(any(_same(cell, title) for cell in row.cells) for title in told.values())
    return named, sum(1 for _ in _guess(row.cells, {}))


def _guess(titles: Sequence[str], index: dict[str, int]) -> Iterator[str]:
    """Add columns that were not told, by the titles they usually have."""
    for key, usual in _TITLES.items():
        if key in index or (key == "divisor" and "scale" in index):
            continue
        words = usual.split("|")
        for title in (word + number for number in _NUMBERS for word in words):
            free = [
                number
                for number, cell in enumerate(titles)
                if _plain(cell) == title and number not in index.values()
            ]
            if free:
                index[key] = free[0]
                yield key
                break


def _same(cell: str, title: str) -> bool:
    return bool(_plain(title)) and _plain(cell) == _plain(title)


def _plain(title: str) -> str:
    return re.sub(r"[\W_]", "", title.lower())
