"""Where a broker is, why it cannot be used now, and how long to wait before the next attempt. Pure.

Every failure that a technician can do something about is put into words here, with what to do.
"""

import socket
import ssl
from dataclasses import dataclass
from typing import Self

from edgetwin.config.url import Endpoint
from edgetwin.wire.mqtt_connection import Ended, Why
from edgetwin.wire.mqtt_reasons import about

# As `Backoff` waits for devices. The two rooms do not know each other, and these lines are no format to share.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0

_HINTS = {
    "credentials": "check mqtt.user and its password (EDGETWIN_MQTT__PASSWORD or the systemd credential)",
    "version": 'a broker that speaks only MQTT 3.1.1 needs mqtt.version = "3.1.1"',
    "client": "set another mqtt.client_id: this one is taken, or the broker does not allow it",
    "lost": "it is tried again; if it comes and goes, another client may use the same mqtt.client_id",
    "stranger": (
        "check that this is a port for MQTT; one for TLS needs mqtts://; "
        'an older broker may need mqtt.version = "3.1.1"'
    ),
    "later": "the broker is overloaded or stopping; it is asked again later",
    "rights": "the broker's access list must allow this user to publish there",
}


class BrokerDown(Exception):  # noqa: N818 - a state of the network, not a programming error
    """The broker cannot be used now. `hint` says what to do; `refused` that asking again soon would be pointless."""

    def __init__(self, reason: str, hint: str = "", *, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Broker:
    """The address of one broker."""

    host: str
    port: int
    tls: bool

    @classmethod
    def at(cls, endpoint: Endpoint) -> Self:
        """Take the address from the configuration, where it was checked."""
        return cls(endpoint.host, endpoint.port, endpoint.scheme == "mqtts")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def unreachable(error: OSError) -> BrokerDown:
    """Say why there is no connection, and what to do."""
    match error:
        case ssl.SSLCertVerificationError():
            reason = f"its certificate is not trusted: {error.verify_message}"
            return BrokerDown(
                reason,
                "set mqtt.ca_file to the CA that signed it, or mqtt.brokers to the name in it",
                refused=True,
            )
        case ssl.SSLError() | ConnectionResetError():  # a port for plain MQTT hangs up in the handshake
            why = str(getattr(error, "reason", None) or error.strerror or error).lower().replace("_", " ")
            return BrokerDown(f"TLS handshake failed: {why}", "is this a TLS port? mqtt:// is for plain ones")
        case socket.gaierror():
            return BrokerDown("its name cannot be resolved", "check the name in mqtt.brokers, and DNS")
        case ConnectionRefusedError():
            return BrokerDown(
                "nothing listens there", "check the port in mqtt.brokers, and that the broker runs"
            )
        case TimeoutError():
            return BrokerDown("no answer", "check the address in mqtt.brokers, the network and the firewall")
        case _:
            return BrokerDown(error.strerror or str(error) or type(error).__name__, "check the network")


def refusal(code: int, name: str) -> BrokerDown:
    """Say why the broker refused or ended the connection, from the reason code that it gave."""
    advice = about(code)
    return BrokerDown(
        name.lower(), _HINTS.get(advice, ""), refused=advice in ("credentials", "version", "rights")
    )


def over(ended: Ended) -> BrokerDown:
    """Say why a connection came to its end, or to nothing."""
    match ended.why:
        case Why.REFUSED:
            return refusal(ended.code, ended.name)
        case Why.NO_ANSWER:
            return BrokerDown("it takes the connection but gives no answer", _HINTS["stranger"])
        case Why.STRANGE | Why.LARGE:
            return BrokerDown(f"it sent something that is no MQTT: {ended.name}", "check mqtt.version")
        case Why.SILENT:
            reason = "no sign of life, keep-alive ran out"
        case Why.LOST:
            reason = "connection lost"
    return BrokerDown(reason, _HINTS["lost" if ended.accepted else "stranger"])


def unacknowledged(code: int) -> str:
    """Say what to do about a message that the broker took and rejected."""
    return _HINTS["rights"] if code in (0x87, 0x97) else ""


def pause_s(attempt: int, chance: float) -> float:
    """Wait so long before attempt number `attempt` (0 is the first again); `chance` in 0..1 spreads a whole plant."""
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(attempt, 10))
    return max(_FIRST_PAUSE_S, longest * (0.5 + 0.5 * chance))


def refused_pause_s(chance: float) -> float:
    """Wait so long after a refusal: a wrong password stays wrong, and brokers ban those who hammer."""
    return _LONGEST_PAUSE_S * (0.5 + 0.5 * chance)
