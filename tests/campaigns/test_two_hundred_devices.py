"""200 devices, 100 of them failed in six different ways: nobody who is well has to wait for one who is not.

In `make test` for some seconds, and without a bound on lateness, which is a matter of the machine. `make campaign` runs
it for longer, and holds it to 50 ms at the 99th percentile.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from plc_fleet import FAILURES, REFUSES, WELL
from real_broker import Mosquitto
from shop_floor import PERIOD_S, SIGNALS, Report, campaign, configuration, fleet, name_of

from edgetwin.field.link import LinkState

LONG = "EDGETWIN_CAMPAIGN" in os.environ
SECONDS = 90.0 if LONG else 3.0
HALF = 100
LATE_MS = 50.0
FAILED = {
    kind: HALF // len(FAILURES) + (number < HALF % len(FAILURES)) for number, kind in enumerate(FAILURES)
}

pytestmark = [pytest.mark.timeout(300), pytest.mark.alone]


def of_kind(links: Mapping[str, LinkState], kind: str) -> list[LinkState]:
    prefix = name_of(kind, 0).removesuffix("0")
    return [link for name, link in links.items() if name.startswith(prefix)]


def all_have_failed(links: Mapping[str, LinkState]) -> bool:
    return not any(link.up for kind in FAILED if kind != "exceptions" for link in of_kind(links, kind))


def tell(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{len(report.links)} devices: {report}\n")


async def test_the_healthy_miss_nothing_while_a_hundred_others_fail(
    tmp_path: Path, broker: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    async with fleet({WELL: HALF, **FAILED}) as ports:
        report = await campaign(configuration(tmp_path, ports, broker.url), SECONDS, settled=all_have_failed)
    tell(report, capsys)
    assert len(report.links) == 2 * HALF
    assert report.polls >= HALF * (SECONDS / PERIOD_S - 1)
    assert report.missed == 0
    assert report.dropped == 0
    assert all(link.up and link.downs == 0 for link in of_kind(report.links, WELL))
    assert not LONG or report.late(99) <= LATE_MS
    # And the others have really failed, each in its way, and gave no value that it should not have.
    for kind, count in FAILED.items():
        links = of_kind(report.links, kind)
        assert len(links) == count
        assert all(not link.up or kind == "exceptions" for link in links), kind
        readings = sum(report.good[link.device] for link in links)
        assert readings == (count * SIGNALS * 3 if kind == "frozen" else 0), kind
    assert all("refused" in link.reason for link in of_kind(report.links, REFUSES))


@pytest.mark.parametrize("stop_s", [2.5])
async def test_a_driver_that_stops_the_loop_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stop_s: float
) -> None:
    """Take the guard away: polls are missed, and the campaign sees it."""
    async with fleet({WELL: 10}) as ports:
        report = await campaign(configuration(tmp_path, ports), 1.5, stop_s=stop_s)
    tell(report, capsys)
    assert report.missed >= 10
    assert report.late(100) > 300.0
