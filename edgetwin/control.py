"""The control socket: where other processes ask the running gateway what it knows (`cli.ask` is how they do).

A unix socket for its owner alone (`control_socket` makes it). One JSON object per line in both directions. Two verbs
are answered:

    {"verb": "view"}                        one view
    {"verb": "watch", "every": "1 s"}       one view now, and one more each `every`, until the client goes

A client can never hold the gateway: requests are short, the number of clients is bounded, and whoever does
not read its answers is dropped. The server never changes anything in the gateway.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson
import structlog

from edgetwin.config.units import typed_seconds
from edgetwin.control_socket import taken

if TYPE_CHECKING:
    from socket import socket

log = structlog.get_logger()

View = dict[str, Any]  # any: what JSON can hold, as it stands in `edgetwin.view`

CLIENTS = 16
REQUEST_BYTES = 4096
REQUEST_S = 10.0  # a client that asks nothing for so long is sent away
ANSWER_S = 5.0  # a client that reads nothing for so long is dropped
EVERY_MIN_S = 0.1  # a view is made at most so often, however many clients want one


def rhythm_s(text: object) -> float:
    """Read how often a client wants a view, such as "1 s"; ValueError says what is wrong with it."""
    return max(EVERY_MIN_S, typed_seconds(text))


class ControlServer:
    """Answers clients while its context is open. `view` gives what the gateway knows at this moment."""

    def __init__(self, path: Path, view: Callable[[], View]) -> None:
        self.path = path
        self._view = view
        self._socket: socket | None = None
        self._held = ExitStack()
        self._newest = b""
        self._newest_until = 0.0
        self._clients = 0
        self.counters = {"control_clients": 0, "control_refused": 0, "control_dropped": 0}

    def __enter__(self) -> Self:
        """Take the socket, or raise AlreadyRunning or NoSocket."""
        self._socket = self._held.enter_context(taken(self.path, CLIENTS))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    async def run(self) -> None:
        """Serve until cancelled. A client's task that crashes is a bug, and ends this one."""
        async with asyncio.TaskGroup() as clients:

            def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                clients.create_task(self._serve(reader, writer), name="control client")

            server = await asyncio.start_unix_server(meet, sock=self._socket, limit=REQUEST_BYTES)
            try:
                await asyncio.get_running_loop().create_future()  # until cancelled
            finally:
                server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        self.counters["control_clients"] = self._clients
        try:
            if self._clients > CLIENTS:
                self.counters["control_refused"] += 1
                await _send(writer, _error(f"{CLIENTS} clients are being served already, try again later"))
            else:
                await self._answer(reader, writer)
        except TimeoutError:
            self.counters["control_dropped"] += 1
            log.info("a control client was dropped, it does not read or ask")
        except ConnectionError:
            pass  # it went away, as clients do
        finally:
            self._clients -= 1
            self.counters["control_clients"] = self._clients
            _let_go(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                line = await reader.readline()
        except ValueError:  # longer than any request of ours
            await _send(writer, _error(f"a request has at most {REQUEST_BYTES} bytes"))
            return
        if not line:
            return
        try:
            every_s = _read_request(line)
        except ValueError as error:
            await _send(writer, _error(str(error)))
            return
        await _send(writer, self._line())
        while every_s is not None:
            await asyncio.sleep(every_s)
            await _send(writer, self._line())

    def _line(self) -> bytes:
        """Give the view as one line; clients that ask at the same time share it."""
        now = asyncio.get_running_loop().time()
        if now >= self._newest_until:
            self._newest = _json(self._view())
            self._newest_until = now + EVERY_MIN_S
        return self._newest


def _read_request(line: bytes) -> float | None:
    """Give the period of a `watch`, or None for one `view`; ValueError says what is wrong with it."""
    try:
        request = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not a JSON line: {error}") from None
    match request:
        case {"verb": "view"}:
            return None
        case {"verb": "watch"}:
            return rhythm_s(request.get("every", "1 s"))
        case {"verb": verb}:
            raise ValueError(f"no verb {str(verb)[:40]!r} here; expected view or watch")
        case _:
            raise ValueError('expected a request such as {"verb": "view"}')


def _json(content: Mapping[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def _error(complaint: str) -> bytes:
    return _json({"error": complaint})


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    """Write one line. What waits for a slow client is at most one answer more than the transport's limit."""
    writer.write(line)
    async with asyncio.timeout(ANSWER_S):
        await writer.drain()


def _let_go(writer: asyncio.StreamWriter) -> None:
    """Close politely, but leave nothing behind for a client that does not read."""
    if writer.transport.get_write_buffer_size() > 0 and not writer.is_closing():
        asyncio.get_running_loop().call_later(ANSWER_S, writer.transport.abort)
    writer.close()
