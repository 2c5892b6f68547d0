"""What the demo says beside the picture, from made-up views and a real plant."""

import re
from typing import Any

from edgetwin.cli.demo_words import (
    KEYS,
    Broker,
    gateway_transitions,
    key_lines,
    plant_lines,
    plant_transitions,
)
from edgetwin.plant.plant import Plant, breakable


def view(
    *,
    quality: str = "good",
    reasons: tuple[str, ...] = (),
    up: bool = True,
    reason: str | None = None,
    alerts: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "devices": [{"name": "mill", "up": up, "reason": reason}],
        "uplink": {"broker": "mqtt://b:1", "connected": True, "reason": None},
        "alerts": [
            {
                "id": kind,
                "occurrence": 1,
                "active": True,
                "severity": "warning",
                "kind": kind,
                "subject": "mill.t",
                "message": f"mill.t is {kind}",
            }
            for kind in alerts
        ],
        "signals": [
            {
                "name": "mill.t",
                "quality": quality,
                "reasons": list(reasons),
                "raw": 50.0,
                "value": 48.123,
                "sigma": 0.2,
                "unit": "degC",
            }
        ],
    }


def told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return list(gateway_transitions(before, after))


def test_where_nothing_changes_nothing_is_said() -> None:
    bad = view(quality="bad", reasons=("stuck",), alerts=("stuck",))
    assert told(view(), view()) == []
    assert told(bad, bad) == []


def test_a_change_of_quality_is_said_with_the_corrected_value() -> None:
    assert told(view(), view(quality="bad", reasons=("stuck", "substituted"))) == [
        "the gateway: mill.t is bad (stuck, substituted), raw 50.00, corrected 48.12 ± 0.20 degC"
    ]
    assert told(view(quality="bad"), view()) == [
        "the gateway: mill.t is good, raw 50.00, corrected 48.12 ± 0.20 degC"
    ]


def test_what_is_still_being_learned_or_away_with_its_device_is_not_worth_a_line() -> None:
    assert told(view(quality="uncertain", reasons=("startup",)), view()) == []
    assert told(view(), view(quality="bad", reasons=("comm", "substituted"))) == []


def test_an_alert_is_said_when_it_begins_and_when_it_is_over() -> None:
    assert told(view(), view(alerts=("stuck",))) == ["the gateway: alert, warning: mill.t is stuck"]
    assert told(view(alerts=("stuck",)), view()) == ["the gateway: alert over, stuck mill.t"]


def test_a_device_is_said_to_be_down_and_up_again() -> None:
    down = view(up=False, reason="connection refused")
    assert told(view(), down) == ["the gateway: mill is down: connection refused"]
    assert told(down, view(up=False, reason="no answer within 1 s")) == []
    assert told(down, view()) == ["the gateway: mill is up"]


def test_a_device_that_was_not_tried_yet_is_not_called_down() -> None:
    assert told(view(up=False), view(up=False)) == []
    assert told(view(up=False), view()) == ["the gateway: mill is up"]


def test_the_plant_says_what_breaks_and_what_is_well_again() -> None:
    plant = Plant()
    sound = plant.faults
    plant.break_("mill.bearing_temp", "stuck")
    stuck = plant.faults
    plant.break_("mill.bearing_temp", "drift")
    assert list(plant_transitions(sound, stuck)) == ["the plant: mill.bearing_temp is stuck"]
    assert list(plant_transitions(stuck, plant.faults)) == [
        "the plant: mill.bearing_temp is well again (stuck is over)",
        "the plant: mill.bearing_temp drifts",
    ]


def test_the_truth_stands_beside_a_lying_sensor() -> None:
    plant = Plant()
    plant.break_("mill.bearing_temp", "stuck")
    plant.step(12.0)
    (line,) = plant_lines(plant, scheduled=True, colour=False)
    assert line == (
        "the plant: mill.bearing_temp is stuck since 12 s; "
        f"the truth is {plant.truth['mill.bearing_temp']:.4g} degC"
    )


def test_a_sound_plant_says_what_comes_next_if_anything_does() -> None:
    plant = Plant()
    plant.step(5.0)
    assert plant_lines(plant, scheduled=True, colour=False) == [
        "the plant: all is well; in 15 s: mill.bearing_temp stuck"
    ]
    assert plant_lines(plant, scheduled=False, colour=False) == ["the plant: all is well"]


def test_every_key_breaks_something_that_can_break() -> None:
    assert list(KEYS) == list("123456789")
    assert set(KEYS.values()) <= set(breakable())


def test_the_list_of_keys_fits_the_terminal_and_breaks_no_entry() -> None:
    for columns in (60, 80, 200):
        lines = key_lines(columns, listed=True, scheduled=True, colour=False)
        assert max(map(len, lines)) <= columns
        entries = [entry for line in lines for entry in re.split(r" {3}", line)]
        assert "5 feed.tank_level drop-out" in entries
        assert "s stop the schedule" in entries


def test_where_there_is_no_room_the_keys_are_named_in_one_line() -> None:
    assert key_lines(80, listed=False, scheduled=False, colour=False) == [
        "1-9 break something   m mend everything   s resume the schedule   q end"
    ]


def test_the_line_to_subscribe_with_can_be_pasted_into_a_shell() -> None:
    assert Broker("localhost", 1884).subscription("edgetwin/demo/gw") == (
        "mosquitto_sub -v -h localhost -p 1884 -t 'edgetwin/demo/gw/#'"
    )
