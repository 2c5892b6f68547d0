"""The log as tests read it: they wait for what is said, and nothing is written."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import structlog


class Logbook:
    """All that was logged, and a way to wait for what will be."""

    def __init__(self) -> None:
        self.entries: list[MutableMapping[str, Any]] = []
        self._news = asyncio.Event()

    def __call__(
        self, _logger: object, method: str, entry: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Take one entry; it goes no further."""
        self.entries.append({**entry, "level": method})
        self._news.set()
        raise structlog.DropEvent

    def named(self, event: str) -> list[MutableMapping[str, Any]]:
        """Give the entries of one event."""
        return [entry for entry in self.entries if entry["event"] == event]

    async def until(self, event: str, count: int = 1) -> MutableMapping[str, Any]:
        """Wait until an event was logged so often; give its last entry."""
        try:
            async with asyncio.timeout(30.0):
                while len(self.named(event)) < count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            last = self.entries[-5:]
            raise AssertionError(f"{event!r} was not logged {count} times; the last are {last}") from None
        return self.named(event)[count - 1]
