"""Real parts that several rooms test with."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from real_broker import Mosquitto

MakeBroker = Callable[[Sequence[str]], Mosquitto]


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[MakeBroker]:
    """Start brokers with lines of configuration of your own; they end with the test."""
    brokers: list[Mosquitto] = []

    def start(lines: Sequence[str]) -> Mosquitto:
        broker = Mosquitto(tmp_path, lines)
        brokers.append(broker)
        broker.start()
        return broker

    yield start
    for broker in brokers:
        broker.stop()


@pytest.fixture
def broker(mosquitto: MakeBroker) -> Mosquitto:
    """Start a broker that lets everyone in: host, port, url, stop(), start()."""
    return mosquitto(["allow_anonymous true"])
