"""What a view of the gateway looks like on a terminal. Pure: the same view and the same size give the same text.

Whatever came from outside (names, texts, messages) is shown without its control characters, so a PLC cannot write on
the operator's terminal.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from textwrap import wrap
from typing import Any, Final, NamedTuple

from edgetwin.wire.printable import printable

Row = Mapping[str, Any]  # any: a piece of a view, as JSON gives it

PLAIN, BOLD, DIM, GREEN, YELLOW, RED = "", "1", "2", "32", "33", "31"
_QUALITY: Final = {"good": GREEN, "uncertain": YELLOW, "bad": RED}
_SEVERITY: Final = {"info": PLAIN, "warning": YELLOW, "critical": RED}
_ALERT_LINES = 6  # at most so many when signals need the room
_ENDED = 3  # so many alerts that are over are worth a line
_DIGITS = 8  # more of one number nobody reads
_AGE = 5
_EXACT = 1e15  # whole numbers below are what they seem


class Piece(NamedTuple):
    """Some text in one style."""

    text: str
    style: str = PLAIN


Line = list[Piece]


def render(view: Mapping[str, Any], columns: int, lines: int, *, colour: bool) -> str:
    """Draw a view into `lines` lines of `columns` characters."""
    head = [_head(view)]
    uplink = _uplink(view)
    down = _down(view, columns, max(1, (lines - len(head) - len(uplink)) // 3))
    foot = [*down, *uplink]
    alerts = _alerts(view, columns)
    body = _signals(view, columns)
    room = max(1, lines - len(head) - len(foot))
    alert_room = max(min(len(alerts), _ALERT_LINES), room - len(body))
    alerts = _cut(alerts, min(alert_room, room - 1), "alerts")
    body = _cut(body, room - len(alerts), "signals")
    page = (head + body + alerts + foot)[: max(1, lines)]
    return "\n".join(_draw(line, columns, colour=colour) for line in page)


def _head(view: Mapping[str, Any]) -> Line:
    gateway = view["gateway"]
    up = span(gateway["up_s"])
    return [
        Piece(f"edgetwin {gateway['version']}  {gateway['site']}/{gateway['name']}", BOLD),
        Piece(f"  {_clock(view['time'])}  up {up}", DIM),
    ]


def _signals(view: Mapping[str, Any], columns: int) -> list[Line]:
    """Give one block per device: its line, then its signals in aligned columns; without the raw ones if too wide."""
    rows: Sequence[Row] = view["signals"]
    if not rows:
        return [[Piece("no signals are configured", DIM)]]
    names = _left("signal", [printable(row["name"].partition(".")[2] or row["name"]) for row in rows])
    raws = [f"{raw}  " for raw in _right("raw", _aligned([number(row["raw"], row["sigma"]) for row in rows]))]
    corrected = _left("corrected", _corrected(rows))
    qualities = _left("quality", [row["quality"] for row in rows])
    reasons = _left("", [" ".join(row["reasons"]) for row in rows])
    devices = {device["name"]: device for device in view["devices"]}
    if sum(len(column[0]) + 2 for column in (names, raws, corrected, qualities, reasons)) + _AGE > columns:
        raws = [""] * len(raws)
    head = f"  {names[0]}  {raws[0]}{corrected[0]}  {qualities[0]}  {reasons[0]}  age"
    out: list[Line] = [[Piece(head.rstrip(), DIM)]]
    for name, block in groupby(enumerate(rows, 1), key=lambda entry: _device_of(entry[1]["name"])):
        out.append(_device(name, devices.get(name)))
        for place, row in block:
            style = _QUALITY.get(row["quality"], PLAIN)
            out.append(
                [
                    Piece(f"  {names[place]}  "),
                    Piece(raws[place], DIM),
                    Piece(f"{corrected[place]}  ", BOLD),
                    Piece(f"{qualities[place]}  {reasons[place]}  ", style),
                    Piece(_age(row["age_s"]), DIM),
                ]
            )
    return out


def _corrected(rows: Sequence[Row]) -> list[str]:
    """Write value, sigma and unit in aligned columns; of a state or a text its name."""
    values = _aligned([number(row["value"], row["sigma"]) for row in rows])
    sigmas = _left("", [f"± {_spread(row['sigma'])}" if row["sigma"] is not None else "" for row in rows])[1:]
    return [
        f"{value} {sigma} {printable(row['unit'])}"
        if row.get("label") is None
        else printable(str(row["label"]))[:24]
        for value, sigma, row in zip(values, sigmas, rows, strict=True)
    ]


def _left(head: str, cells: Sequence[str]) -> list[str]:
    """Make a column of a heading and its cells, all equally wide."""
    width = max(len(head), *map(len, cells))
    return [f"{cell:<{width}}" for cell in (head, *cells)]


def _right(head: str, cells: Sequence[str]) -> list[str]:
    width = max(len(head), *map(len, cells))
    return [f"{cell:>{width}}" for cell in (head, *cells)]


def decimals(sigma: float) -> int:
    """Say how many decimals are worth showing: those that two digits of sigma reach."""
    if sigma <= 0 or not math.isfinite(sigma):
        return 3
    return min(6, max(0, 1 - math.floor(math.log10(sigma))))


def number(value: float | None, sigma: float | None) -> str:
    """Write a number with the digits that its sigma deserves; a dash when there is none."""
    if value is None or not math.isfinite(value):
        return "-"
    if sigma is None:
        return whole(value) or f"{value:.6g}"
    if abs(value) >= 1e9 or 0 < sigma < 1e-6:
        return f"{value:.6g}"
    before = len(f"{abs(value):.0f}")
    return f"{value:.{min(decimals(sigma), max(0, _DIGITS - before))}f}"


def whole(value: float) -> str:
    """Write a whole number with all its digits, as a display beside it does; nothing for any other."""
    return f"{value:.0f}" if value == round(value) and abs(value) < _EXACT else ""


def _spread(sigma: float) -> str:
    """Write a sigma with two digits."""
    if not math.isfinite(sigma):
        return "?"
    if sigma >= 1e9 or 0 < sigma < 1e-6:
        return f"{sigma:.1e}"
    return f"{sigma:.{decimals(sigma)}f}"


def _aligned(numbers: Sequence[str]) -> list[str]:
    """Put the decimal points below each other."""
    parts = [text.partition(".") for text in numbers]
    whole = max(len(head) for head, _, _ in parts)
    fraction = max(len(dot + tail) for _, dot, tail in parts)
    return [f"{head:>{whole}}{dot + tail:<{fraction}}" for head, dot, tail in parts]


def _device_of(name: str) -> str:
    head, dot, _ = name.partition(".")
    return head if dot else ""


def _device(name: str, device: Row | None) -> Line:
    if device is None:
        return [Piece(name, BOLD)]
    state = Piece("up", GREEN) if device["up"] else Piece("down", RED)
    off_s = device["clock_off_s"] or device["source_off_s"]
    whose = "its clock is" if device["clock_off_s"] else "its time stamps are"
    by = f"  {whose} {abs(off_s):.0f} s {'ahead' if off_s > 0 else 'behind'}" if off_s else ""
    return [Piece(f"{name} ", BOLD), state, Piece(f"  {device['address']}", DIM), Piece(by, YELLOW)]


def _alerts(view: Mapping[str, Any], columns: int) -> list[Line]:
    """Tell the alerts that stand, the newest first, and the last ones that are over."""
    active = [alert for alert in view["alerts"] if alert["active"]]
    active.sort(key=lambda alert: str(alert["onset"]), reverse=True)
    standing = {alert["id"] for alert in active}
    ended = [alert for alert in view["alerts"] if not alert["active"] and alert["id"] not in standing]
    out: list[Line] = []
    for alert in active:
        style = _SEVERITY.get(alert["severity"], PLAIN)
        title = f"! {_clock(alert['onset'])}  {alert['severity']}, {alert['kind']}: "
        indent = " " * 12  # below the severity
        first, *more = wrap(title + printable(alert["message"]), max(40, columns), subsequent_indent=indent)
        out.append([Piece(first[: len(title)], style), Piece(first[len(title) :])])
        out.extend([Piece(line)] for line in more)
    out.extend(
        [Piece(f"  {_clock(alert['ended'])}  over, {alert['kind']}: {alert['subject']}", DIM)]
        for alert in ended[-_ENDED:][::-1]
    )
    return [[Piece("alerts", BOLD)], *out] if out else [[Piece("no alerts", DIM)]]


def _down(view: Mapping[str, Any], columns: int, room: int) -> list[Line]:
    """Tell of each device that is down why, and what to do: whole, or not at all."""
    down = [device for device in view["devices"] if not device["up"] and device["reason"]]
    out: list[Line] = []
    for place, device in enumerate(down):
        block, left = _why_down(device, columns), len(down) - place
        if len(out) + len(block) + (left > 1) > room:
            more = " more" if out else ""
            return [*out, [Piece(f"... {left}{more} device{'s are' if left > 1 else ' is'} down", RED)]]
        out += block
    return out


def _why_down(device: Row, columns: int) -> list[Line]:
    title, hint = f"{device['name']} is down", printable(device["hint"])
    why = f"  since {_clock(device['since'])}: {printable(device['reason'])}"
    if len(title) + len(why) + 2 + len(hint) <= columns:
        return [[Piece(title, RED), Piece(why), Piece(f"  {hint}", YELLOW)]]
    width = max(40, columns)
    first, *more = wrap(title + why, width, subsequent_indent="    ")
    hints = wrap(hint, width, initial_indent="  -> ", subsequent_indent="     ")
    return [
        [Piece(first[: len(title)], RED), Piece(first[len(title) :])],
        *([Piece(line)] for line in more),
        *([Piece(line, YELLOW)] for line in hints),
    ]


def _uplink(view: Mapping[str, Any]) -> list[Line]:
    uplink = view["uplink"]
    if not uplink["broker"]:
        return [[Piece("nothing is published: [mqtt] names no broker", DIM)]]
    if not uplink["connected"]:
        return [[Piece("broker is away", RED), Piece(f"  {uplink['broker']}  {uplink['reason'] or ''}")]]
    line = [Piece("publishing", GREEN), Piece(f" to {uplink['broker']}")]
    if topic := uplink.get("topic"):
        line.append(Piece(f"  subscribe to {topic}/#", BOLD))
    return [line]


def _cut(lines: list[Line], room: int, what: str) -> list[Line]:
    """Keep what fits, and say how much does not, and how much of that is not well."""
    if len(lines) <= room:
        return lines
    if room <= 0:
        return []
    hidden = lines[room - 1 :]
    wrong = sum(any(piece.style in (YELLOW, RED) for piece in line) for line in hidden)
    told = [Piece(f"... {len(hidden)} more lines of {what}", DIM)]
    if wrong:
        told.append(Piece(f", {wrong} of them not well", YELLOW))
    return [*lines[: room - 1], told]


def _draw(line: Line, columns: int, *, colour: bool) -> str:
    """Write one line, cut to the width, without anything that could steer the terminal."""
    out, left = [], len("".join(piece.text for piece in line).rstrip()[:columns])
    for piece in line:
        text = printable(piece.text)[:left]
        left -= len(text)
        out.append(f"\x1b[{piece.style}m{text}\x1b[0m" if colour and piece.style and text.strip() else text)
    return "".join(out)


def _clock(time: str | None) -> str:
    """Show an ISO time as local time of day."""
    if not time:
        return "?"
    return f"{datetime.fromisoformat(time).astimezone():%H:%M:%S}"


def _age(age_s: float | None) -> str:
    return "never" if age_s is None else span(age_s)


def span(seconds: float) -> str:
    """Write a length of time in at most five characters."""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
