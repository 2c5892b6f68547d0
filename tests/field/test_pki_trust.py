"""Who is trusted: this very certificate, or one for which a trusted authority vouches, in its time, by its names."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from field_certificates import KEYS, NOW, SERVER_URI, Pair, issue
from structlog.testing import capture_logs

from edgetwin.field.pki.certificate import Certificate
from edgetwin.field.pki.expiry import Reminder, threshold, words
from edgetwin.field.pki.trust import Judgement, Shown, judge

PLANT = issue("Plant CA", uri="urn:ca", authority=True, key=KEYS[1])


def judged(
    *chain: Certificate, trusted: list[Pair] | None = None, issuers: list[Pair] | None = None
) -> Judgement:
    return judge(
        Shown(chain, SERVER_URI, "127.0.0.1"),
        [each.certificate for each in trusted or []],
        [each.certificate for each in issuers or []],
        NOW,
    )


def test_nobody_is_trusted_unasked() -> None:
    found = judged(issue("CW PLC").certificate)
    assert "not trusted" in found.refusal
    assert found.unknown


def test_this_very_certificate_is_trusted_and_no_other() -> None:
    plc = issue("CW PLC")
    assert judged(plc.certificate, trusted=[plc]) == Judgement()
    assert judged(issue("CW PLC").certificate, trusted=[plc]).refusal


def test_who_signs_as_another_is_not_the_other() -> None:
    forged = issue(
        "Plant CA", uri="urn:ca", authority=True, key=KEYS[0]
    )  # the name of the authority, another key
    assert judged(issue("CW PLC", by=forged).certificate, issuers=[PLANT]).refusal


def test_an_authority_vouches_over_one_that_the_server_shows() -> None:
    between = issue("Line CA", authority=True, by=PLANT, key=KEYS[0])
    server = issue("CW PLC", by=between)
    assert not judged(server.certificate, between.certificate, issuers=[PLANT]).refusal
    assert judged(server.certificate, issuers=[PLANT]).refusal
    assert judged(server.certificate, between.certificate).refusal


def test_a_server_is_no_authority() -> None:
    other = issue("Other PLC", by=PLANT, key=KEYS[0])
    server = issue("CW PLC", by=other)
    assert judged(server.certificate, other.certificate, issuers=[PLANT]).refusal


def test_an_authority_may_be_forbidden_to_have_others_below_it() -> None:
    last = issue("Plant CA", uri="urn:ca", authority=True, longest_chain=0, key=KEYS[1])
    between = issue("Line CA", authority=True, by=last, key=KEYS[0])
    direct, below = issue("CW PLC", by=last), issue("CW PLC", by=between)
    assert not judged(direct.certificate, issuers=[last]).refusal
    assert judged(below.certificate, between.certificate, issuers=[last]).refusal


def test_an_expired_authority_vouches_for_nobody() -> None:
    old = issue("Plant CA", authority=True, until=timedelta(hours=-1), key=KEYS[1])
    assert judged(issue("CW PLC", by=old).certificate, issuers=[old]).refusal


def test_a_ring_of_authorities_is_no_chain() -> None:
    one = issue("One", authority=True, key=KEYS[0])
    two = issue("Two", authority=True, by=one, key=KEYS[1])
    ring = issue("One", authority=True, by=two, key=KEYS[0])
    server = issue("CW PLC", by=two, key=KEYS[0])
    assert judged(server.certificate, two.certificate, ring.certificate, two.certificate).refusal


@pytest.mark.parametrize(
    ("host", "uri"), [("10.1.2.3", SERVER_URI), ("127.0.0.1", "urn:another")], ids=["host", "uri"]
)
def test_names_count_where_an_authority_vouches_and_are_odd_where_the_server_is_trusted_itself(
    host: str, uri: str
) -> None:
    server = issue("CW PLC", by=PLANT, host=host, uri=uri)
    refused = judged(server.certificate, issuers=[PLANT])
    assert refused.refusal
    assert refused.unknown  # so that a person may trust it itself
    taken = judged(server.certificate, trusted=[server], issuers=[PLANT])
    assert not taken.refusal
    assert len(taken.remarks) == 1


def test_a_short_key_is_refused_though_it_is_trusted() -> None:
    weak = issue("Old PLC", key=generate_private_key(65537, 1024))  # noqa: S505 - what old devices have
    assert "1024 bits" in judged(weak.certificate, trusted=[weak]).refusal


def test_days_become_thresholds() -> None:
    crossed = {days: threshold(days) for days in (400, 31, 30, 8, 7, 2, 1, 0, -1, -400)}
    assert crossed == {400: None, 31: None, 30: 30, 8: 30, 7: 7, 2: 7, 1: 1, 0: 1, -1: 0, -400: 0}
    assert [words(days) for days in (-1, 0, 1, 2)] == [
        "expired",
        "expires within a day",
        "expires in 1 day",
        "expires in 2 days",
    ]


def test_each_threshold_is_told_once() -> None:
    plc = issue("CW PLC", until=timedelta(days=40)).certificate
    reminder = Reminder("plc2")
    with capture_logs() as logs:
        for hour in range(0, 24 * 45, 8):
            reminder.look([("server", plc, "make a new one")], NOW + timedelta(hours=hour))
    assert [(entry["event"], entry["days_left"]) for entry in logs] == [
        ("certificate expires soon", 30),
        ("certificate expires soon", 7),
        ("certificate expires soon", 1),
        ("certificate has expired", -1),
    ]
    assert all(entry["device"] == "plc2" for entry in logs)


def test_a_renewed_certificate_starts_afresh() -> None:
    reminder = Reminder("plc2")
    old, new = (issue("CW PLC", until=timedelta(days=days)).certificate for days in (3, 3))
    with capture_logs() as logs:
        for each in (old, new, old):
            reminder.look([("server", each, "")], NOW)
    assert len(logs) == 2
