"""Cells of a tag list -> values as TOML would give them. What a key takes is read from the tree, key by key.

A cell that is not what its key takes stays the text it is: the judge of the tree then says what was expected.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pydantic import BaseModel

Value = object
Reader = Callable[[str], Value]

_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[+-]?[0-9]+(?:\.|\.?[eE][+-]?[0-9]+)")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_GROUPS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_QUANTITY = re.compile(r"([0-9]+),([0-9]+)(\s*(?:%|us|ms|s|sec|min|h|d))")
_INFINITE = {"inf", "+inf", "-inf"}
# Excel writes TRUE in the language of its user.
_FLAGS = {
    **dict.fromkeys(("true", "yes", "1", "x", "wahr", "ja", "vrai", "oui", "verdadero", "vero"), True),
    **dict.fromkeys(("false", "no", "0", "falsch", "nein", "faux", "non", "falso"), False),
}
_LIMITS = re.compile(r"\[?\s*(?P<low>[^\s\]]+?)\s*(?:\.\.+|;|,\s|to)\s*(?P<high>[^\s\]]+)\s*\]?")
_STATE = re.compile(r"\s*([+-]?[0-9]+)\s*[=:]\s*(.*?)\s*", re.DOTALL)


def decimal_comma(cells: Iterable[str], separator: str) -> bool:
    """Tell whether a file writes 0,1. Where `1,234` is all there is, only semicolons tell that from a thousand."""
    fractions = [cell for cell in cells if _COMMA.fullmatch(cell)]
    return bool(fractions) and (separator == ";" or not all(map(_GROUPS.fullmatch, fractions)))


def number(cell: str, *, comma: bool) -> Value:
    """Give the number in a cell, or the cell where it has none; ValueError where it could be two numbers."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    if comma and _COMMA.fullmatch(cell):
        return float(cell.replace(",", "."))
    if (not comma and _POINT.fullmatch(cell)) or cell.lower() in _INFINITE:
        return float(cell)
    if comma and _POINT.fullmatch(cell):
        raise ValueError(f'"{cell}" has a decimal point, and other cells of this file have decimal commas')
    if _COMMA.fullmatch(cell):
        raise ValueError(f'"{cell}" could have a decimal comma, or be a number of thousands')
    return text(cell, comma=comma)


def text(cell: str, *, comma: bool) -> str:
    """Give a text; in a time or a share, such as `0,5 s`, the comma is a decimal one."""
    match = _QUANTITY.fullmatch(cell)
    return f"{match[1]}.{match[2]}{match[3]}" if match and (comma or len(match[2]) != 3) else cell


def kinds(branch: type[BaseModel]) -> dict[str, set[str]]:
    """Say for each key of a table which types of JSON it takes."""
    schema = branch.model_json_schema()
    return {key: _kinds(inner, schema) for key, inner in schema["properties"].items()}


def _kinds(schema: dict[str, Any], root: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _kinds(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "type" in schema:
        return {schema["type"]}
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return {kind for choice in choices for kind in _kinds(choice, root)}


def readers(branch: type[BaseModel], *, comma: bool) -> dict[str, Reader]:
    """Say for each key of a table how a cell below it is read."""
    return {key: _reader(key, taken, comma=comma) for key, taken in kinds(branch).items()}


def _reader(key: str, taken: set[str], *, comma: bool) -> Reader:
    """Choose how to read the cells below one key."""
    read: Reader = partial(text, comma=comma)
    if key == "at":
        read = place
    elif key == "range":
        read = partial(limits, comma=comma)
    elif "object" in taken:
        read = states
    elif "array" in taken:
        read = literal
    elif "boolean" in taken:
        read = flag
    elif taken & {"number", "integer"}:
        read = partial(number, comma=comma)
    return read


def flag(cell: str) -> Value:
    """Read true or false, in the words of a person or of Excel."""
    return _FLAGS.get(cell.lower(), cell)


def place(cell: str) -> Value:
    """Read `at`: 40101 is the datasheet's number; with a zero in front it is text, as in TOML, and that of a coil."""
    return int(cell) if _WHOLE.fullmatch(cell) else cell


def limits(cell: str, *, comma: bool) -> Value:
    """Read a range: `[0, 150]`, `0..150`."""
    match = _LIMITS.fullmatch(cell)
    if match is None:
        return literal(cell)
    return [number(match["low"], comma=comma), number(match["high"], comma=comma)]


def states(cell: str) -> Value:
    """Read names: `0=stopped; 1=running`, or as in TOML."""
    if cell.startswith("{"):
        return literal(cell)
    pairs = [_STATE.fullmatch(part) for part in re.split(r"[;|\n]|,(?=\s*[+-]?[0-9]+\s*[=:])", cell) if part]
    named = [(pair[1], pair[2].strip('"')) for pair in pairs if pair]
    return dict(named) if len(named) == len(pairs) == len(dict(named)) else cell


def literal(cell: str) -> Value:
    """Read what TOML would read on the right of an equals sign; text where it would read nothing."""
    try:
        value = tomllib.loads(f"x = {cell}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return cell
    return value["x"] if value.keys() == {"x"} else cell
