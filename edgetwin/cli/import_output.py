"""Signals as text: lines of TOML to paste, a template, or a tag list. Pure."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from edgetwin.cli.import_rows import Imported

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml(signals: Mapping[str, Imported], template: str | None) -> str:
    """Write signals as TOML: lines for below [device.NAME.signals], or a whole template."""
    heading = [f"[template.{_key(template)}.signals]"] if template else []
    return "".join(f"{line}\n" for line in (*heading, *_lines(signals)))


def _lines(signals: Mapping[str, Imported]) -> Iterator[str]:
    width = max(map(len, signals), default=0)
    for name, signal in signals.items():
        keys = ", ".join(f"{key} = {_value(value)}" for key, value in signal.keys.items())
        title = "".join(char if char.isprintable() else " " for char in signal.title)
        yield f"{name:<{width}} = {{ {keys} }}" + ("" if title == name else f"  # {title}")


def _value(value: object) -> str:
    """Write a value as TOML; JSON is near enough for all but tables."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def tag_list(signals: Mapping[str, Imported]) -> str:
    """Write signals as the CSV that `signals_file` reads; the titles of the vendor ride along as a remark."""
    keys = list(dict.fromkeys(key for signal in signals.values() for key in signal.keys))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["name", *keys, "#title"])
    for name, signal in signals.items():
        writer.writerow([name, *(_cell(signal.keys.get(key, "")) for key in keys), signal.title])
    return file.getvalue()


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever a key of a signal takes
    if isinstance(value, dict):
        return "; ".join(f"{key}={name}" for key, name in value.items())
    return _value(value) if isinstance(value, list) else str(value)
