"""How often a device is asked for what it refuses."""

from edgetwin.field.refusals import Retry, retry_s


def test_a_refusal_is_doubted_within_a_second_and_then_ever_more_rarely() -> None:
    waits = [retry_s()]
    while len(waits) < 9:
        waits.append(retry_s(waits[-1]))
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_the_first_retry_is_due_at_once_and_the_others_when_they_are() -> None:
    retry = Retry(now_ns=5 * 10**9)
    asked = [second for second in range(5, 25) if retry.due(second * 10**9)]
    assert asked == [5, 6, 8, 12, 20]
