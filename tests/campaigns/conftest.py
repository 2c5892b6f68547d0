"""What the campaigns share."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Use the loop on which the daemon runs."""
    del item
    return {"uvloop": uvloop.new_event_loop}
