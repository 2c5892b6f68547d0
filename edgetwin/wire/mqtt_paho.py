"""paho as a codec: on a socket that is open already, and reading many packets at once.

Its own way of opening a socket blocks, and leaks it when TLS fails. Its own way of reading costs three calls of the
operating system for each packet, however small.
"""

import socket
from dataclasses import dataclass

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

_AHEAD = 2_048  # bytes: some dozen small messages. More would be no faster, and a burst would hold up the loop for long


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How this gateway introduces itself to any broker."""

    client_id: str
    user: str | None = None
    password: str | None = None
    mqtt5: bool = True
    keepalive_s: int = 15
    largest: int = 0  # bytes of a packet that the broker may send us; 0: whatever MQTT allows

    def __repr__(self) -> str:
        return f"Login(client_id={self.client_id!r}, user={self.user!r})"


class Paho(Client):
    """paho's client, without all that it would do on its own."""

    def __init__(self, way: socket.socket, login: Login) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=login.client_id,
            protocol=MQTTProtocolVersion.MQTTv5 if login.mqtt5 else MQTTProtocolVersion.MQTTv311,
            clean_session=None if login.mqtt5 else True,
            reconnect_on_failure=False,  # or it would answer a refusal by connecting again, blocking the loop
        )
        self._way = way
        self._buffer, self._at = b"", 0
        self._may_read = False

    @property
    def arriving(self) -> int:
        """How many bytes the packet has that is being read; paho would gather 256 MB of it."""
        length: int = self._in_packet["remaining_length"]
        return length

    @property
    def ahead(self) -> bool:
        """Whether bytes were read from the socket that are not taken apart yet."""
        return self._at < len(self._buffer)

    def read_ahead(self) -> None:
        """Allow one read from the socket. Without that a peer that never pauses would never let go of the loop."""
        self._may_read = True

    def _create_socket(self) -> socket.socket:
        return self._way

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self.ahead:
            if not self._may_read:
                raise BlockingIOError
            self._may_read = False
            self._buffer, self._at = super()._sock_recv(max(bufsize, _AHEAD)), 0
        piece = self._buffer[self._at : self._at + bufsize]
        self._at += len(piece)
        return piece
