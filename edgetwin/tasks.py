"""Named tasks that never end by themselves: one that does, or that fails, is a bug and takes the gateway with it."""

import asyncio
from collections.abc import Coroutine, Iterable

import structlog

log = structlog.get_logger()

AGAIN_S = 1.0  # a task that has not ended by then is cancelled once more


class Tasks:
    """The tasks of one part of the gateway, by name."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tasks

    def start(self, group: asyncio.TaskGroup, name: str, work: Coroutine[None, None, None]) -> None:
        """Start one."""
        self._tasks[name] = group.create_task(self._without_end(name, work), name=name)

    async def end(self, deadline: float, names: Iterable[str] | None = None) -> None:
        """Cancel those named, or all, and wait until they are done. How they ended is the business of their group.

        `deadline` is a time of the loop. A library may lose a cancellation (asyncio.wait_for before Python 3.12 does),
        so it is asked for again.
        """
        waiting = {self._tasks.pop(name) for name in tuple(self._tasks if names is None else names)}
        left = 1.0
        while waiting and left > 0.0:
            for task in waiting:
                task.cancel()
            left = deadline - asyncio.get_running_loop().time()
            _, waiting = await asyncio.wait(waiting, timeout=min(AGAIN_S, max(0.1, left)))
        for task in waiting:
            log.warning("a task takes long to end", task=task.get_name())

    async def _without_end(self, name: str, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception as bug:
            bug.add_note(f"in the task {name!r}")
            raise
        if self._tasks.get(name) is asyncio.current_task():
            raise RuntimeError(f"the task {name!r} ended by itself")
