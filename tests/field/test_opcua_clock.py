"""The clocks of a server and of its sources: what is off is told, and what is merely old is not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from field_listener import Listener
from field_ua import UaServer
from field_watch import clock

from edgetwin.core.signals import UNSTAMPED, Frame, Stamp
from edgetwin.field.opcua.clock import ENOUGH, ClockWatch

S = 10**9
HOUR_S = 3600.0


def watch() -> ClockWatch:
    return ClockWatch(2, tolerance_s=2.0, lag_s=1.0)


def stamped(*seconds: float) -> Frame:
    """Make a frame whose sources stamped it so."""
    ids = np.arange(len(seconds), dtype=np.int32)
    frame = Frame.at(Stamp(0, 0), ids, np.zeros(len(ids)))
    frame.t_source[:] = [round(second * S) for second in seconds]
    return frame


def late(seconds: float) -> ClockWatch:
    """Watch a source that changes once a second, and whose stamps are so far from the server's clock."""
    watched = watch()
    for now_s in range(100, 120):
        watched.took(stamped(now_s + seconds), now_s * S)
    return watched


@pytest.mark.parametrize(
    ("off_s", "told_s"), [(0.0, 0.0), (1.9, 0.0), (-1.9, 0.0), (2.5, 2.5), (-HOUR_S, -HOUR_S)]
)
def test_a_servers_clock_is_off_beyond_the_tolerance(off_s: float, told_s: float) -> None:
    watched = watch()
    for now_s in range(100, 120):
        watched.heard(now_s * S, round((now_s + off_s) * S))
    assert watched.server_off_s == pytest.approx(told_s)


def test_one_late_message_is_no_clock_that_is_off() -> None:
    watched = watch()
    for now_s in range(100, 120):
        watched.heard(now_s * S, (now_s - (30 if now_s % 5 == 0 else 0)) * S)
        assert watched.server_off_s == 0


def test_a_clock_that_was_set_right_is_right_again_and_not_at_the_brink() -> None:
    watched, told = watch(), []
    for off_s in (5.0,) * 20 + (1.5,) * 20 + (0.5,) * 20:
        watched.heard(0, round(off_s * S))
        told.append(watched.server_off_s)
    assert told[: ENOUGH - 1] == [0.0] * (ENOUGH - 1)  # one message says nothing yet
    assert (told[19], told[39], told[59]) == (5.0, 1.5, 0.0)


def test_a_server_that_does_not_say_the_time_is_not_judged() -> None:
    watched = watch()
    for _ in range(20):
        watched.heard(3600 * S, UNSTAMPED)
        watched.took(stamped(1.0), UNSTAMPED)
    assert (watched.server_off_s, watched.source_off_s) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("off_s", "told_s"), [(0.0, 0.0), (-2.9, 0.0), (1.9, 0.0), (2.5, 2.5), (-3.5, -3.5), (HOUR_S, HOUR_S)]
)
def test_sources_may_be_as_late_as_sampling_explains(off_s: float, told_s: float) -> None:
    assert late(off_s).source_off_s == pytest.approx(told_s)


def test_a_value_that_stands_still_is_old_and_not_off() -> None:
    watched = watch()
    for now_s in range(100, 1000):
        watched.took(stamped(100.0, now_s - 0.5), now_s * S)
    assert watched.source_off_s == 0


def test_the_first_value_of_a_signal_may_be_as_old_as_it_likes() -> None:
    watched = watch()
    watched.took(stamped(5.0), 1000 * S)
    assert watched.source_off_s == 0
    assert not watched._source


def an_hour_ahead() -> Stamp:
    """Give our clock, an hour ahead: to it the server is an hour behind."""
    now = clock()
    return Stamp(now.wall + round(HOUR_S * S), now.mono)


@pytest.mark.parametrize("mode", ["subscribe", "read"])
async def test_a_server_whose_clock_is_an_hour_off_is_seen(ua_server: UaServer, mode: str) -> None:
    async with Listener(ua_server, "level", mode=mode, clock=an_hour_ahead).open() as listener:
        for value in range(ENOUGH + 2):
            await ua_server.write("level", 10.0 + value)
            await listener.hears("level")
        facts = listener.driver.facts
    assert facts["clock_off_s"] == pytest.approx(-HOUR_S, abs=2)
    assert facts["source_off_s"] == 0
    async with Listener(ua_server, "level", mode=mode).open() as listener:
        for value in range(ENOUGH + 2):
            await ua_server.write("level", 20.0 + value)
            await listener.hears("level")
        assert listener.driver.facts == {"clock_off_s": 0.0, "source_off_s": 0.0}


@pytest.mark.parametrize("mode", ["subscribe", "read"])
async def test_sources_whose_clock_is_off_are_told_apart_from_the_server(
    ua_server: UaServer, mode: str
) -> None:
    async with Listener(ua_server, "level", mode=mode).open() as listener:
        await listener.hears("level")
        for value in range(20):
            stamp = datetime.now(UTC) - timedelta(seconds=75)
            await ua_server.write("level", 30.0 + value, source=stamp)
            await listener.hears("level")
            if listener.driver.facts["source_off_s"]:
                break
        facts = listener.driver.facts
    assert facts["clock_off_s"] == 0
    assert facts["source_off_s"] == pytest.approx(-75, abs=2)
