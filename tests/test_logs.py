"""What the log shows, to whom, and what it never shows."""

import io
import json
import logging
import os
import subprocess
import sys
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, SecretStr

from edgetwin import logs
from edgetwin.config.gateway import Format

log = structlog.get_logger()

PASSWORD = "hunter2"  # noqa: S105 - the secret that must never be seen


@pytest.fixture
def out() -> io.StringIO:
    """Log as a service does, into a string."""
    stream = io.StringIO()
    logs.configure("info", "auto", stream)
    return stream


def lines(out: io.StringIO) -> list[tuple[int, dict[str, Any]]]:
    """Split each line into its priority and its event."""
    pairs = (line[1:].split(">", 1) for line in out.getvalue().splitlines())
    return [(int(priority), json.loads(event)) for priority, event in pairs]


def test_a_service_logs_json_with_the_priority_of_journald(out: io.StringIO) -> None:
    log.info("device up", device="plc1", after_s=2.5)
    log.warning("device down", device="plc1")
    log.error("journal damaged")
    assert [(priority, event["event"]) for priority, event in lines(out)] == [
        (6, "device up"),
        (4, "device down"),
        (3, "journal damaged"),
    ]
    assert lines(out)[0][1] == {
        "event": "device up",
        "level": "info",
        "logger": "test_logs",
        "device": "plc1",
        "after_s": 2.5,
    }


def test_a_traceback_stays_on_one_line(out: io.StringIO) -> None:
    try:
        raise ValueError("no such unit")  # noqa: TRY301 - to have a traceback
    except ValueError:
        log.exception("crashed")
    [(priority, event)] = lines(out)
    assert priority == 3
    assert "Traceback" in event["exception"]
    assert "ValueError: no such unit" in event["exception"]


def test_what_is_no_number_in_json_is_still_valid_json(out: io.StringIO) -> None:
    log.info("odd", nan=float("nan"), kind=ValueError, error=TimeoutError(), raw=b"\x00", many={1})
    [(_, event)] = lines(out)
    assert event["nan"] == "nan"
    assert event["error"] == "TimeoutError()"
    assert event["many"] == [1]


def test_what_refers_to_itself_ends(out: io.StringIO) -> None:
    snake: list[object] = []
    snake.append(snake)
    log.info("snake", snake=snake)
    assert lines(out)[0][1]["event"] == "snake"


def test_events_below_the_level_are_not_shown() -> None:
    out = io.StringIO()
    logs.configure("warning", "json", out)
    log.info("quiet")
    logging.getLogger("some.library").info("quiet")
    log.warning("loud")
    assert [event["event"] for _, event in lines(out)] == ["loud"]


def test_a_second_configuration_replaces_the_first(out: io.StringIO) -> None:
    logs.configure("debug", "json", out)
    log.debug("once")
    assert len(lines(out)) == 1


def test_libraries_go_the_same_way(out: io.StringIO) -> None:
    logging.getLogger("asyncua.client").warning("renewing channel %d", 7)
    assert lines(out) == [
        (4, {"event": "renewing channel 7", "level": "warning", "logger": "asyncua.client"})
    ]


def test_chatty_libraries_are_held_back_even_when_debugging() -> None:
    out = io.StringIO()
    logs.configure("debug", "json", out)
    logging.getLogger("asyncua.client.ua_client").info("publish result")
    logging.getLogger("pymodbus.logging").error("a kilobyte of frame")
    logging.getLogger("paho").debug("sending PINGREQ")
    assert lines(out) == []
    logging.getLogger("pymodbus.logging").critical("beyond repair")
    assert [event["event"] for _, event in lines(out)] == ["beyond repair"]


class Broker(BaseModel):
    """A branch of the configuration with a secret in it."""

    url: str = f"mqtts://gw:{PASSWORD}@broker:8883"
    password: SecretStr = SecretStr(PASSWORD)


@pytest.mark.parametrize("form", ["json", "human"])
@pytest.mark.parametrize(
    "context",
    [
        {"password": PASSWORD},
        {"mqtt_password": PASSWORD},
        {"apiKey": PASSWORD, "api_key": PASSWORD, "private_key": PASSWORD, "key": PASSWORD},
        {"client_secret": PASSWORD, "Token": PASSWORD, "credentials": [PASSWORD]},
        {"anything": SecretStr(PASSWORD)},
        {"mqtt": {"user": "gw", "password": PASSWORD}},
        {"brokers": [{"password": PASSWORD}, SecretStr(PASSWORD)]},
        {"broker": f"mqtts://gw:{PASSWORD}@broker.plant-a.local:8883"},
        {"broker": f"mqtts://gw:pa@ss:{PASSWORD}@broker"},
        {"broker": f"mqtts://:{PASSWORD}@broker"},
        {"brokers": (f"mqtt://a:1883,mqtt://gw:{PASSWORD}@b",)},
        {"server": f"opc.tcp://operator:{PASSWORD}@plc2:4840"},
        {"error": ConnectionError(f"mqtt://gw:{PASSWORD}@broker refused")},
        {"error": ValueError(f"bad line: password={PASSWORD};")},
        {"error": ValueError(f"bad table: {{'password': '{PASSWORD}'}}")},
        {"config": Broker()},
    ],
)
def test_a_secret_is_never_seen(form: Format, context: dict[str, object]) -> None:
    out = io.StringIO()
    logs.configure("info", form, out)
    log.info("connecting", **context)
    assert logs.HIDDEN in out.getvalue()
    assert PASSWORD not in out.getvalue()


@pytest.mark.parametrize("form", ["json", "human"])
def test_a_secret_in_a_message_or_a_traceback_is_never_seen(form: Format) -> None:
    out = io.StringIO()
    logs.configure("info", form, out)
    url = f"mqtt://gw:{PASSWORD}@broker"
    logging.getLogger("library").warning("cannot reach %s", url)
    try:
        raise ConnectionError(f"cannot reach {url}")  # noqa: TRY301 - to have a traceback
    except ConnectionError:
        log.exception("crashed")
        logging.getLogger("library").exception("crashed too")
    assert out.getvalue().count("cannot reach mqtt://gw:***@broker") == 3
    assert PASSWORD not in out.getvalue()


def test_without_the_redaction_the_secret_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "redact", lambda _logger, _method, event: event)
    out = io.StringIO()
    logs.configure("info", "json", out)
    log.info("connecting", broker=f"mqtt://gw:{PASSWORD}@broker")
    assert PASSWORD in out.getvalue()


def test_what_is_no_secret_is_shown(out: io.StringIO) -> None:
    context = {
        "broker": "mqtt://broker.plant-a.local:1883",
        "key_file": "/etc/edgetwin/gw.pem",
        "password": None,
        "hint": "the broker refused the password: check mqtt.password",
        "monkey": "see",
        "nothing": "",
        "keepalive": 15,
    }
    log.info("connecting", **context)
    [(_, event)] = lines(out)
    assert {name: event[name] for name in context} == context


def test_a_terminal_gets_colour_and_the_time_and_no_json() -> None:
    ours, terminal = os.openpty()
    with open(terminal, "w", encoding="utf-8") as stream, open(ours, "rb", buffering=0) as screen:  # noqa: PTH123 - descriptors, no paths
        logs.configure("info", "auto", stream)
        log.warning("device down", device="plc1")
        shown = screen.read(4096).decode()
    assert "device down" in shown
    assert "plc1" in shown
    assert "\x1b[" in shown
    assert shown.count(":") >= 2  # 12:34:56
    assert "{" not in shown


def test_people_may_ask_for_their_format_without_a_terminal() -> None:
    out = io.StringIO()
    logs.configure("info", "human", out)
    log.info("device up", device="plc1")
    assert "device up" in out.getvalue()
    assert "\x1b[" not in out.getvalue()


@pytest.mark.parametrize("before", ["", "sys.stderr.close()", "sys.stderr = None"])
def test_a_log_that_nobody_reads_any_more_stops_nothing(before: str) -> None:
    read, write = os.pipe()
    os.close(read)
    program = f"""
import logging, structlog, sys
from edgetwin.logs import configure
{before}
configure("info", "auto")
structlog.get_logger().info("into the void")
logging.getLogger("library").warning("into the void")
print("still here")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=write, timeout=30, check=False
    )
    os.close(write)
    assert done.stdout == b"still here\n"
    assert done.returncode == 0


def test_a_stream_that_closes_later_stops_nothing(out: io.StringIO) -> None:
    out.close()
    log.info("into the void")
