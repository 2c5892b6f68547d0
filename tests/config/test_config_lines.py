"""On which line of a TOML file a key stands."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.config.lines import Lines
from edgetwin.config.problems import Path

TEXT = """\
# a remark with [brackets] and = signs

title = "one"
gateway.site = "plant"   # a dotted key
"quoted key".x = 1

[mqtt]
brokers = [
  "mqtt://one",  # "]" in a remark

  "mqtt://two", "mqtt://three",
]
text = '''
[not.a.table]
nor = "a key"
'''

[device.plc1.signals]
temp = { at = 40101, range = [0, 150], names = { 0 = "off" } }
flow.at = 40103
flow.unit = "m3/h"
lists = [[1,
  2], [3]]

[device.plc1]
connect = "modbus-tcp://plc1"

[device."a.b"]
x.y.z = true

[[step]]
name = "one"
[step.more]
a = 1
[[step]]
name = "two"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 3),
        (("gateway",), 4),
        (("gateway", "site"), 4),
        (("quoted key", "x"), 5),
        (("mqtt",), 7),
        (("mqtt", "brokers"), 8),
        (("mqtt", "brokers", 0), 9),
        (("mqtt", "brokers", 1), 11),
        (("mqtt", "brokers", 2), 11),
        (("mqtt", "text"), 13),
        (("device", "plc1", "signals", "temp", "names", "0"), 19),
        (("device", "plc1", "signals", "temp", "range", 1), 19),
        (("device", "plc1", "signals", "flow"), 20),
        (("device", "plc1", "signals", "flow", "unit"), 21),
        (("device", "plc1", "signals", "lists", 0, 1), 23),
        (("device", "plc1", "signals", "lists", 1), 23),
        (("device", "plc1"), 25),
        (("device", "plc1", "connect"), 26),
        (("device", "a.b", "x", "y", "z"), 29),
        (("step", 0, "name"), 32),
        (("step", 0, "more", "a"), 34),
        (("step", 1), 35),
        (("step", 1, "name"), 36),
    ],
    ids=str,
)
def test_a_key_is_found_on_its_line(path: Path, line: int) -> None:
    tomllib.loads(TEXT)
    assert Lines(TEXT).of(path) == line
    assert Lines(TEXT.replace("\n", "\r\n")).of(path) == line


def test_a_missing_key_is_looked_for_in_its_table() -> None:
    lines = Lines(TEXT)
    assert lines.of(("device", "plc1", "every")) == 25
    assert lines.of(("device", "plc1", "signals", "temp", "unit")) == 19
    assert lines.of(("nowhere",)) == 1


names = st.text("abcXYZ019_-", min_size=1, max_size=4) | st.sampled_from(
    ["a b", "a.b", 'q"t', "[x]", "#", ""]
)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.integers(-5, 70_000), st.booleans(), st.sampled_from(["", "200 ms", "# no", "a = 1", "]", "[t]", "'"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
documents = st.dictionaries(names, st.dictionaries(names, values, max_size=4), max_size=4)


def quoted(name: str) -> str:
    """Write a key or a text."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Writer:
    """Writes a document and notes on which line each key ends up."""

    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[Path, int] = {}

    def here(self, path: Path) -> None:
        """Note a key."""
        self.lines[path] = self.text.count("\n") + 1

    def value(self, path: Path, value: object, *, one_line: bool) -> None:
        """Write a value; a list goes over several lines where TOML lets it."""
        if isinstance(value, dict):
            self.text += "{ "
            for number, (key, inner) in enumerate(value.items()):
                self.text += ", " if number else ""
                self.here((*path, key))
                self.text += f"{quoted(key)} = "
                self.value((*path, key), inner, one_line=one_line)
            self.text += " }"
        elif isinstance(value, list):
            self.text += "["
            for number, inner in enumerate(value):
                self.text += "" if one_line else "\n  # ] an entry\n  "
                self.here((*path, number))
                self.value((*path, number), inner, one_line=one_line)
                self.text += ","
            self.text += "]"
        else:
            self.text += quoted(value) if isinstance(value, str) else str(value).lower()


def written(document: dict[str, dict[str, Any]], *, one_line: bool) -> Writer:
    """Write a document of tables."""
    writer = Writer()
    for table, keys in document.items():
        writer.text += "\n# a remark\n"
        writer.here((table,))
        writer.text += f"[{quoted(table)}]\n"
        for key, value in keys.items():
            writer.here((table, key))
            writer.text += f"{quoted(key)} = "
            writer.value((table, key), value, one_line=one_line)
            writer.text += "  # done\n"
    return writer


@given(documents)
def test_each_key_of_a_document_on_one_line_each_is_found(document: dict[str, dict[str, Any]]) -> None:
    writer = written(document, one_line=True)
    assert tomllib.loads(writer.text) == document
    lines = Lines(writer.text)
    assert {path: lines.of(path) for path in writer.lines} == writer.lines


@given(st.dictionaries(names, st.dictionaries(names, scalars | st.lists(scalars, max_size=4)), max_size=4))
def test_each_entry_of_a_list_over_several_lines_is_found(document: dict[str, dict[str, Any]]) -> None:
    writer = written(document, one_line=False)
    assert tomllib.loads(writer.text) == document
    lines = Lines(writer.text)
    assert {path: lines.of(path) for path in writer.lines} == writer.lines
