"""The JSON that leaves the gateway, held against the schemas that are shipped."""

import math
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jsonschema import Draft202012Validator, ValidationError
from uplink_cases import ASSETS, START_NS, TABLE, alert, outcome, validate

from edgetwin.core.alerts.event import AlertEvent, Severity
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import UNSTAMPED, Outcome, Quality, Reason
from edgetwin.core.status import BAD_DEVICE_FAILURE, modbus_exception
from edgetwin.uplink.messages import Envelope, Row, RowWriter, alert_json
from edgetwin.uplink.schema import NAMES, schemas
from edgetwin.uplink.stamps import iso, iso_column
from edgetwin.uplink.subjects import Subjects

SUBJECTS = Subjects(TABLE, ASSETS)


def envelope() -> Envelope:
    return Envelope("plant-a", "gw-07", "1-00c0ffee")


def rows_of(told: Outcome) -> list[Row]:
    return RowWriter(TABLE).rows(told, np.arange(len(told)))


def states(told: Outcome, who: Envelope | None = None) -> dict[str, Row]:
    written = (who or envelope()).state(SUBJECTS, told.ids.tolist(), rows_of(told), START_NS)
    return {subject.name: validate("state", payload) for subject, payload in written}


def test_every_schema_is_sound_and_shipped() -> None:
    assert set(schemas()) == set(NAMES)
    for schema in schemas().values():
        Draft202012Validator.check_schema(schema)
    shipped = {file.name for file in files("edgetwin.uplink.schema").iterdir() if file.name.endswith(".json")}
    assert shipped == {f"{name}.json" for name in NAMES}


def test_the_schema_knows_every_reason_and_quality() -> None:
    row = schemas()["signal"]["properties"]
    assert row["reasons"]["items"]["enum"] == [(reason.name or "").lower() for reason in Reason]
    assert row["quality"]["enum"] == [quality.name.lower() for quality in Quality]
    assert schemas()["state"]["$defs"]["row"]["properties"] == {
        name: row[name] for name in row if name not in {"v", "site", "gateway", "epoch", "time"}
    }


def test_a_schema_refuses_what_we_do_not_write() -> None:
    with pytest.raises(ValidationError):
        validate("alert", alert_json(alert()).replace(b'"stuck"', b"5"))
    with pytest.raises(ValidationError):
        validate("alert", alert_json(alert()).replace(b"Z", b"+00:00"))


def test_a_signal_travels_with_all_that_is_known_about_it() -> None:
    told = outcome({0: 61.125}, quality=2, reasons=Reason.STUCK | Reason.SUBSTITUTED)
    message = states(told)["plant-a/grinding/mill1/bearing"]
    assert message["signals"]["temp"] == {
        "signal": "plc1.bearing_temp",
        "unit": "degC",
        "raw": 61.375,
        "value": 61.125,
        "sigma": 0.1,
        "quality": "bad",
        "reasons": ["stuck", "substituted"],
        "surprise": 0.3,
        "status": 0,
        "t_source": None,
        "t_read": iso(START_NS),
    }
    assert (message["v"], message["site"], message["gateway"]) == (1, "plant-a", "gw-07")
    assert message["epoch"] == "1-00c0ffee"


def test_a_shared_signal_is_told_by_each_asset_and_an_unclaimed_one_by_its_device() -> None:
    told = states(outcome({0: 1.0, 1: 2.0, 2: 1.0, 4: 5.0}))
    where = {subject: set(message["signals"]) for subject, message in told.items()}
    assert where == {
        "plant-a/grinding/mill1/bearing": {"temp", "T_water"},
        "plant-a/grinding/mill2/bearing": {"T_water"},
        "plc1": {"motor_kw", "mode"},
    }
    assert told["plc1"]["device"] == "plc1"
    assert told["plant-a/grinding/mill2/bearing"]["asset"] == "plant-a/grinding/mill2/bearing"


def test_seq_counts_by_one_over_all_topics_of_a_lane() -> None:
    who = envelope()
    state = [message["seq"] for _ in range(2) for message in states(outcome({0: 1.0, 1: 2.0}), who).values()]
    alerts = [validate("alert", who.alert(alert(), START_NS))["seq"] for _ in range(3)]
    assert state == [1, 2, 3, 4]
    assert alerts == [1, 2, 3]


def test_numbers_are_not_rounded_and_missing_ones_are_null() -> None:
    third = 1.0 / 3.0
    (row,) = states(outcome({1: third}))["plc1"]["signals"].values()
    assert row["value"] == third
    (row,) = states(outcome({1: math.nan}, sigma=math.inf))["plc1"]["signals"].values()
    assert (row["raw"], row["value"], row["sigma"]) == (None, None, None)


def test_zero_is_a_value() -> None:
    (row,) = states(outcome({1: 0.0}))["plc1"]["signals"].values()
    assert row["value"] == 0.0


def test_a_state_and_a_text_say_their_label() -> None:
    rows = rows_of(outcome([(2, 0.75), (2, 6.75), (3, math.nan)], texts=(None, None, "recipe 5")))
    assert [row["label"] for row in rows] == ["running", None, "recipe 5"]
    assert rows_of(outcome({2: math.nan}))[0]["label"] is None
    assert "label" not in rows_of(outcome({0: 1.0}))[0]


def test_a_broken_text_does_not_cost_the_message() -> None:
    told = states(outcome({3: math.nan}, texts=("a\ud800b",)))
    assert told["plc2"]["signals"]["recipe"]["label"] == "a?b"


def test_the_status_of_the_device_is_kept_and_named() -> None:
    (row,) = rows_of(outcome({1: math.nan}, status=modbus_exception(2)))
    assert row["status"] == BAD_DEVICE_FAILURE | 2
    assert row["status_text"] == "BadDeviceFailure (Modbus exception 2: illegal data address)"


def test_a_signal_that_was_never_read_says_so_and_not_1970() -> None:
    told = states(Pipeline(TABLE).snapshot(START_NS))
    for row in (row for message in told.values() for row in message["signals"].values()):
        assert (row["raw"], row["value"], row["t_source"], row["t_read"]) == (None, None, None, None)


def test_times_have_one_form() -> None:
    assert iso(START_NS) == "2026-09-21T14:13:20.123456Z"
    assert iso(0) == "1970-01-01T00:00:00.000000Z"
    column = np.array([START_NS, UNSTAMPED, 0, START_NS], np.int64)
    assert iso_column(column) == [iso(START_NS), None, iso(0), iso(START_NS)]
    assert iso_column(np.array([], np.int64)) == []


def test_an_alert_has_a_fixed_form() -> None:
    assert validate("alert", alert_json(alert(active=False))) == {
        "v": 1,
        "id": "plc1.bearing_temp/stuck",
        "occurrence": 1,
        "signal": "plc1.bearing_temp",
        "kind": "stuck",
        "severity": "warning",
        "active": False,
        "onset": "2026-09-21T14:12:50.123456Z",
        "detected": "2026-09-21T14:13:20.123456Z",
        "ended": "2026-09-21T14:14:20.123456Z",
        "message": "plc1.bearing_temp repeats itself",
        "evidence": {"repeats": 40, "longest_before": 3.0, "rule": "run length"},
        "three_sigma": False,
    }


def test_evidence_may_hold_numpy_numbers_and_no_number_at_all() -> None:
    event = AlertEvent(
        id="a",
        occurrence=1,
        subject="plc1",
        subject_kind="device",
        kind="comm",
        severity=Severity.CRITICAL,
        active=True,
        onset_ns=START_NS,
        detected_ns=START_NS,
        message="plc1 does not answer",
        evidence={"n": 3, "x": np.float64(0.5), "none": math.nan, "far": np.float64(np.inf)},
    )
    written = validate("alert", alert_json(event))
    assert written["evidence"] == {"n": 3, "x": 0.5, "none": None, "far": None}
    assert written["device"] == "plc1"
    assert "signal" not in written


def test_status_health_and_single_signals_keep_to_their_schemas() -> None:
    who = envelope()
    birth = validate("status", who.status(START_NS, "0.1.0", online=True))
    health = validate("health", who.health(START_NS, {"steps": np.int64(5)}, {"queued": 0}))
    single = validate("signal", who.signal(rows_of(outcome({0: 1.0}))[0], START_NS))
    assert (birth["online"], birth["reason"]) == (True, "")
    assert (health["counters"], health["uplink"]) == ({"steps": 5}, {"queued": 0})
    assert single["signal"] == "plc1.bearing_temp"


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    k = draw(st.integers(0, 3))

    def column(kind: str, elements: st.SearchStrategy[int] | None = None) -> Any:  # noqa: ANN401 - any column
        return draw(hnp.arrays(kind, k, elements=elements))

    return Outcome(
        ids=column("int32", st.integers(0, len(TABLE) - 1)),
        raw=column("float64"),
        value=column("float64"),
        sigma=column("float64"),
        quality=column("uint8", st.integers(0, 2)),
        reasons=column("uint32"),
        surprise=column("float64"),
        status=column("uint32"),
        t_source=column("int64"),
        t_read=column("int64"),
        mono=column("int64"),
        texts=tuple(draw(st.lists(st.none() | st.text(max_size=5), min_size=k, max_size=k))),
    )


@given(outcomes())
def test_whatever_was_decided_keeps_to_the_schema(told: Outcome) -> None:
    states(told)
    for row in rows_of(told):
        validate("signal", envelope().signal(row, START_NS))
