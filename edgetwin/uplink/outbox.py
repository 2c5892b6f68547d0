"""What waits to be sent, while the broker is away or slow. Bounded; what it drops is counted per lane. Pure.

Alerts have room of their own and go out before any state. When state overflows its room the oldest goes: a fresh
number is worth more than an old one. Status, health and the topics of single signals say only the newest, so a new
message takes the place of the old one.

What the broker is to keep about alerts (`standing`) is held here as the truth. After a reconnect it is told again, not
from the queue but from the truth at the moment of sending, so that no alert is missing at the broker and none that
ended comes back.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

# A queue that counts messages only could still eat the memory of a small gateway: a tick of 500 signals is 120 kB.
_STATE_BYTES = 64 << 20
_ALERT_BYTES = 16 << 20


class Lane(StrEnum):
    """What kind of message it is: this decides its turn and what may be dropped."""

    STATUS = "status"
    ALERT = "alert"
    HEALTH = "health"
    STATE = "state"
    SIGNAL = "signal"


@dataclass(slots=True)
class Message:
    """One message to publish. `attempts` counts the connections that died with it as the oldest on its way."""

    lane: Lane
    topic: str
    payload: bytes
    retain: bool = False
    attempts: int = 0


class _Queue:
    """Oldest first, with room for so many messages and bytes. Says what had to go."""

    def __init__(self, messages: int, size: int) -> None:
        self._room, self._byte_room = messages, size
        self._waiting: deque[Message] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._waiting)

    def add(self, message: Message) -> list[Message]:
        """Append one; give back the oldest ones that had to make room."""
        self._waiting.append(message)
        self._bytes += len(message.payload)
        return self._shed()

    def put_back(self, message: Message) -> list[Message]:
        """Put one at the head again; it is itself the oldest, so it may be what has to go."""
        self._waiting.appendleft(message)
        self._bytes += len(message.payload)
        return self._shed()

    def take(self) -> Message:
        """Take the oldest."""
        message = self._waiting.popleft()
        self._bytes -= len(message.payload)
        return message

    def _shed(self) -> list[Message]:
        gone = []
        while len(self._waiting) > self._room or (self._bytes > self._byte_room and len(self._waiting) > 1):
            gone.append(self.take())
        return gone


class Outbox:
    """The lanes, in the order in which they are sent: status, alerts, health, state, single signals."""

    def __init__(self, room: int, alert_room: int | None = None) -> None:
        self._state = _Queue(room, _STATE_BYTES)
        self._alerts = _Queue(max(100, room // 10) if alert_room is None else alert_room, _ALERT_BYTES)
        self._newest: dict[Lane, dict[str, Message]] = {Lane.STATUS: {}, Lane.HEALTH: {}, Lane.SIGNAL: {}}
        self._again: dict[str, None] = {}  # topics of alerts to be told again from the truth, in this order
        self.standing: dict[str, Message] = {}
        self.dropped: Counter[Lane] = Counter(dict.fromkeys(Lane, 0))

    def __len__(self) -> int:
        newest = sum(len(messages) for messages in self._newest.values())
        return len(self._state) + len(self._alerts) + len(self._again) + newest

    @property
    def lost(self) -> int:
        """How many messages were dropped, over all lanes."""
        return self.dropped.total()

    def adopt(self, old: "Outbox") -> None:
        """Take over what waits in an older outbox, as history: what stands now is told anew by whoever knows it."""
        for message in old._state:  # noqa: SLF001 - two of a kind
            self._count(self._state.add(message))
        for message in old._alerts:  # noqa: SLF001
            begins = message.retain and message.payload
            self._count(self._alerts.add(replace(message, retain=False) if begins else message))

    def put(self, message: Message) -> None:
        """Add one message behind those of its lane."""
        if message.lane is Lane.STATE:
            self._count(self._state.add(message))
        elif message.lane is Lane.ALERT:
            self._count(self._alerts.add(message))
        else:
            self._newest[message.lane][message.topic] = message

    def begin(self, message: Message) -> None:
        """Add the beginning of an alert, which the broker is to keep until it ends."""
        self.standing[message.topic] = message
        self.put(message)

    def end(self, message: Message) -> None:
        """Add the end of an alert, and after it the empty message with which the broker forgets the alert."""
        self.put(message)
        self.forget(message.topic)

    def forget(self, topic: str) -> None:
        """Have the broker forget what it keeps about an alert."""
        self.standing.pop(topic, None)
        self.put(Message(Lane.ALERT, topic, b"", retain=True))

    def tell_standing_again(self) -> None:
        """Send all alerts that stand to a broker that may have lost them, but for those that wait to be sent anyway."""
        waiting = {id(message) for message in self._alerts}
        self.tell_again(topic for topic, message in self.standing.items() if id(message) not in waiting)

    def tell_again(self, topics: Iterable[str]) -> None:
        """Send what is true now about these alerts: that they stand, or that the broker should forget them."""
        self._again.update(dict.fromkeys(topics))

    def take(self) -> Message | None:
        """Take the next message to send."""
        if waiting := self._newest[Lane.STATUS]:
            message = waiting.pop(next(iter(waiting)))
        elif self._alerts:
            message = self._alerts.take()
        elif self._again:
            message = self._from_truth()
        elif waiting := self._newest[Lane.HEALTH]:
            message = waiting.pop(next(iter(waiting)))
        elif self._state:
            message = self._state.take()
        elif waiting := self._newest[Lane.SIGNAL]:
            message = waiting.pop(next(iter(waiting)))
        else:
            return None
        return message

    def put_back(self, messages: Iterable[Message]) -> None:
        """Put back what was on its way, oldest first, when the connection was lost: the broker may not have it."""
        for message in reversed(list(messages)):
            if message.lane is Lane.STATE:
                self._count(self._state.put_back(message))
            elif message.lane is Lane.ALERT:
                self._count(self._alerts.put_back(message))
            else:
                self._newest[message.lane].setdefault(message.topic, message)  # unless a newer one waits

    def drop(self, message: Message) -> None:
        """Give up one message for good, and count it: no broker takes it, so it must not be told again either."""
        self.dropped[message.lane] += 1
        if self.standing.get(message.topic) is message:
            del self.standing[message.topic]

    def _from_truth(self) -> Message:
        topic = next(iter(self._again))
        del self._again[topic]
        return self.standing.get(topic) or Message(Lane.ALERT, topic, b"", retain=True)

    def _count(self, gone: list[Message]) -> None:
        for message in gone:
            self.dropped[message.lane] += 1
            if message.lane is Lane.ALERT and message.retain:
                self.tell_again([message.topic])  # the history has a hole, what is true now must not
