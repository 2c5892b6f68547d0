"""What the demo says beside the gateway's own picture: the truth of the plant, the keys, and each transition. Pure."""

import shlex
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, NamedTuple

from edgetwin.cli.screen import number
from edgetwin.plant.faults import FOULING, REBOOT
from edgetwin.plant.plant import ActiveFault, Plant
from edgetwin.plant.points import COOLING, FEED, MILL, POINTS
from edgetwin.plant.schedule import coming

View = Mapping[str, Any]  # any: a view of the gateway, as `edgetwin.view` draws it up

CYAN, DIM = "36", "2"

# What the keys 1 to 9 break.
KEYS: Mapping[str, tuple[str, str]] = {
    "1": ("mill.bearing_temp", "stuck"),
    "2": ("feed.dose_flow", "drift"),
    "3": ("mill.water_flow", "spike"),
    "4": ("mill.motor_power", "noise"),
    "5": ("feed.tank_level", "drop-out"),
    "6": ("feed.dose_pressure", "out of range"),
    "7": (COOLING, FOULING),
    "8": (MILL, REBOOT),
    "9": (FEED, REBOOT),
}
EXPECTED = "as expected"  # the state of what there is no need to speak of

_UNITS = {point.name: point.unit for point in POINTS}


class Broker(NamedTuple):
    """Where the messages go."""

    host: str
    port: int

    def subscription(self, base: str) -> str:
        """Give the command line that shows all messages below a topic."""
        topic = shlex.quote(f"{base}/#")
        return f"mosquitto_sub -v -h {shlex.quote(self.host)} -p {self.port} -t {topic}"


def plant_lines(plant: Plant, *, scheduled: bool, colour: bool) -> list[str]:
    """Say what is really going on in the plant, which the gateway has to find out."""
    lines = [f"the plant: {fault_line(plant, fault)}" for fault in plant.faults]
    if not lines:
        lines = ["the plant: all is well" + (f"; {_next(plant)}" if scheduled else "")]
    return [_paint(line, CYAN, colour=colour) for line in lines]


def key_lines(columns: int, *, listed: bool, scheduled: bool, colour: bool) -> list[str]:
    """List the keys, in as many lines as that takes, or name them in short."""
    breaking = [f"{key} {target} {kind}" for key, (target, kind) in KEYS.items()]
    entries = breaking if listed else ["1-9 break something"]
    entries += ["m mend everything", f"s {'stop' if scheduled else 'resume'} the schedule", "q end"]
    # An entry stays in one piece: its spaces do not break while the lines are filled.
    text = "   ".join(entry.replace(" ", "\xa0") for entry in entries)
    filled = wrap(text, max(40, columns), break_on_hyphens=False)
    return [_paint(line.replace("\xa0", " "), DIM, colour=colour) for line in filled]


def fault_line(plant: Plant, fault: ActiveFault) -> str:
    """Say what is broken, since when, and what is true instead of what a sensor shows."""
    line = fault.describe(plant.now_s)
    true = plant.truth.get(fault.target)
    if not isinstance(true, float):
        return line
    return f"{line}; the truth is {true:.4g} {_UNITS[fault.target]}"


def _next(plant: Plant) -> str:
    happening, wait_s = coming(plant.now_s)
    return f"in {wait_s:.0f} s: {happening.target} {happening.kind}"


def _paint(text: str, style: str, *, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour else text


def plant_transitions(before: tuple[ActiveFault, ...], after: tuple[ActiveFault, ...]) -> Iterator[str]:
    """Say what broke and what was mended between two moments."""
    for fault in before:
        if fault not in after:
            yield f"the plant: {fault.target} is well again ({fault.kind} is over)"
    for fault in after:
        if fault not in before:
            yield f"the plant: {fault.what_happens}"


def gateway_transitions(before: View, after: View) -> Iterator[str]:
    """Say what the gateway found out between two views: alerts, devices, the broker, quality of signals."""
    old = _known(before)
    for subject, (state, words) in _known(after).items():
        if state != old.get(subject, (EXPECTED, ""))[0]:
            yield f"the gateway: {words}"
    standing = {_key(alert) for alert in after["alerts"] if alert["active"]}
    for alert in before["alerts"]:
        if alert["active"] and _key(alert) not in standing:
            yield f"the gateway: alert over, {alert['kind']} {alert['subject']}"


def _known(view: View) -> dict[str, tuple[str, str]]:
    """Give, for everything that the gateway watches, its state and the words for it."""
    known: dict[str, tuple[str, str]] = {}
    for device in view["devices"]:
        name = device["name"]
        words = f"{name} is up" if device["up"] else f"{name} is down: {device['reason']}"
        # Not up and no reason: it has not been tried yet. Why it is down may change while it is; once is enough.
        state = ("up" if device["up"] else "down") if device["up"] or device["reason"] else EXPECTED
        known[f"device {name}"] = (state, words)
    uplink = view["uplink"]
    link = "connected" if uplink["connected"] else f"away: {uplink['reason']}"
    known["broker"] = (link, f"the broker {uplink['broker']} is {link}")
    for alert in view["alerts"]:
        if alert["active"]:
            known[f"alert {_key(alert)}"] = ("active", f"alert, {alert['severity']}: {alert['message']}")
    for row in view["signals"]:
        # A signal that is still being learned, or whose whole device is away, is not worth a line.
        silent = row["quality"] == "good" or not {"startup", "comm"}.isdisjoint(row["reasons"])
        known[f"signal {row['name']}"] = (EXPECTED if silent else row["quality"], _quality_words(row))
    return known


def _key(alert: Mapping[str, Any]) -> tuple[str, int]:
    return alert["id"], alert["occurrence"]


def _quality_words(row: Mapping[str, Any]) -> str:
    why = f" ({', '.join(row['reasons'])})" if row["reasons"] else ""
    words = f"{row['name']} is {row['quality']}{why}"
    if row["sigma"] is None:
        return words
    raw, value, sigma = (number(row[key], row["sigma"]) for key in ("raw", "value", "sigma"))
    return f"{words}, raw {raw}, corrected {value} ± {sigma} {row['unit']}"
