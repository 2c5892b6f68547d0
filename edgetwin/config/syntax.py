"""What tomllib says about a line, in the words of somebody who has to mend it."""

import re

Advice = tuple[str, str]  # what is wrong, what to do about it

_SWITCHES = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
_CURLY = re.compile("[“”„‘’]")  # noqa: RUF001 - the quotes of a word processor are what we look for
_COMMA = re.compile(r"=\s*[+-]?[0-9]+,[0-9]+")
_LEADING_ZERO = re.compile(r"\bat\s*=\s*(0[0-9]+)")
_BARE = re.compile(r"^[^=]*=\s*([^\s\"'#\[{][^#]*?)\s*(?:#.*)?$")
_BARE_INSIDE = re.compile(r"[=\[]\s*(?!(?:true|false|inf|nan)\b)([A-Za-z][^\s,\]}]*)")
_TEXT = re.compile(r'"[^"]*"')

_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline")
_INLINE = re.compile(r"Duplicate inline table key '(.*)'")
_PLAIN: dict[tuple[str, ...], Advice] = {
    ("Unterminated", "Illegal character", "Expected '\"'"): (
        "a quote is opened and not closed",
        "text begins and ends with the same quote",
    ),
    ("Unclosed array",): (
        "this list is not closed, or a comma is missing in it",
        "a list is written [1, 2, 3]",
    ),
    ("Unclosed inline table",): (
        "a brace is not closed, or a comma is missing",
        "write { a = 1, b = 2 } on one line",
    ),
    ("Unescaped",): ("there is a backslash in text", "use single quotes around it: 'C:\\data'"),
    ("Expected '='", "Invalid initial character"): (
        "this is neither key = value nor a [heading]",
        "a remark begins with #",
    ),
}
_NO_VALUE: dict[tuple[str, ...], Advice] = {
    ("Invalid value",): (
        "there is no value after the = sign that can be read",
        'write a number, true, false, or text in quotes: "200 ms"',
    ),
}


def explain(what: str, line: str, first_line: int | None) -> Advice:
    """Give the message and the hint for one complaint of tomllib about one line."""
    return (
        _twice(what, line, first_line)
        or _heading(line)
        or _habit(line)
        or _looked_up(what, _PLAIN)
        or _no_quotes(line)
        or _looked_up(what, _NO_VALUE)
        or (f"this is not TOML: {what[0].lower()}{what[1:]}", "")
    )


def _twice(what: str, line: str, first_line: int | None) -> Advice | None:
    if not what.startswith(_TWICE):
        return None
    if match := _INLINE.match(what):
        return f"the key {match[1]} is there twice in it", "keep one of them, or rename one"
    heading = line.lstrip().startswith("[")
    advice = (
        "put its keys together there; those here were not checked"
        if heading
        else "keep one of them, or rename one"
    )
    if first_line:
        advice = f"the first is on line {first_line}; {advice}"
    return f"this {'table' if heading else 'key'} is there twice", advice


def _heading(line: str) -> Advice | None:
    if not line.lstrip().startswith("["):
        return None
    return "this heading cannot be read", "write it like [device.plc1], alone on its line"


def _habit(line: str) -> Advice | None:
    """Find what people bring along from datasheets, word processors and spreadsheets."""
    if _CURLY.search(line):
        return "these are the quotes of a word processor", 'use straight quotes: "text"'
    if match := _LEADING_ZERO.search(line):
        number = match[1]
        quoted = f'"{number}" in quotes, or ' if len(number) in (5, 6) else ""
        return (
            f"{number} begins with a zero, which no number may do here",
            f'the coil {number} of a datasheet is {quoted}"co:{max(int(number) - 1, 0)}"',
        )
    if _COMMA.search(line):
        return "there is a comma in a number", "write a decimal point: 0.1"
    return None


def _no_quotes(line: str) -> Advice | None:
    """Find text that has no quotes around it: every = 200 ms."""
    match = _BARE.search(line) or _BARE_INSIDE.search(_TEXT.sub('""', line))
    if match is None:
        return None
    value = match[1]
    if switch := _SWITCHES.get(value.lower()):
        return f"{value} is not known", f"write {switch}, in small letters and without quotes"
    return f"{value} is neither a number nor text in quotes", f'write "{value}"'


def _looked_up(what: str, complaints: dict[tuple[str, ...], Advice]) -> Advice | None:
    return next((advice for starts, advice in complaints.items() if what.startswith(starts)), None)
