"""Whatever is in a file and around it: a tree comes out of it, or what is wrong with it. Never a crash."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edgetwin.config.document import parse
from edgetwin.config.judge import judge
from edgetwin.config.load import of_unused_templates, passwords_in
from edgetwin.config.problems import ConfigProblems, key_text
from edgetwin.config.rules import rules
from edgetwin.config.sources import Setting, place, settings
from edgetwin.config.templates import expand

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
LINES = EXAMPLE.read_text(encoding="utf-8").split("\n")
SCRAPS = [
    "",
    "]",
    '"',
    "'''",
    "= ",
    "5",
    '"5 s"',
    "[",
    "{",
    "}",
    "[device.plc1]",
    "true",
    "\x00",
    "ä",
    "at = 1",
    ".",
]


@given(st.data())
def test_whatever_is_done_to_a_file_it_loads_or_says_what_is_wrong(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        number = data.draw(st.integers(0, len(lines) - 1))
        column = data.draw(st.integers(0, len(lines[number])))
        scrap = data.draw(st.sampled_from(SCRAPS))
        skip = data.draw(st.integers(0, 12))
        lines[number] = lines[number][:column] + scrap + lines[number][column + skip :]
    try:
        document = parse("\n".join(lines), "gateway.toml")
    except ConfigProblems:
        return
    before = copy.deepcopy(document.tables)
    expanded = expand(document)
    tables, places = expanded.tables, expanded.places
    verdict = judge(tables, frozenset(expanded.lost))
    for mistake in [*expanded.mistakes, *verdict.mistakes, *rules(verdict, tables, places.of)]:
        assert 1 <= places.of(mistake.path).line <= len(lines)
        assert mistake.message
    assert document.tables == before


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(date(2026, 1, 1))
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
).filter(lambda value: value is not None)
KEYS = st.sampled_from(
    [
        *("device", "asset", "plc1", "signals", "connect", "_env_file", "", "password", "every", "at"),
        *("template", "pump_x", "without", "signals_file"),
    ]
)
VARIABLES = [
    "EDGETWIN_MQTT__PASSWORD",
    "EDGETWIN_MQTT__QUEUE",
    "EDGETWIN_MQTT__QUEUE__MORE",
    "EDGETWIN_DEVICE__PLC1",
    "EDGETWIN_DEVICE__PLC1__UNIT",
    "EDGETWIN_DEVICE__PLC2__PASSWORD",
    "EDGETWIN_DEVICE__PLC1__SIGNALS__RUNNING__AT",
    "EDGETWIN_ASSET__MILL1_BEARING__AREA",
    "EDGETWIN___X",
    "EDGETWIN_NOWHERE__X__",
]


def branches(value: object) -> Iterator[dict[str, Any]]:
    """List all tables in a table, itself first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from branches(inner)


@given(st.data())
def test_whatever_stands_where_it_should_not_is_told(data: st.DataObject) -> None:
    document = parse("\n".join(LINES), "gateway.toml")
    tables = copy.deepcopy(document.tables)
    for _ in range(data.draw(st.integers(1, 3))):
        table = data.draw(st.sampled_from(list(branches(tables))))
        table[data.draw(KEYS | st.sampled_from([*table, ""]))] = data.draw(ANYTHING)
    for name in data.draw(st.lists(st.sampled_from(VARIABLES), max_size=3)):
        (setting,) = settings({name: data.draw(st.text(max_size=5))})
        assert isinstance(setting, Setting)
        place(setting, tables)
    passwords = list(passwords_in(tables))
    expanded = expand(replace(document, tables=tables))
    verdict = judge(expanded.tables, frozenset(expanded.lost))
    mistakes = [*passwords, *expanded.mistakes, *verdict.mistakes]
    mistakes += [*rules(verdict, expanded.tables, expanded.places.of), *of_unused_templates(expanded)]
    assert [key_text(mistake.path) for mistake in mistakes if not mistake.message] == []
    assert verdict.config.device or mistakes or expanded.problems
