"""How often a device is asked for what it refuses."""

from edgetwin.field.refusals import retry_s


def test_a_refusal_is_doubted_within_a_second_and_then_ever_more_rarely() -> None:
    waits = [retry_s()]
    while len(waits) < 9:
        waits.append(retry_s(waits[-1]))
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
