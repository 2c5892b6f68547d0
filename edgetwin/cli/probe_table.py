"""What `edgetwin probe` shows: the meanings of registers as a table, and the lines to paste. Pure."""

from collections.abc import Sequence

from edgetwin.cli.plausible import Meaning, Ranking
from edgetwin.cli.screen import whole
from edgetwin.config.registers import Register
from edgetwin.core import status
from edgetwin.field.modbus.decode_text import text_of
from edgetwin.wire.printable import printable

_LEAST_TEXT, _MOSTLY = 4, 0.75


def place_lines(meanings: Sequence[Meaning]) -> list[str]:
    """Write all meanings of one place, the likeliest first."""
    if not meanings:
        return ["no type fits what is there"]
    head = ("type", "word_order", "byte_order", "first", "last", "likely", "because")
    return _table(head, [_row(meaning) for meaning in meanings])


def block_lines(ranking: Ranking, place: Register, count: int) -> list[str]:
    """Write what a block most likely consists of, and the lines to paste."""
    chosen = [meaning for meaning in ranking.likeliest if meaning.position < count]
    head = ("at", "type", "word_order", "byte_order", "first", "last", "likely", "because")
    rows = [(_at(meaning, place), *_row(meaning)) for meaning in chosen]
    pasted = [
        toml_line(f"{place.area}{place.address + meaning.position}", meaning, place)
        for meaning in chosen
        if any(meaning.values)
    ]
    return [*_table(head, rows), "", "to paste what is not zero, where you agree:", *pasted]


def text_lines(name: str, answer: bytes, place: Register) -> list[str]:
    """Write the lines that read registers as text, in either byte order; none where they look like none.

    Of a text all can be read up to its first NUL, and most of it is ASCII: numbers hardly ever look like that.
    """
    turned = bytes(answer[at ^ 1] for at in range(len(answer)))
    lines = []
    for octets, order in ((answer, ""), (turned, ', byte_order = "low-first"')):
        text, code = text_of(octets)
        if text is None or code != status.GOOD or len(text.strip()) < _LEAST_TEXT:
            continue
        if sum(map(str.isascii, text)) >= _MOSTLY * len(text):
            line = f'{name} = {{ at = "{place}", type = "string", length = {len(octets)}{order} }}'
            lines.append(f'{line}   # "{printable(text)}"')
    return lines


def toml_line(name: str, meaning: Meaning, place: Register) -> str:
    """Write the line of a configuration that reads a value so."""
    words = f', word_order = "{meaning.word_order}"' if meaning.width > 1 else ""
    turned = ', byte_order = "low-first"' if meaning.byte_order == "low-first" else ""
    return f'{name} = {{ at = "{_at(meaning, place)}", type = "{meaning.type}"{words}{turned} }}'


def _at(meaning: Meaning, place: Register) -> str:
    return f"{place.area}:{place.address + meaning.position}"


def _row(meaning: Meaning) -> tuple[str, ...]:
    return (
        meaning.type,
        meaning.word_order if meaning.width > 1 else "",
        meaning.byte_order,
        _number(meaning.values[0]),
        _number(meaning.values[-1]),
        f"{meaning.share:.0%}",
        ", ".join(meaning.why),
    )


def _number(value: float) -> str:
    return whole(value) or f"{value:.7g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]
