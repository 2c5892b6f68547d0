"""What a chain writes to the log of the machine about alerts."""

import pytest
from structlog.testing import capture_logs

from edgetwin import chain
from edgetwin.core.alerts.event import AlertEvent, Severity


def about_a_device(kind: str) -> AlertEvent:
    return AlertEvent(
        id=f"mill.{kind}",
        occurrence=1,
        subject="mill",
        subject_kind="device",
        kind=kind,
        severity=Severity.WARNING,
        active=True,
        onset_ns=0,
        detected_ns=1,
        message=f"the words of {kind}",
    )


@pytest.mark.parametrize("kind", ["still", "gap"])
def test_what_only_the_core_has_noticed_of_a_device_is_in_the_log(kind: str) -> None:
    event = about_a_device(kind)
    with capture_logs() as lines:
        chain._say(event)
        chain._say(event.ended(2))
    assert [(line["event"], line["log_level"], line["device"]) for line in lines] == [
        ("alert", "warning", "mill"),
        ("alert over", "info", "mill"),
    ]
    assert lines[0]["message"] == f"the words of {kind}"


def test_a_device_that_is_away_is_told_by_its_poller_alone() -> None:
    with capture_logs() as lines:
        chain._say(about_a_device("comm"))
    assert lines == []
