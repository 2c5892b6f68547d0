"""A small MQTT broker inside this process, so that the demo needs nothing else installed. MQTT 3.1.1, loopback only.

It is amqtt, from the extra `demo`. We hold the listening socket ourselves and hand it the connections: so the port is
known at once (port 0 is any free one), and closing is ours too.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Self

from edgetwin.plant.extra import ExtraMissing
from edgetwin.plant.points import HOST

_LISTENER = "default"
_CLOSE_WITHIN_S = 1.0


class Broker:
    """The broker, alive between `async with` and its end."""

    def __init__(self, port: int = 0) -> None:
        self.host = HOST
        self.port = port
        self._broker: Any = None  # amqtt has no type information
        self._listener: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._broker = _new_broker()
        await self._broker.start()
        self._listener = await asyncio.start_server(self._welcome, self.host, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.close()
        # A client that went away without a word must not hold up the end.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._broker.shutdown(), _CLOSE_WITHIN_S)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._broker.stream_connected(reader, writer, _LISTENER)


def _new_broker() -> Any:  # noqa: ANN401 - amqtt has no type information
    # Imported here: the package is an extra, and the plant must work without it.
    try:
        from amqtt.broker import Broker as AmqttBroker  # noqa: PLC0415 - see above
        from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType  # noqa: PLC0415 - see above
    except ImportError as error:
        raise ExtraMissing(
            "the demo's own MQTT broker", ", or give a broker that runs: --broker host:port"
        ) from error
    # It tells of every packet, and warns of every client that goes; its own state topics are left out likewise.
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return AmqttBroker(
        BrokerConfig(
            listeners={_LISTENER: ListenerConfig(type=ListenerType.EXTERNAL)},
            plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        )
    )
