"""One device, written in three ways: all by itself, with a template, with a tag list. The tree is the same."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgetwin.config.load import load

HEAD = '[device.plc1]\nconnect = "modbus-tcp://10.0.0.1"\n'
TEXT = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=8).map(str.strip)
# Not three decimals: 1,875 could be a number of thousands, and is refused.
AMOUNT = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 2))
KEYS = st.fixed_dictionaries(
    {"type": st.sampled_from(["int16", "uint32", "float32", "float64"])},
    optional={
        "unit": TEXT.filter(bool),
        "scale": AMOUNT.filter(bool),
        "offset": AMOUNT,
        "range": st.tuples(st.integers(-99, 0), AMOUNT.map(lambda value: abs(value) + 1.0)).map(list),
        "every": st.sampled_from(["200 ms", "1 min"]),
        "word_order": st.sampled_from(["high-first", "low-first"]),
        "stuck": st.booleans(),
    },
)
NAMES = st.lists(
    st.from_regex(r"[a-z0-9_-]{1,6}", fullmatch=True).filter(lambda name: name.strip("_-")),
    min_size=1,
    max_size=5,
)


@st.composite
def devices(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Make up the signals of a device; no two share a register."""
    names = dict.fromkeys(draw(NAMES))
    places = st.sampled_from([lambda n: 40001 + 4 * n, lambda n: f"hr:{4 * n}"])
    return {name: {"at": draw(places)(number), **draw(KEYS)} for number, name in enumerate(names)}


def toml(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(key)} = {toml(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def tags(signals: dict[str, dict[str, Any]], separator: str, mark: str) -> str:
    """Write signals as a spreadsheet would."""

    def cell(value: object) -> str:
        if isinstance(value, list):
            return "..".join(map(cell, value))
        return str(value).replace(".", mark) if isinstance(value, float) else str(value)

    columns = ["name", *dict.fromkeys(key for signal in signals.values() for key in signal)]
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, delimiter=separator)
    writer.writeheader()
    for name, signal in signals.items():
        writer.writerow({"name": name, **{key: cell(value) for key, value in signal.items()}})
    return file.getvalue()


def tree(folder: Path, text: str) -> dict[str, Any]:
    """Load a text, and give the device without the words that say where it was written."""
    file = folder / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    device = load(file, environ={}).device["plc1"]
    return device.model_dump(exclude={"template", "without", "signals_file"})


@settings(max_examples=60)
@given(devices(), st.sampled_from([(";", ","), (";", "."), (",", "."), ("\t", ",")]), st.data())
def test_a_device_is_the_same_in_whichever_way_it_is_written(
    tmp_path_factory: pytest.TempPathFactory,
    signals: dict[str, dict[str, Any]],
    form: tuple[str, str],
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "three-ways"
    folder.mkdir(exist_ok=True)
    plain = tree(folder, f"{HEAD}signals = {toml(signals)}\n")

    in_device = {
        name: {key: value for key, value in signal.items() if data.draw(st.booleans())}
        for name, signal in signals.items()
    }
    in_template = {
        name: {key: value for key, value in signal.items() if key not in in_device[name]} | {"unit": "other"}
        for name, signal in signals.items()
    }
    for name, signal in in_device.items():
        signal["unit"] = signals[name].get("unit", "")
    template = f"[template.kind]\nsignals = {toml({**in_template, 'spare': {'at': 49999}})}\n"
    device = f'{HEAD}template = "kind"\nwithout = ["spare"]\nsignals = {toml(in_device)}\n'
    assert tree(folder, device + template) == plain

    (folder / "tags.csv").write_text(tags(signals, *form), encoding="utf-8", newline="")
    assert tree(folder, f'{HEAD}signals_file = "tags.csv"\n') == plain
