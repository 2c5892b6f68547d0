"""`edgetwin` as a process of its own, as systemd starts it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

DEADLINE_S = 30.0


@dataclass(eq=False)
class Process:
    """One `edgetwin` that runs; `lines` are what it wrote to its log."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    ready_at: str = ""

    @property
    def events(self) -> list[str]:
        """What it logged, without the details."""
        return [orjson.loads(line.partition(">")[2])["event"] for line in self.lines if line.startswith("<")]

    async def logs(self, wanted: Callable[[str], bool]) -> str:
        """Wait for a line of its log."""
        assert self.process.stderr is not None
        async with asyncio.timeout(DEADLINE_S):
            while line := (await self.process.stderr.readline()).decode():
                self.lines.append(line.rstrip())
                if wanted(line):
                    return line
        raise AssertionError(f"it ended without saying so; it said {self.lines}")

    async def ready(self) -> None:
        """Wait until it works."""
        await self.logs(lambda line: '"gateway ready"' in line)
        self.ready_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

    async def shows(self, wanted: Callable[[dict[str, Any]], bool]) -> bool:
        """Read the views that it writes as JSON lines until one is as wanted."""
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            while line := await self.process.stdout.readline():
                if wanted(orjson.loads(line)):
                    return True
        return False

    async def end(self) -> int:
        """Wait until it has ended, and give its exit code."""
        assert self.process.stderr is not None
        async with asyncio.timeout(DEADLINE_S):
            rest = await self.process.stderr.read()
            self.lines.extend(rest.decode().splitlines())
            return await self.process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)


@asynccontextmanager
async def edgetwin(*words: str, code: str = "", **environ: str) -> AsyncIterator[Process]:
    """Start `edgetwin WORDS`. `code` is run in it before, to break something on purpose."""
    start = f"{code}\nimport sys\nfrom edgetwin.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", start, *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "error", **environ},
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
