"""The picture of the gateway on a terminal."""

import io
import re
from typing import Any

import pytest

from edgetwin.cli.screen import decimals, number, render
from edgetwin.cli.terminal import Terminal

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def signal(name: str, **changes: object) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": name,
        "unit": "degC",
        "raw": 61.2,
        "value": 63.4172,
        "sigma": 0.212,
        "quality": "good",
        "reasons": [],
        "age_s": 0.2,
        "label": None,
        "kind": "numeric",
    }
    return row | changes


def alert(kind: str = "stuck", *, active: bool = True, **changes: object) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"plc1.temp:{kind}",
        "kind": kind,
        "subject": "plc1.temp",
        "severity": "warning",
        "active": active,
        "onset": "2026-11-20T09:00:00.000Z",
        "detected": "2026-11-20T09:00:40.000Z",
        "ended": None if active else "2026-11-20T09:01:00.000Z",
        "message": "plc1.temp has read the same value for 40 s",
    }
    return row | changes


def device(name: str = "plc1", **changes: object) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": name,
        "address": "modbus-tcp://10.0.0.1:502 unit 1",
        "up": True,
        "since": "2026-11-20T08:00:00.000Z",
        "reason": "",
        "hint": "",
        "clock_off_s": 0.0,
        "source_off_s": 0.0,
    }
    return row | changes


def view(**changes: object) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "time": "2026-11-20T09:00:41.000Z",
        "gateway": {"site": "plant-a", "name": "gw-07", "version": "0.1.0", "up_s": 63.0},
        "signals": [signal("plc1.temp")],
        "alerts": [],
        "devices": [device()],
        "uplink": {
            "connected": True,
            "broker": "mqtt://b:1883",
            "reason": "",
            "topic": "edgetwin/plant-a/gw-07",
        },
        "counters": {},
    }
    return whole | changes


def shown(columns: int = 140, lines: int = 40, **changes: object) -> list[str]:
    return render(view(**changes), columns, lines, colour=False).split("\n")


def line_with(text: str, lines: list[str]) -> str:
    [line] = [line for line in lines if text in line]
    return line


def test_a_signal_has_raw_corrected_sigma_unit_quality_and_reasons() -> None:
    stuck = signal("plc1.temp", quality="bad", reasons=["stuck", "substituted"])
    line = line_with("temp ", shown(signals=[stuck]))
    assert line.split() == [
        "temp",
        "61.20",
        "63.42",
        "±",
        "0.21",
        "degC",
        "bad",
        "stuck",
        "substituted",
        "0.2s",
    ]


def test_decimal_points_stand_below_each_other() -> None:
    lines = shown(signals=[signal("plc1.a"), signal("plc1.b", value=1234.5, sigma=12.0, raw=1230.0)])
    assert line_with("  a ", lines).index("63.42") + 2 == line_with("  b ", lines).index("1234") + 4


@pytest.mark.parametrize(
    ("value", "sigma", "text"),
    [
        (63.4172, 0.212, "63.42"),
        (63.4172, 2.12, "63.4"),
        (634.172, 212.0, "634"),
        (0.0, 0.02, "0.000"),
        (1e-9, 1e-10, "1e-09"),
        (2.5e12, 1.0, "2.5e+12"),
        (65535.0, 0.000021, "65535.000"),
        (-1234567.0, 0.0004, "-1234567.0"),
        (None, 0.1, "-"),
        (float("nan"), 0.1, "-"),
        (3.25, None, "3.25"),
        (12_345_678_901.0, None, "12345678901"),
    ],
)
def test_digits_follow_sigma(value: float | None, sigma: float | None, text: str) -> None:
    assert number(value, sigma) == text


def test_a_sigma_of_zero_has_some_digits() -> None:
    assert decimals(0.0) == 3


def test_a_signal_that_was_never_read_says_so() -> None:
    never = signal(
        "plc1.temp", raw=None, value=None, sigma=None, age_s=None, quality="uncertain", reasons=["startup"]
    )
    assert line_with("temp ", shown(signals=[never])).split() == [
        "temp",
        "-",
        "-",
        "degC",
        "uncertain",
        "startup",
        "never",
    ]


def test_a_state_is_shown_by_its_name() -> None:
    mode = signal("plc1.mode", raw=1.0, value=1.0, sigma=None, unit="", label="running", kind="state")
    assert line_with("mode ", shown(signals=[mode])).split() == ["mode", "1", "running", "good", "0.2s"]


def test_colours_repeat_what_the_words_say() -> None:
    rows = [
        signal("plc1.a"),
        signal("plc1.b", quality="uncertain", reasons=["gap"]),
        signal("plc1.c", quality="bad", reasons=["range"]),
    ]
    coloured = render(view(signals=rows), 140, 40, colour=True)
    assert "\x1b[32mgood" in coloured
    assert "\x1b[33muncertain" in coloured
    assert "\x1b[31mbad        range" in coloured
    assert ANSI.sub("", coloured) == render(view(signals=rows), 140, 40, colour=False)


def test_active_alerts_say_since_when_and_why() -> None:
    line = line_with("! ", shown(alerts=[alert()]))
    assert re.fullmatch(r"! \d\d:00:00  warning, stuck: plc1\.temp has read the same value for 40 s", line)


def test_a_long_message_goes_on_below() -> None:
    lines = shown(columns=60, alerts=[alert(message="plc1.temp has read " + "the same value " * 5)])
    at = next(place for place, line in enumerate(lines) if line.startswith("! "))
    assert lines[at + 1].startswith(" " * 12)
    assert " ".join(line.strip() for line in lines[at:-1]).count("the same value") == 5


def test_an_alert_that_is_over_is_told_as_such() -> None:
    lines = shown(alerts=[alert(active=False)])
    assert re.fullmatch(r"  \d\d:01:00  over, stuck: plc1\.temp", line_with("over", lines))
    assert [line for line in lines if line.startswith("!")] == []


def test_an_alert_that_came_back_is_shown_once() -> None:
    assert [line for line in shown(alerts=[alert(active=False), alert()]) if "over" in line] == []


@pytest.mark.parametrize(
    ("off", "words"),
    [
        ({"clock_off_s": 3600.2}, "its clock is 3600 s ahead"),
        ({"source_off_s": -75.0}, "its time stamps are 75 s behind"),
    ],
)
def test_a_device_whose_clock_is_off_says_by_how_much(off: dict[str, float], words: str) -> None:
    assert words in line_with("plc1 up", shown(devices=[device("plc1", **off)]))
    assert words not in line_with("plc1 up", shown())


def test_a_device_that_is_down_says_why_and_what_to_do() -> None:
    down = device(up=False, reason="connection refused", hint="is the PLC in run mode?")
    lines = shown(devices=[down])
    assert line_with("is down", lines).endswith("connection refused  is the PLC in run mode?")
    assert line_with("modbus-tcp", lines).startswith("plc1 down")


def test_what_to_do_about_a_device_is_never_cut_off() -> None:
    reason, hint = "no answer within 0.5 s", "is `unit = 5` right, is `timeout` long enough, " * 3
    lines = shown(columns=79, devices=[device(up=False, reason=reason, hint=hint)])
    at = lines.index(line_with(reason, lines))
    assert lines[at + 1].startswith("  -> is `unit = 5` right")
    assert " ".join(line.strip() for line in lines[at:-1]).count("long enough") == 3


def test_many_devices_that_are_down_leave_room_for_the_signals() -> None:
    devices = [device(f"plc{n}", up=False, reason="no answer") for n in range(50)]
    lines = shown(lines=24, signals=[signal(f"plc{n}.temp") for n in range(50)], devices=devices)
    assert "... 44 more devices are down" in lines
    assert sum("temp" in line for line in lines) > 3


def test_on_a_narrow_terminal_the_reasons_are_worth_more_than_the_raw_value() -> None:
    stuck = signal("plc1.bearing_temperature", quality="bad", reasons=["stuck", "substituted"])
    assert line_with("bearing_temperature ", shown(columns=80, signals=[stuck])).endswith(
        "bad      stuck substituted  0.2s"
    )


def test_the_uplink_names_the_topic_to_subscribe_to() -> None:
    assert shown()[-1] == "publishing to mqtt://b:1883  subscribe to edgetwin/plant-a/gw-07/#"


def test_a_broker_that_is_away_says_why() -> None:
    away = {"connected": False, "broker": "mqtt://b:1883", "reason": "connection refused"}
    assert shown(uplink=away)[-1] == "broker is away  mqtt://b:1883  connection refused"


def test_without_a_broker_it_says_that_nothing_is_published() -> None:
    assert "nothing is published" in shown(uplink={"connected": False, "broker": None, "reason": ""})[-1]


@pytest.mark.parametrize("lines", [1, 2, 5, 8, 12, 24])
@pytest.mark.parametrize("columns", [1, 20, 79, 200])
def test_it_never_leaves_its_terminal(columns: int, lines: int) -> None:
    rows = [signal(f"plc{n % 3}.signal_{n}") for n in range(40)]
    alerts = [alert(f"kind{n}") for n in range(10)]
    text = render(view(signals=rows, alerts=alerts), columns, lines, colour=True)
    drawn = ANSI.sub("", text).split("\n")
    assert len(drawn) <= lines
    assert max(map(len, drawn)) <= columns


def test_what_does_not_fit_is_counted() -> None:
    rows = [signal(f"plc1.signal_{n}") for n in range(40)]
    lines = shown(lines=20, signals=rows)
    hidden = 40 - sum("signal_" in line for line in lines)
    assert len(lines) == 20
    assert f"... {hidden} more lines of signals" in lines


def test_what_is_wrong_does_not_hide_below_the_edge() -> None:
    rows = [signal(f"plc1.signal_{n}") for n in range(40)]
    rows[38]["quality"] = "bad"
    rows[39]["quality"] = "uncertain"
    assert line_with("more lines of signals", shown(lines=20, signals=rows)).endswith(", 2 of them not well")


def test_alerts_are_seen_even_when_signals_fill_the_terminal() -> None:
    rows = [signal(f"plc1.signal_{n}") for n in range(100)]
    assert "warning, stuck" in "\n".join(shown(lines=15, signals=rows, alerts=[alert()]))


def test_a_gateway_without_signals_says_so() -> None:
    assert "no signals are configured" in shown(signals=[], devices=[])


def test_a_plc_cannot_write_on_the_terminal() -> None:
    evil = signal("plc1.recipe", label="\x1b[2J\x07milk\n", kind="text", sigma=None)
    text = render(view(signals=[evil]), 140, 40, colour=False)
    assert "\x1b" not in text
    assert "?[2J?milk?" in text


def test_the_terminal_comes_back_also_after_a_crash() -> None:
    out = io.StringIO()

    def crash() -> None:
        with Terminal(out) as terminal:
            terminal.show("one\ntwo")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        crash()
    written = out.getvalue()
    assert written.startswith("\x1b[?1049h\x1b[?25l")
    assert "one\x1b[K\ntwo\x1b[K\x1b[J" in written
    assert written.endswith("\x1b[?25h\x1b[?1049l")
