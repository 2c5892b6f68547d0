"""`edgetwin watch` on a real terminal: refreshed in place, and the terminal comes back."""

import asyncio
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from edgetwin.control import ControlServer

ALTERNATE, BACK = "\x1b[?1049h", "\x1b[?1049l"
DEADLINE_S = 30.0


class Terminal:
    """What a program writes on a terminal of its own."""

    def __init__(self, descriptor: int, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.written = ""
        self._descriptor = descriptor
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    async def shows(self, text: str) -> None:
        """Wait until it has written this."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while text not in self.written:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} was not written, but {self.written!r}") from None

    async def end(self) -> int:
        """Wait until the program has ended and all it wrote was read."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.process.wait()

    def _read(self) -> None:
        try:
            self.written += os.read(self._descriptor, 65536).decode()
        except OSError:  # the other end is closed
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self._more.set()


@asynccontextmanager
async def watching(*words: str, **environ: str) -> AsyncIterator[Terminal]:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "edgetwin", "watch", *words),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "120", "LINES": "20", **environ},
    )
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)


def view() -> dict[str, Any]:
    return {
        "time": "2026-11-20T09:00:41.000Z",
        "gateway": {"site": "plant-a", "name": "gw-07", "version": "0.1.0", "up_s": 63.0},
        "signals": [
            {
                "name": "plc1.temp",
                "unit": "degC",
                "raw": 61.2,
                "value": 63.4,
                "sigma": 0.2,
                "quality": "good",
                "reasons": [],
                "age_s": 0.2,
                "label": None,
            }
        ],
        "alerts": [],
        "devices": [],
        "uplink": {"connected": False, "broker": "", "reason": ""},
    }


@asynccontextmanager
async def gateway(path: Path) -> AsyncIterator[None]:
    with ControlServer(path, view) as server:
        task = asyncio.create_task(server.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_it_is_refreshed_in_place_and_the_terminal_comes_back(
    tmp_path: Path, ending: signal.Signals
) -> None:
    path = tmp_path / "control.sock"
    async with gateway(path), watching("--socket", str(path), "--every", "100 ms") as terminal:
        await terminal.shows("\x1b[32mgood")
        assert terminal.written.startswith(ALTERNATE)
        assert BACK not in terminal.written
        terminal.process.send_signal(ending)
        assert await terminal.end() == 130
        await terminal.shows(BACK)


async def test_no_color_is_respected(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with gateway(path), watching("--socket", str(path), NO_COLOR="1") as terminal:
        await terminal.shows("good")
    assert "\x1b[32m" not in terminal.written


async def test_a_gateway_that_went_away_is_said_on_the_screen_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with AsyncExitStack() as first:
        await first.enter_async_context(gateway(path))
        async with watching("--socket", str(path), "--every", "100 ms") as terminal:
            await terminal.shows("good")
            await first.aclose()
            await terminal.shows("has gone away; wait")
            terminal.written = ""
            async with gateway(path):
                await terminal.shows("\x1b[H\x1b[1medgetwin")


async def test_one_picture_goes_into_a_terminal_that_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with gateway(path), watching("--socket", str(path), "--once") as terminal:
        await terminal.shows("nothing is published")
        assert await terminal.end() == 0
    assert ALTERNATE not in terminal.written
