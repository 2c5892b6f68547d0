"""What waits while the broker is away: what goes first, what is dropped, and what is never forgotten."""

from edgetwin.uplink.outbox import Lane, Message, Outbox


def message(name: str, lane: Lane = Lane.STATE, *, retain: bool = False, size: int = 1) -> Message:
    return Message(lane, name, b"x" * size, retain=retain)


def drain(box: Outbox) -> list[str]:
    topics = []
    while (each := box.take()) is not None:
        topics.append(each.topic if each.payload else f"{each.topic} cleared")
    return topics


def test_alerts_go_before_state_and_single_signals_go_last() -> None:
    box = Outbox(10)
    for lane in (Lane.SIGNAL, Lane.STATE, Lane.HEALTH, Lane.ALERT, Lane.STATUS):
        box.put(message(lane.value, lane))
    assert len(box) == 5
    assert drain(box) == ["status", "alert", "health", "state", "signal"]
    assert not box


def test_the_oldest_state_goes_first_when_there_is_no_room_and_is_counted() -> None:
    box = Outbox(3)
    for number in range(5):
        box.put(message(str(number)))
    assert drain(box) == ["2", "3", "4"]
    assert box.dropped[Lane.STATE] == 2


def test_bytes_are_bounded_too() -> None:
    box = Outbox(1000)
    for number in range(5):
        box.put(message(str(number), size=16 << 20))
    assert drain(box) == ["1", "2", "3", "4"]
    assert box.dropped[Lane.STATE] == 1


def test_state_never_takes_the_room_of_alerts() -> None:
    box = Outbox(3)
    box.put(message("alert", Lane.ALERT))
    for number in range(5):
        box.put(message(str(number)))
    assert drain(box)[0] == "alert"
    assert box.dropped[Lane.ALERT] == 0


def test_a_new_outbox_sends_what_the_old_one_could_not_before_its_own() -> None:
    old, new = Outbox(10), Outbox(3)
    for number in range(4):
        old.put(message(str(number)))
    old.begin(message("a", Lane.ALERT, retain=True))
    old.begin(message("b", Lane.ALERT, retain=True))
    old.end(message("b", Lane.ALERT))
    new.adopt(old)
    new.put(message("new"))
    assert new.dropped[Lane.STATE] == 2  # it has room of its own
    assert drain(new) == ["a", "b", "b", "b cleared", "2", "3", "new"]


def test_what_an_old_outbox_knew_of_alerts_is_no_longer_what_the_broker_keeps() -> None:
    old, new = Outbox(10), Outbox(10)
    old.begin(message("a", Lane.ALERT, retain=True))
    new.adopt(old)
    taken = new.take()
    assert taken is not None
    assert not taken.retain
    assert new.standing == {}


def test_an_end_is_told_before_the_alert_is_cleared() -> None:
    box = Outbox(10)
    box.begin(message("a", Lane.ALERT, retain=True))
    box.end(message("a", Lane.ALERT))
    assert drain(box) == ["a", "a", "a cleared"]
    assert box.standing == {}


def test_after_a_reconnect_what_stands_is_told_again() -> None:
    box = Outbox(10)
    box.begin(message("a", Lane.ALERT, retain=True))
    box.begin(message("b", Lane.ALERT, retain=True))
    drain(box)
    box.tell_standing_again()
    assert drain(box) == ["a", "b"]


def test_an_alert_that_still_waits_is_not_told_twice() -> None:
    box = Outbox(10)
    box.begin(message("a", Lane.ALERT, retain=True))
    box.tell_standing_again()
    assert drain(box) == ["a"]


def test_an_alert_that_ends_before_it_is_told_again_stays_cleared() -> None:
    box = Outbox(10)
    box.begin(message("a", Lane.ALERT, retain=True))
    drain(box)
    box.tell_standing_again()
    box.end(message("a", Lane.ALERT))
    assert drain(box)[-1] == "a cleared"


def test_alerts_that_were_dropped_still_end_in_the_truth() -> None:
    box = Outbox(10, alert_room=2)
    for name in "abcd":
        box.begin(message(name, Lane.ALERT, retain=True))
    box.end(message("b", Lane.ALERT))
    assert box.dropped[Lane.ALERT] == 4
    told = drain(box)
    assert set(told) == {"a", "b", "b cleared", "c", "d"}
    assert told.index("b cleared") > told.index("b")


def test_what_was_on_its_way_comes_back_in_order_and_first() -> None:
    box = Outbox(10)
    box.put(message("3"))
    box.put_back([message("a", Lane.ALERT), message("1"), message("b", Lane.ALERT), message("2")])
    assert drain(box) == ["a", "b", "1", "2", "3"]


def test_what_comes_back_to_a_full_box_is_dropped_oldest_first() -> None:
    box = Outbox(2)
    box.put(message("3"))
    box.put_back([message("1"), message("2")])
    assert drain(box) == ["2", "3"]
    assert box.dropped[Lane.STATE] == 1


def test_only_the_newest_of_a_signal_waits_also_when_an_older_one_comes_back() -> None:
    box = Outbox(10)
    old, new = (message("s", Lane.SIGNAL, retain=True, size=size) for size in (1, 2))
    box.put(old)
    box.put(new)
    box.put_back([old])
    assert box.take() is new
    assert box.take() is None


def test_a_message_that_is_given_up_is_counted_and_not_told_again() -> None:
    box = Outbox(10)
    poison = message("a", Lane.ALERT, retain=True)
    box.begin(poison)
    taken = box.take()
    assert taken is poison
    box.drop(poison)
    box.tell_standing_again()
    assert box.take() is None
    assert box.dropped[Lane.ALERT] == 1
