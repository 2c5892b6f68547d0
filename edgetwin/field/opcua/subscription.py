"""A subscription: the server says what changed, and that it lives when nothing did.

Notifications are taken whole from `publish_callback`. asyncua's handlers cost a task for each value, its iterator
drops silently what exceeds a thousand. The queue here is bounded too, and what it drops is counted. A server whose
subscription says nothing, not even that it lives, has lost it, though it may answer everything else.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from asyncua import ua
from asyncua.common.subscription import Subscription
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStructParsingError

from edgetwin.core import status
from edgetwin.core.signals import Clock, Stamp
from edgetwin.field.driver import DeviceDown
from edgetwin.field.opcua.link import OpcUaLink
from edgetwin.field.opcua.nodes import Wish
from edgetwin.field.opcua.values import Item, overflowed, wall_ns

QUEUE = 256  # notifications that may wait for us
KEEP_ALIVE_S = 5.0  # a subscription with nothing to say says so this often
_FILTER_REFUSED = {
    StatusCodes.BadMonitoredItemFilterInvalid,
    StatusCodes.BadMonitoredItemFilterUnsupported,
    StatusCodes.BadFilterNotAllowed,
    StatusCodes.BadDeadbandFilterInvalid,
}
_UNREADABLE = (
    "is its firmware up to date? Another client, at the same node, would show whether it is the server"
)

_Ask = Callable[[list[ua.SubscriptionAcknowledgement]], Awaitable[ua.PublishResponse]]


@dataclass(frozen=True, slots=True)
class Notification:
    """What the server published at once, and when by its own clock. Without items it only says that it lives."""

    stamp: Stamp
    items: list[Item]
    server_ns: int


class _Published(Subscription):
    """A subscription whose notifications are taken whole."""

    def __init__(
        self, told: "OpcUaSubscription", link: OpcUaLink, params: ua.CreateSubscriptionParameters
    ) -> None:
        super().__init__(link.session, params)
        self._told = told

    async def publish_callback(self, publish_result: ua.PublishResult) -> None:
        message = publish_result.NotificationMessage
        self._told.published(message.NotificationData or [], wall_ns(message.PublishTime))


class OpcUaSubscription:
    """One subscription of one session. Open it, subscribe, then wait for what comes."""

    def __init__(self, link: OpcUaLink, clock: Clock) -> None:
        self.lost = 0
        self._link = link
        self._clock = clock
        self._subscription: _Published | None = None
        self._patience_s = math.inf
        self._queue: asyncio.Queue[Notification] = asyncio.Queue(QUEUE)
        self._places: dict[int, tuple[int, ...]] = {}  # of the signals of each item, by its handle
        self._last_handle = 0

    async def open(self, publishing_s: float) -> None:
        """Make the subscription."""
        keep_alives = math.ceil(KEEP_ALIVE_S / publishing_s)
        params = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=publishing_s * 1000,
            RequestedMaxKeepAliveCount=keep_alives,
            RequestedLifetimeCount=10 * keep_alives,
            MaxNotificationsPerPublish=10_000,
            PublishingEnabled=True,
        )
        self._subscription = _Published(self, self._link, params)
        hint = 'if the server has no subscriptions, or too few: mode = "read" asks for the values in cycles'
        self._link.session.publish = partial(self._publish, self._link.session.publish)  # type: ignore[method-assign]
        revised = await self._link.ask("cannot subscribe", self._subscription.init, hint=hint)
        keep_alive_s = revised.RevisedPublishingInterval / 1000 * revised.RevisedMaxKeepAliveCount
        self._patience_s = 2 * keep_alive_s + self._link.timeout_s

    async def _publish(
        self, ask: _Ask, acknowledged: list[ua.SubscriptionAcknowledgement]
    ) -> ua.PublishResponse:
        """Ask for the next notification. Where asyncua cannot read one, it would go on, and nobody know of the loss."""
        try:
            return await ask(acknowledged)
        except UaStructParsingError as error:
            first = error.__cause__ or error
            reason = f"a notification of the server cannot be read: {str(first) or type(first).__name__}"
            down = DeviceDown(reason, _UNREADABLE)
            down.__cause__ = error
            self._link.lifeline.cut(down)
            raise

    async def subscribe(
        self, targets: Mapping[Wish, ua.ReadValueId], *, with_deadband: bool = True
    ) -> list[int]:
        """Ask to be told about nodes; give a status for each."""
        if self._subscription is None:
            raise RuntimeError("subscribe before open")
        requests, handles = [], []
        for wish, target in targets.items():
            self._last_handle += 1
            self._places[self._last_handle] = wish.places  # before the answer: its values may be faster
            handles.append(self._last_handle)
            requests.append(_request(wish, target, self._last_handle, with_deadband=with_deadband))
        results = await self._link.in_chunks(
            "cannot subscribe",
            self._link.limits.items_per_call,
            requests,
            self._subscription.create_monitored_items,
        )
        codes = [int(each.value) if isinstance(each, ua.StatusCode) else status.GOOD for each in results]
        for handle, code in zip(handles, codes, strict=True):
            if code != status.GOOD:
                del self._places[handle]
        return codes

    async def next(self) -> Notification:
        """Wait for the next notification. What came before the link was lost is still given."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        async with self._link.lifeline.hold():
            try:
                async with asyncio.timeout(self._patience_s):
                    return await self._queue.get()
            except TimeoutError:
                raise DeviceDown(
                    f"the subscription has been silent for {self._patience_s:.0f} s",
                    "the server is connected and publishes nothing: is it overloaded, was it reloaded? "
                    'If it does so again and again, mode = "read" does without subscriptions',
                ) from None

    def published(self, notices: Sequence[object], server_ns: int) -> None:
        """Take what the server published; called by the subscription, and quick."""
        items: list[Item] = []
        for notice in notices:
            if isinstance(notice, ua.DataChangeNotification):
                self._take(notice.MonitoredItems, items)
            elif isinstance(notice, ua.StatusChangeNotification):
                reason = status.describe(int(notice.Status.value))
                self._link.lifeline.cut(DeviceDown(f"the server ended the subscription: {reason}"))
        if self._queue.full():
            self.lost += len(self._queue.get_nowait().items)
        self._queue.put_nowait(Notification(self._clock(), items, server_ns))

    def _take(self, told: Sequence[ua.MonitoredItemNotification], items: list[Item]) -> None:
        """Add the values to the items, one for each signal. Handles that nobody gave out are nobody's."""
        for each in told:
            places = self._places.get(each.ClientHandle, ())
            value = each.Value or ua.DataValue()
            if places and overflowed(value):
                self.lost += 1
            items += [Item(place, value) for place in places]


def filter_refused(code: int) -> bool:
    """Tell whether a server refused an item for its deadband, and would give it without."""
    return code in _FILTER_REFUSED


def _request(
    wish: Wish, target: ua.ReadValueId, handle: int, *, with_deadband: bool
) -> ua.MonitoredItemCreateRequest:
    parameters = ua.MonitoringParameters(
        ClientHandle=handle,
        SamplingInterval=wish.every_s * 1000,
        QueueSize=wish.queue,
        DiscardOldest=True,
    )
    if wish.deadband.amount and with_deadband:
        kind = ua.DeadbandType.Percent if wish.deadband.percent else ua.DeadbandType.Absolute
        parameters.Filter = ua.DataChangeFilter(
            Trigger=ua.DataChangeTrigger.StatusValue,
            DeadbandType=int(kind),
            DeadbandValue=wish.deadband.amount,
        )
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=target,
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=parameters,
    )
