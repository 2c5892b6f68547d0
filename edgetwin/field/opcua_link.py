"""One session with one OPC UA server: connects, subscribes, and queues what the server publishes.

asyncua carries the protocol. What is done here, and why:
- Its own reconnection is off; the poller owns that. A lost socket, a server that no longer answers and a
  subscription that has died on the server each cut the lifeline or end the patience.
- Notifications are taken whole from `publish_callback`. Its handlers cost a task for each value, its iterator drops
  silently what exceeds a thousand. The queue here is bounded too, and what it drops is counted.
- `connect` leaves its socket behind when it is cancelled, and a publish task when the link is lost. `close` ends both.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.subscription import Subscription
from asyncua.ua import uaerrors
from asyncua.ua.attribute_ids import AttributeIds

from edgetwin.config.url import Endpoint
from edgetwin.core import status
from edgetwin.core.signals import Clock, Stamp
from edgetwin.field.driver import DeviceDown
from edgetwin.field.lifeline import Lifeline
from edgetwin.field.opcua_values import Item, overflowed
from edgetwin.field.unreachable import unreachable

# At INFO these write every notification, at WARNING and ERROR several lines and a traceback for each lost connection.
# We tell transitions ourselves.
for _chatty in ("client.client", "client.ua_client", "client.ua_session", "common.subscription"):
    logging.getLogger(f"asyncua.{_chatty}").setLevel(logging.CRITICAL)

_Answer = TypeVar("_Answer")

QUEUE = 256  # notifications that may wait for us
ITEM_QUEUE = 10  # values of one signal that the server may keep between two notifications
ITEMS_PER_CALL = 500  # some servers refuse more
KEEP_ALIVE_S = 5.0  # a subscription with nothing to say says so this often
PROBE_S = 3.0  # how often, and how patiently, a quiet server is asked whether it lives
SESSION_S = 60.0  # the server forgets a gateway that has vanished after this
CLOSE_S = 0.7

_HINTS: dict[type[Exception], str] = {
    uaerrors.BadUserAccessDenied: "are user and password right, and may this user read?",
    uaerrors.BadIdentityTokenRejected: "are user and password right? Not every server lets anonymous users in",
    uaerrors.BadIdentityTokenInvalid: "are user and password right? Not every server lets anonymous users in",
    uaerrors.BadTooManySessions: "the server serves only so many clients: is there one too many?",
    uaerrors.BadSecurityPolicyRejected: "the server wants an encrypted connection",
    uaerrors.BadSecurityModeRejected: "the server wants an encrypted connection",
    uaerrors.BadTcpEndpointUrlInvalid: "is the path at the end of the address the one the server shows?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One node to be told about."""

    place: int  # of its signal in the list of the device's signals
    node: str
    sampling_s: float
    deadband: float


@dataclass(frozen=True, slots=True)
class Notification:
    """What the server published at once. Without items it only says that it lives."""

    stamp: Stamp
    items: list[Item]


class _Published(Subscription):
    """A subscription whose notifications are taken whole."""

    def __init__(self, link: "OpcUaLink", client: Client, params: ua.CreateSubscriptionParameters) -> None:
        super().__init__(client.uaclient.session, params)
        self._link = link

    async def publish_callback(self, publish_result: ua.PublishResult) -> None:
        self._link.published(publish_result.NotificationMessage.NotificationData or [])


class OpcUaLink:
    """A session. Open it once, read, close it; then make another."""

    def __init__(self, url: str, endpoint: Endpoint, timeout_s: float, clock: Clock) -> None:
        self.lifeline = Lifeline()
        self.lost = 0
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._clock = clock
        self._client = Client(url, timeout=timeout_s, watchdog_intervall=max(PROBE_S, timeout_s))
        self._client.session_timeout = int(SESSION_S * 1000)
        self._client.connection_lost_callback = self._socket_is_lost
        self._subscription: _Published | None = None
        self._places = 0  # how many signals may be spoken of
        self._patience_s = math.inf
        self._queue: asyncio.Queue[Notification] = asyncio.Queue(QUEUE)

    def log_in_as(self, user: str, password: str) -> None:
        """Say who we are; without this we are anonymous."""
        self._client.set_user(user)
        self._client.set_password(password)

    async def open(self, publishing_s: float) -> None:
        """Connect and prepare a subscription, or raise DeviceDown with what a technician can do."""
        try:
            await self._connect()
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
        keep_alives = math.ceil(KEEP_ALIVE_S / publishing_s)
        params = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=publishing_s * 1000,
            RequestedMaxKeepAliveCount=keep_alives,
            RequestedLifetimeCount=10 * keep_alives,
            MaxNotificationsPerPublish=10_000,
            PublishingEnabled=True,
        )
        self._subscription = _Published(self, self._client, params)
        revised = await self._ask("cannot subscribe", self._subscription.init)
        keep_alive_s = revised.RevisedPublishingInterval / 1000 * revised.RevisedMaxKeepAliveCount
        self._patience_s = 2 * keep_alive_s + self._timeout_s

    async def subscribe(self, wishes: Sequence[Wish]) -> list[int]:
        """Ask to be told about nodes; give a status for each.

        Namespaces are looked up afresh: a server that restarts may number them differently.
        """
        if self._subscription is None:
            raise RuntimeError("subscribe before open")
        namespaces = await self._ask("cannot read the namespaces", self._client.get_namespace_array)
        codes = [status.BAD_NODE_UNKNOWN] * len(wishes)
        requests = {
            row: request for row, wish in enumerate(wishes) if (request := _request(wish, namespaces))
        }
        rows = list(requests)
        self._places = max(self._places, *(wish.place + 1 for wish in wishes))
        for start in range(0, len(rows), ITEMS_PER_CALL):
            chunk = rows[start : start + ITEMS_PER_CALL]
            create = partial(self._subscription.create_monitored_items, [requests[row] for row in chunk])
            results = await self._ask("cannot subscribe", create)
            for row, result in zip(chunk, results, strict=True):
                codes[row] = int(result.value) if isinstance(result, ua.StatusCode) else status.GOOD
        return codes

    async def next(self) -> Notification:
        """Wait for the next notification. What came before the link was lost is still given."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        async with self.lifeline.hold():
            try:
                async with asyncio.timeout(self._patience_s):
                    return await self._queue.get()
            except TimeoutError:
                raise DeviceDown(
                    f"the subscription has been silent for {self._patience_s:.0f} s",
                    "the server is connected and publishes nothing: is it overloaded, was it reloaded?",
                ) from None

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

    def published(self, notices: Sequence[object]) -> None:
        """Take what the server published; called by the subscription, and quick."""
        items: list[Item] = []
        for notice in notices:
            if isinstance(notice, ua.DataChangeNotification):
                items += [
                    Item(item.ClientHandle - 1, item.Value or ua.DataValue())
                    for item in notice.MonitoredItems
                    if 0 < item.ClientHandle <= self._places  # a server may say anything
                ]
            elif isinstance(notice, ua.StatusChangeNotification):
                self.lifeline.cut(DeviceDown(f"the server ended the subscription: {notice.Status.name}"))
        self.lost += sum(overflowed(item.value) for item in items)
        if self._queue.full():
            self.lost += len(self._queue.get_nowait().items)
        self._queue.put_nowait(Notification(self._clock(), items))

    async def _connect(self) -> None:
        """Connect. Where asyncua makes another error of our being cancelled, it is a cancellation again."""
        try:
            await self._client.connect()
        except Exception:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            raise

    async def _ask(self, what: str, service: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Ask the server for something, and wait for the answer.

        asyncua lets every error of its parser through: ValueError, struct.error, even AssertionError. A server that
        sends nonsense is a device that is down, not a bug of ours; so here, and only here, any error counts as one.
        """
        async with self.lifeline.hold():
            try:
                return await service()
            except Exception as error:
                raise self._failed(what, error) from error

    def _failed(self, what: str, error: Exception) -> DeviceDown:
        """Say why a request failed after the connection was made."""
        if isinstance(error, TimeoutError):
            return DeviceDown(
                f"{what}: no answer within {self._timeout_s:g} s",
                "is the server overloaded, is `timeout` too short?",
            )
        if isinstance(error, OSError):
            return _lost()
        return DeviceDown(f"{what}: {str(error) or type(error).__name__}", _HINTS.get(type(error), ""))

    async def _socket_is_lost(self, _error: Exception) -> None:
        self.lifeline.cut(_lost())


def _lost() -> DeviceDown:
    return DeviceDown("the connection was lost", "did the device or its OPC UA server restart?")


def _request(wish: Wish, namespaces: Sequence[str]) -> ua.MonitoredItemCreateRequest | None:
    """Ask for a node; nothing when its namespace is not known to the server."""
    node = wish.node
    if node.startswith("nsu="):
        uri, _, identifier = node.removeprefix("nsu=").partition(";")
        if uri not in namespaces:
            return None
        node = f"ns={namespaces.index(uri)};{identifier}"
    parameters = ua.MonitoringParameters(
        ClientHandle=wish.place + 1,
        SamplingInterval=wish.sampling_s * 1000,
        QueueSize=ITEM_QUEUE,
        DiscardOldest=True,
    )
    if wish.deadband:
        parameters.Filter = ua.DataChangeFilter(
            Trigger=ua.DataChangeTrigger.StatusValue,
            DeadbandType=int(ua.DeadbandType.Absolute),
            DeadbandValue=wish.deadband,
        )
    try:
        node_id = ua.NodeId.from_string(node)
    except uaerrors.UaStringParsingError:
        return None
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=node_id, AttributeId=AttributeIds.Value),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=parameters,
    )
