"""Reading ahead: many packets with one call of the operating system, and never without end."""

import socket
from collections.abc import Iterator

import pytest

from edgetwin.wire.mqtt_paho import Login, Paho


@pytest.fixture
def ends() -> Iterator[tuple[Paho, socket.socket]]:
    """Give paho on one end of a line, and the other end."""
    near, far = socket.socketpair()
    near.settimeout(0)
    paho = Paho(near, Login(client_id="test"))
    paho._sock = near
    yield paho, far
    paho._sock = None
    near.close()
    far.close()


def read_all(paho: Paho, step: int) -> bytes:
    """Read in small pieces, as paho does, until nothing more may be read."""
    got = b""
    while True:
        try:
            piece = paho._sock_recv(step)
        except BlockingIOError:
            return got
        if not piece:
            return got
        got += piece


def test_a_peer_that_never_pauses_gets_one_read_at_a_time(ends: tuple[Paho, socket.socket]) -> None:
    paho, far = ends
    sent = bytes(range(256)) * 200
    far.sendall(sent)
    got = b""
    turns = 0
    while len(got) < len(sent):
        paho.read_ahead()
        turn = read_all(paho, 7)
        assert 0 < len(turn) <= 2_048
        assert not paho.ahead
        got += turn
        turns += 1
    assert got == sent
    assert turns >= 25


def test_nothing_is_read_that_was_not_allowed(ends: tuple[Paho, socket.socket]) -> None:
    paho, far = ends
    far.sendall(b"packet")
    assert read_all(paho, 1) == b""
    paho.read_ahead()
    assert paho._sock_recv(1) == b"p"
    assert paho.ahead


def test_a_large_packet_is_read_in_large_pieces(ends: tuple[Paho, socket.socket]) -> None:
    paho, far = ends
    far.sendall(bytes(100_000))
    paho.read_ahead()
    assert len(paho._sock_recv(100_000)) > 16_384


def test_the_end_of_the_line_is_told(ends: tuple[Paho, socket.socket]) -> None:
    paho, far = ends
    far.close()
    paho.read_ahead()
    assert paho._sock_recv(1) == b""


def test_a_login_shows_no_password() -> None:
    login = Login(client_id="gw", user="admin", password="hunter2")  # noqa: S106
    assert "hunter2" not in repr(login)
