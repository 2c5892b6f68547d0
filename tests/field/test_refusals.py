"""How often a device is asked for what it refuses, and how often that is said."""

from field_watch import VirtualTime
from structlog.testing import capture_logs

from edgetwin.core import status
from edgetwin.field.refusals import Refusals, Retry, retry_s


def test_a_refusal_is_doubted_within_a_second_and_then_ever_more_rarely() -> None:
    waits = [retry_s()]
    while len(waits) < 9:
        waits.append(retry_s(waits[-1]))
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_the_first_retry_is_due_at_once_and_the_others_when_they_are() -> None:
    retry = Retry(now_ns=5 * 10**9)
    asked = [second for second in range(5, 25) if retry.due(second * 10**9)]
    assert asked == [5, 6, 8, 12, 20]


async def told(times: int, *, refused_at_the_end: bool, pause_s: float) -> list[str]:
    """Let a signal come and go, then stay as it is for two minutes; give what was said."""
    time = VirtualTime()
    refusals = Refusals("plc", time)
    with capture_logs() as lines:
        for _ in range(times):
            refusals.refused("temp", status.BAD_NODE_UNKNOWN, "")
            refusals.answers(["temp", "power"])
            await time.sleep(pause_s)
        for _ in range(120):
            if refused_at_the_end:
                refusals.refused("temp", status.BAD_NODE_UNKNOWN, "")
            else:
                refusals.answers(["temp", "power"])
            await time.sleep(1.0)
    return [line["event"] for line in lines]


async def test_what_begins_and_ends_is_said_at_once() -> None:
    assert await told(1, refused_at_the_end=False, pause_s=0.0) == ["signal refused", "signal answers"]


async def test_a_signal_that_comes_and_goes_with_each_message_is_no_flood() -> None:
    said = await told(1000, refused_at_the_end=False, pause_s=0.1)  # for 100 s
    assert said == ["signal refused", "signal answers"] * 2


async def test_what_stays_refused_after_that_is_said_all_the_same() -> None:
    said = await told(100, refused_at_the_end=True, pause_s=0.1)
    assert said == ["signal refused", "signal answers", "signal refused"]
