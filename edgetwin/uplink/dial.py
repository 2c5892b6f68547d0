"""Opens the way to a broker, and says in the words of [mqtt] what hinders."""

import socket
import ssl

from edgetwin.config.mqtt import Mqtt
from edgetwin.core.errors import ConfigError
from edgetwin.uplink.broker import Broker, unreachable
from edgetwin.wire import mqtt_dial

DEADLINE_S = 15.0  # for name, TCP and TLS together


def tls_context(mqtt: Mqtt) -> ssl.SSLContext:
    """Make the TLS settings; every file that cannot be used is a mistake in the configuration."""
    try:
        return mqtt_dial.tls_context(mqtt.ca_file, mqtt.cert_file, mqtt.key_file)
    except mqtt_dial.TlsFileError as problem:
        raise ConfigError(("mqtt", problem.key), str(problem)) from problem


async def dial(
    broker: Broker, context: ssl.SSLContext | None, deadline_s: float = DEADLINE_S
) -> socket.socket:
    """Open a connected socket, with its TLS handshake done, or raise BrokerDown."""
    try:
        return await mqtt_dial.dial(broker.host, broker.port, context, deadline_s)
    except OSError as error:  # a TimeoutError is one
        raise unreachable(error) from error
