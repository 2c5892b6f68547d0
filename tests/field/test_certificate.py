"""What a certificate says, and that nonsense is no certificate."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from field_certificates import NOW, issue
from hypothesis import example, given
from hypothesis import strategies as st

from edgetwin.config.url import endpoint, with_port
from edgetwin.field.pki.certificate import NotACertificate, chain, names_host, read
from edgetwin.field.pki.make import application_uri, make

MADE = make(
    name="edgetwin gw-07@panel",
    uri=application_uri("panel", "plant-a", "gw-07"),
    hosts=["panel", "192.168.10.5"],
    now=datetime(2026, 3, 1, 12, tzinfo=UTC),
)


def test_our_own_certificate_says_what_opc_ua_asks_for() -> None:
    own = read(MADE.certificate)
    assert own.name == "edgetwin gw-07@panel"
    assert own.uri == "urn:panel:edgetwin:plant-a:gw-07"
    assert own.hosts == ("panel", "192.168.10.5")
    assert own.rsa_bits == 2048
    assert own.self_signed
    assert not own.is_authority
    assert own.days_left(datetime(2026, 3, 1, 12, tzinfo=UTC)) == 1826

    extensions = own.x509.extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert usage.key_encipherment
    assert usage.data_encipherment
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
    assert own.x509.signature_hash_algorithm is not None
    assert own.x509.signature_hash_algorithm.name == "sha256"


def test_two_certificates_are_never_the_same() -> None:
    again = make(name="a", uri="urn:a", hosts=["a"], now=NOW)
    assert again.certificate != make(name="a", uri="urn:a", hosts=["a"], now=NOW).certificate


def test_pem_and_der_are_the_same_certificate() -> None:
    one = issue("CW PLC").certificate
    assert read(one.x509.public_bytes(Encoding.PEM)) == read(one.der) == one


def test_a_chain_is_cut_into_its_certificates() -> None:
    plant = issue("Plant CA", authority=True)
    server = issue("CW PLC", by=plant)
    assert chain(server.certificate.der + plant.certificate.der) == [server.certificate, plant.certificate]
    assert chain(b"") == []


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: MADE.certificate[:200] + tail))
def test_nonsense_is_no_certificate(content: bytes) -> None:
    with pytest.raises(NotACertificate):
        read(content)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # a byte may make it negative; devices do so too
@given(st.integers(0, len(MADE.certificate) - 1), st.integers(0, 255))
@example(place=12, byte=32)  # a version that does not exist
def test_a_certificate_with_a_wrong_byte_is_read_or_refused(place: int, byte: int) -> None:
    spoilt = bytearray(MADE.certificate)
    spoilt[place] = byte
    try:
        found = read(bytes(spoilt))
    except NotACertificate:
        return
    assert found.self_signed == (bytes(spoilt) == MADE.certificate) or found.der == MADE.certificate


def test_a_name_cannot_write_to_the_terminal() -> None:
    assert issue("CW\x1b[2J PLC").certificate.name == "CW?[2J PLC"
    assert len(issue("x" * 64).certificate.name) == 64


def test_only_the_key_of_an_authority_vouches() -> None:
    plant, other = issue("Plant CA", authority=True), issue("Plant CA", authority=True)
    server = issue("CW PLC", by=plant)
    assert plant.certificate.vouches_for(server.certificate)
    assert other.certificate.vouches_for(server.certificate)  # the same name and the same key
    assert not server.certificate.vouches_for(plant.certificate)
    assert not server.certificate.self_signed


@pytest.mark.parametrize("host", ["panel", "PANEL", "panel.", "192.168.10.5"])
def test_a_certificate_names_its_hosts(host: str) -> None:
    assert names_host(read(MADE.certificate), host)


@pytest.mark.parametrize("host", ["panel2", "192.168.10.50", "pane", ""])
def test_a_certificate_names_no_other_host(host: str) -> None:
    assert not names_host(read(MADE.certificate), host)


def test_days_are_counted_whole() -> None:
    certificate = issue("CW PLC", until=timedelta(days=5)).certificate
    assert certificate.days_left(NOW - timedelta(hours=1)) == 5
    assert certificate.days_left(NOW + timedelta(hours=1)) == 4
    assert certificate.days_left(NOW + timedelta(days=5, hours=1)) == -1


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("opc.tcp://plc2", "opc.tcp://plc2:4840"),
        ("opc.tcp://plc2:48010/UA", "opc.tcp://plc2:48010/UA"),
        ("opc.tcp://[fe80::1]/UA", "opc.tcp://[fe80::1]:4840/UA"),
    ],
)
def test_a_url_is_written_out_with_its_port(url: str, whole: str) -> None:
    assert with_port(url, endpoint(url, {"opc.tcp": 4840}, path=True)) == whole
