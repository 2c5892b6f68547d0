"""A real OPC UA server on loopback for the tests of the field."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from asyncua import ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager

if TYPE_CHECKING:
    from asyncua.common.node import Node

T = TypeVar("T")
URI = "urn:edgetwin:test"

logging.getLogger("asyncua.server").setLevel(logging.CRITICAL)  # it warns of its own lack of security


def _variant(value: Any) -> ua.Variant:  # noqa: ANN401 - any value OPC UA can carry
    return value if isinstance(value, ua.Variant) else ua.Variant(value)


class _Only(UserManager):
    """Knows one user."""

    def __init__(self, user: str, password: str) -> None:
        self._known = (user, password)

    def get_user(
        self,
        iserver: object,  # noqa: ARG002 - asyncua hands it over by name
        username: str | None = None,
        password: str | None = None,
        certificate: object = None,  # noqa: ARG002 - likewise
    ) -> User | None:
        """Let that one in."""
        return User(role=UserRole.User) if (username, password) == self._known else None


class UaServer:
    """An OPC UA server with a few variables. It runs in a thread, for it takes seconds to start and tests share it."""

    def __init__(self, port: int = 0, others: Sequence[str] = (), **variables: Any) -> None:  # noqa: ANN401 - any value OPC UA can carry
        self.port = port
        self._nodes: dict[str, Node] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="opcua-server")
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._prepare(others, variables), self._loop).result(
            30
        )

    async def start(self) -> None:
        """Listen again, on the same port."""
        await self._there(self._start())

    async def stop(self) -> None:
        """Drop all connections and listen no more."""
        await self._there(self._server.stop())

    async def write(
        self,
        name: str,
        value: Any,  # noqa: ANN401 - likewise
        code: int = 0,
        source: datetime | None = None,
    ) -> None:
        """Give a variable a new value, with the status and the source time wanted."""
        stamp = cast("ua.DateTime", source or datetime.now(UTC))
        data = ua.DataValue(_variant(value), ua.StatusCode(ua.UInt32(code)), stamp)
        await self._there(self._nodes[name].write_value(data))

    async def add(self, uri: str, name: str, value: Any) -> None:  # noqa: ANN401 - likewise
        """Add a variable, in a namespace of its own."""
        await self._there(self._add(uri, name, value))

    async def arrange(self, work: Callable[[Server], Awaitable[T]]) -> T:
        """Do something to the server, in its own loop."""
        return await self._there(self._arranged(work))

    def stop_publishing(self) -> None:
        """Let all subscriptions say nothing more; everything else is still answered."""
        for subscription in self._server.iserver.subscription_service.subscriptions.values():
            task = subscription._task
            if task is not None:
                self._loop.call_soon_threadsafe(task.cancel)

    def sessions(self) -> int:
        """Count the clients that are logged in."""
        return len(self._server.iserver._external_sessions)

    @contextmanager
    def letting_in_only(self, user: str, password: str) -> Iterator[None]:
        """Refuse every other user for a while."""
        usual = self._server.iserver.user_manager
        self._server.iserver.user_manager = _Only(user, password)
        try:
            yield
        finally:
            self._server.iserver.user_manager = usual

    def end(self) -> None:
        """Stop for good, and the thread with it."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        await self._server.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}  # sessions that nobody took leave of
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _prepare(self, others: Sequence[str], variables: dict[str, Any]) -> Server:
        self._server = Server()
        await self._server.init()
        self._server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        for uri in others:  # namespaces that come before ours, and push its number up
            await self._server.register_namespace(uri)
        for name, value in variables.items():
            await self._add(URI, name, value)
        await self._start()
        return self._server

    async def _add(self, uri: str, name: str, value: Any) -> None:  # noqa: ANN401 - likewise
        node = ua.NodeId(ua.String(name), ua.Int16(await self._server.register_namespace(uri)))
        self._nodes[name] = await self._server.nodes.objects.add_variable(node, name, _variant(value))

    async def _start(self) -> None:
        self._server.set_endpoint(f"opc.tcp://127.0.0.1:{self.port}/")
        await self._server.start()
        listener = cast("Any", self._server.bserver)._server
        self.port = listener.sockets[0].getsockname()[1]

    async def _arranged(self, work: Callable[[Server], Awaitable[T]]) -> T:
        return await work(self._server)

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it in the server's own loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
