"""One session with one OPC UA server: connects, asks, and notices when nobody answers any more.

asyncua carries the protocol. What is done here, and why:
- Its own reconnection is off; the poller owns that. A lost socket and a server that no longer answers cut the lifeline.
- `connect` leaves its socket behind when it is cancelled, and a publish task when the link is lost. `close` ends both.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from asyncua import ua
from asyncua.ua import uaerrors
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from edgetwin.config.url import Endpoint, with_port
from edgetwin.field.driver import DeviceDown
from edgetwin.field.lifeline import Lifeline
from edgetwin.field.opcua.security import GuardedClient, OpcUaSecurity
from edgetwin.field.unreachable import unreachable

if TYPE_CHECKING:
    from asyncua.client.ua_session import UaSession

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")

PER_CALL = 500  # asked at once, where the server does not say how much it can take
PROBE_S = 3.0  # how often, and how patiently, a quiet server is asked whether it lives
SESSION_S = 60.0  # the server forgets a gateway that has vanished after this
CLOSE_S = 0.7

_SECURITY = 'the server wants another "security": `edgetwin pki show` with its address lists what it offers'
_HINTS: dict[type[Exception], str] = {
    uaerrors.BadUserAccessDenied: "are user and password right, and may this user read?",
    uaerrors.BadIdentityTokenRejected: "are user and password right? Not every server lets anonymous users in",
    uaerrors.BadIdentityTokenInvalid: "are user and password right? Not every server lets anonymous users in",
    uaerrors.BadTooManySessions: "the server serves only so many clients: is there one too many?",
    uaerrors.BadSecurityPolicyRejected: _SECURITY,
    uaerrors.BadSecurityModeRejected: _SECURITY,
    uaerrors.BadTcpEndpointUrlInvalid: "is the path at the end of the address the one the server shows?",
}


_TOO_MUCH = (
    uaerrors.BadTooManyOperations,
    uaerrors.BadEncodingLimitsExceeded,
    uaerrors.BadRequestTooLarge,
    uaerrors.BadResponseTooLarge,
)
_OPERATION_LIMITS = "Server_ServerCapabilities_OperationLimits"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the server takes in one call."""

    reads_per_call: int = PER_CALL
    items_per_call: int = PER_CALL
    paths_per_call: int = PER_CALL


class OpcUaLink:
    """A session. Open it once, read, close it; then make another."""

    def __init__(self, url: str, endpoint: Endpoint, timeout_s: float, security: OpcUaSecurity) -> None:
        self.lifeline = Lifeline()
        self.limits = Limits()
        self.timeout_s = timeout_s
        self._most = PER_CALL  # that the server took at once
        self._endpoint = endpoint
        self._security = security
        self._client = GuardedClient(
            with_port(url, endpoint), timeout=timeout_s, watchdog_intervall=max(PROBE_S, timeout_s)
        )
        self._client.session_timeout = int(SESSION_S * 1000)
        self._client.connection_lost_callback = self._link_is_lost

    @property
    def session(self) -> "UaSession":
        """The services of the server."""
        return self._client.uaclient.session

    async def open(self) -> None:
        """Connect, or raise DeviceDown with what a technician can do."""
        try:
            await self._connect()
        except DeviceDown:
            raise
        except TimeoutError:
            raise DeviceDown(
                f"no OPC UA answer from {self._endpoint.host} port {self._endpoint.port}",
                "is the device switched on, is the address that of its OPC UA server, "
                "does a firewall stand in between?",
            ) from None
        except OSError as error:
            raise unreachable(self._endpoint, error) from error
        except Exception as error:
            raise self._failed("cannot open a session", error) from error
        names = ("MaxNodesPerRead", "MaxMonitoredItemsPerCall", "MaxNodesPerTranslateBrowsePathsToNodeIds")
        nodes = [ua.NodeId(ua.Int32(getattr(ObjectIds, f"{_OPERATION_LIMITS}_{name}"))) for name in names]
        read = partial(self.session.read_attributes, nodes, AttributeIds.Value)
        self.limits = Limits(*map(_limit, await self.ask("cannot read what the server can do", read)))

    async def namespaces(self) -> list[str]:
        """Ask for the namespaces. Afresh each time: a server that was reloaded may number them differently."""
        return await self.ask("cannot read the namespaces", self._client.get_namespace_array)

    async def ask(
        self,
        what: str,
        service: Callable[[], Awaitable[_Answer]],
        *,
        leave: tuple[type[Exception], ...] = (),
        hint: str = "",
    ) -> _Answer:
        """Ask the server for something, and wait for the answer. The errors in `leave` are the caller's.

        asyncua lets every error of its parser through: ValueError, struct.error, even AssertionError. A server that
        sends nonsense is a device that is down, not a bug of ours; so here, and only here, any error counts as one.
        """
        async with self.lifeline.hold():
            try:
                return await service()
            except leave:
                raise
            except Exception as error:
                raise self._failed(what, error, hint) from error

    async def in_chunks(
        self,
        what: str,
        limit: int,
        questions: Sequence[_Question],
        service: Callable[[list[_Question]], Awaitable[Sequence[_Answer]]],
    ) -> list[_Answer]:
        """Ask for many things, so many at once as the server takes. Not every server tells its limit, or a true one."""
        answers: list[_Answer] = []
        while len(answers) < len(questions):
            chunk = list(questions[len(answers) : len(answers) + min(limit, self._most)])
            try:
                given = await self.ask(
                    what, partial(service, chunk), leave=_TOO_MUCH if len(chunk) > 1 else ()
                )
            except _TOO_MUCH:
                self._most = len(chunk) // 2
                continue
            if len(given) != len(chunk):
                raise DeviceDown(f"{what}: {len(given)} answers to {len(chunk)} questions")
            answers += given
        return answers

    async def close(self) -> None:
        """Take leave if the server listens, and let go of the socket in any case."""
        publishing = self._client.uaclient.session._publish_task  # noqa: SLF001 - it is left behind otherwise
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._client.disconnect()
        finally:
            protocol = self._client.uaclient.protocol
            if protocol is not None and protocol.transport is not None:
                protocol.transport.abort()
            self._client.disconnect_socket()
            if publishing is not None:
                publishing.cancel()
                await asyncio.wait([publishing])
        await asyncio.sleep(0)  # asyncio closes the socket in the next round of its loop

    async def _connect(self) -> None:
        """Connect. Where asyncua makes another error of our being cancelled, it is a cancellation again."""
        try:
            await self._security.apply(self._client)
            await self._client.connect()
        except Exception as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            if (down := self._security.turned_away(error)) is not None:
                raise down from error
            raise

    def _failed(self, what: str, error: Exception, hint: str = "") -> DeviceDown:
        """Say why a request failed after the connection was made."""
        if isinstance(error, TimeoutError):
            return DeviceDown(
                f"{what}: no answer within {self.timeout_s:g} s",
                "is the server overloaded, is `timeout` too short?",
            )
        if isinstance(error, OSError):
            return _lost()
        hint = self._security.hint(error) or _HINTS.get(type(error), hint)
        return DeviceDown(f"{what}: {str(error) or type(error).__name__}", hint)

    async def _link_is_lost(self, error: Exception) -> None:
        self.lifeline.cut(_silent() if isinstance(error, TimeoutError) else _lost())


def _lost() -> DeviceDown:
    return DeviceDown("the connection was lost", "did the device or its OPC UA server restart?")


def _silent() -> DeviceDown:
    return DeviceDown(
        "the server does not answer any more",
        "the connection stands and nothing comes: is the cable in, does the device hang, is it overloaded?",
    )


def _limit(value: ua.DataValue) -> int:
    """Read how much the server takes; 0 and no answer mean that it does not say."""
    said = value.Value.Value if value.Value is not None else None
    return said if isinstance(said, int) and 0 < said < PER_CALL else PER_CALL
