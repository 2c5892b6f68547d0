"""How long a signal of which nothing was heard is no wonder."""

import math

from edgetwin.field.mqtt.waiting import Waiting

SECOND = 1_000_000_000


def test_each_signal_is_waited_for_as_long_as_it_usually_takes() -> None:
    waiting = Waiting([0.1, 10.0, math.nan])
    waiting.expect(range(3), 0)
    assert waiting.patience_s(0) == 5.0
    assert waiting.overdue(5 * SECOND - 1) == []
    assert waiting.overdue(5 * SECOND) == [0]
    assert waiting.overdue(5 * SECOND) == []  # it is told once
    assert waiting.overdue(30 * SECOND) == [1]
    assert waiting.overdue(60 * SECOND) == [2]
    assert waiting.patience_s(60 * SECOND) == math.inf


def test_what_was_heard_is_not_waited_for() -> None:
    waiting = Waiting([1.0, 1.0])
    waiting.expect(range(2), 0)
    waiting.heard(0)
    waiting.heard(0)
    assert waiting.overdue(100 * SECOND) == [1]
    waiting.expect([0], 100 * SECOND)  # its edge node was born anew
    assert waiting.overdue(200 * SECOND) == [0]
