"""Real parts that several rooms test with."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from logbook import Logbook
from real_broker import MakeBroker, Mosquitto

from edgetwin.logs import LIBRARY_LEVELS

# How long an example takes says something of the machine and what else it does, and nothing of the product.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Put the log back as it was: a verb that runs in the process of the tests sets it up for itself."""
    loggers = [logging.getLogger(name) for name in (None, *LIBRARY_LEVELS)]
    handlers, levels = list(loggers[0].handlers), [logger.level for logger in loggers]
    yield
    if structlog.is_configured():
        loggers[0].handlers[:] = handlers
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        structlog.reset_defaults()


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


@pytest.fixture
def logbook() -> Iterator[Logbook]:
    """Read the log instead of writing it, all levels of it."""
    book, before = Logbook(), structlog.get_config()
    structlog.configure(
        processors=[book],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        cache_logger_on_first_use=False,
    )
    yield book
    structlog.configure(**before)
