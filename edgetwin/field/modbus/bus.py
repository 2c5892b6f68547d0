"""One line with its units: one connection, one request at a time, shared by all devices that name it.

A line has no task of its own. A request is a future, and bytes and timers move it on: a request whose asker is
cancelled runs to its end all the same, and the next one never meets its answer. Who may ask next is decided in
`turns`, and when a line without transaction ids may be used again in `quiet`.
"""

import asyncio
import random
from time import monotonic  # the clock of uvloop stands still while a callback runs
from weakref import WeakValueDictionary

from edgetwin.config.modbus_line import Line, SerialPort
from edgetwin.core import status
from edgetwin.field.driver import DeviceDown
from edgetwin.field.modbus.frames import Broken, Framing, Refused, Request, RtuFraming, TcpFraming, Unusable
from edgetwin.field.modbus.quiet import Quiet
from edgetwin.field.modbus.serial_port import SerialStream
from edgetwin.field.modbus.streams import Stream, TcpStream
from edgetwin.field.modbus.turns import Seat, Turn, Turns

CONNECT_S = 1.0  # a network may take this long to connect, however short the time-out for an answer is
_OVERTIME_S = 2e-3  # for the loop to hand over what has come


class NoAnswer(Exception):  # noqa: N818 - a state of the plant, not a programming error
    """Nothing came in time. Once may be chance."""

    def __init__(self, waited_s: float) -> None:
        super().__init__(f"no answer within {waited_s:.3g} s")
        self.waited_s = waited_s


class Bus:
    """A line. It is connected while links have a seat on it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._numbered = line.framing == "tcp"
        self.late = 0  # answers that came when nobody waited for them any more
        # Nor may the first connection meet an answer to the process that was here before.
        self._framing = self._new_framing(random.randrange(0x10000))  # noqa: S311 - guards against chance only
        self._stream: Stream | None = None
        self._seats: set[Seat] = set()
        self._turns = Turns()
        self._turn: Turn | None = None  # in flight
        self._quiet = Quiet(line)
        self._connecting = asyncio.Lock()
        self._failure: tuple[float, DeviceDown | None] = 0.0, None  # to connect, and when
        # The alarm is for the turn in flight. It may ring too early, never too late.
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        self._waking: asyncio.TimerHandle | None = None  # for the next turn

    async def join(self, seat: Seat) -> None:
        """Take a seat; the first one connects the line. DeviceDown when it cannot be connected."""
        asked = monotonic()
        async with self._connecting:
            if self._stream is None:
                failed, down = self._failure
                if down is not None and failed >= asked:  # another has tried, while this one waited
                    raise DeviceDown(down.reason, down.hint)
                try:
                    await self._connect(max(CONNECT_S, seat.timeout_s))
                except DeviceDown as error:
                    self._failure = monotonic(), error
                    raise
                if not self._numbered:  # somebody may have asked just before us
                    self._quiet.begins()
                    self._quiet.drain(monotonic(), seat.timeout_s)
            self._seats.add(seat)

    def leave(self, seat: Seat) -> None:
        """Give a seat up. With the last one the connection is closed."""
        if seat in self._seats:
            self._seats.discard(seat)
            if not self._seats:
                self._close(DeviceDown("the link was closed"))

    async def ask(self, seat: Seat, request: Request) -> bytes:
        """Ask for registers and give their bytes. Raises Refused, Unusable, NoAnswer or DeviceDown."""
        if seat not in self._seats:
            raise self._lost()
        turn = Turn(seat, request, asyncio.get_running_loop().create_future(), is_try=not seat.living)
        self._turns.add(turn)
        if self._turn is None:
            self._next()
        return await turn.answer

    async def _connect(self, within_s: float) -> None:
        place = self.line.place
        stream: Stream = (
            SerialStream(place, self._received, self._is_lost)
            if isinstance(place, SerialPort)
            else TcpStream(place, self._received, self._is_lost)
        )
        self._framing = self._new_framing(self._framing.number)
        self._stream = stream
        try:
            await stream.open(within_s)
        except BaseException:
            self._stream = None
            stream.close()
            raise
        if self._stream is None:
            raise DeviceDown(
                f"{self.line} hangs up at once", "is the port right, does the device serve one more client?"
            )

    def _next(self) -> None:
        """Begin the next turn, if the line is free."""
        stream = self._stream
        if self._turn is not None or stream is None:
            return
        now = monotonic()
        if not self._numbered:
            # The clock may say that it is quiet, and the kernel know better.
            if now >= self._quiet.at and stream.pending():
                self._quiet.drain(now, max(seat.timeout_s for seat in self._seats))
            if now < self._quiet.at:
                self._wake_at(self._quiet.at)
                return
        turn = self._turns.next(now)
        if turn is not None:
            self._begin(stream, turn, now)
        elif (at := self._turns.next_at()) is not None:
            self._wake_at(at)

    def _begin(self, stream: Stream, turn: Turn, now: float) -> None:
        part = 0.5 if self._numbered else 0.25
        wire_s = self._wire_s(turn.request)
        turn.began = now
        turn.timeout_s = self._turns.patience_s(turn, self._seats, wire_s, part)
        self._turn = turn
        self._quiet.begins()
        stream.write(self._framing.ask(turn.request))
        self._ring_at(now + turn.timeout_s)

    def _received(self, data: bytes) -> None:
        turn = self._turn
        if turn is None and not self._numbered:
            if self._seats:
                self._stray(data)
            return
        try:
            answer = self._framing.take(data)
        except (Refused, Unusable) as error:
            if turn is not None:
                self._end(turn, error, data)
        except Broken as broken:
            self._close(
                DeviceDown(
                    f"what came is no answer: {broken}",
                    "is there a Modbus server behind this address and port? Does something in between repeat packets?",
                )
            )
        else:
            if answer is not None and turn is not None:
                self._end(turn, answer)
            while self._framing.late:
                self.late += 1
                self._turns.heard_late(self._framing.late.pop())

    def _stray(self, data: bytes) -> None:
        now = monotonic()
        self._hear(data, now, max(seat.timeout_s for seat in self._seats))
        if self._quiet.is_restless(now):
            self._close(
                DeviceDown(
                    f"{self.line} is never quiet",
                    "does another master ask on this line, is it terminated, are its settings right?",
                )
            )

    def _time_is_up(self) -> None:
        """End the turn in flight without an answer, unless it has come and the loop was too busy to hand it over."""
        self._alarm = None
        turn, stream = self._turn, self._stream
        if turn is None or stream is None:
            return
        now = monotonic()
        if now < turn.began + turn.timeout_s:
            self._ring_at(turn.began + turn.timeout_s)
        elif stream.pending() and not turn.overtime:
            turn.overtime = True
            self._ring_at(now + _OVERTIME_S)
        elif not self._framing.give_up():
            self._end(turn, NoAnswer(turn.timeout_s))
        elif self._numbered:
            self._close(
                DeviceDown("half an answer came, and no more", "is the line to the device overloaded?")
            )
        else:
            self._end(turn, Unusable("half an answer came, and no more"))

    def _end(self, turn: Turn, outcome: bytes | Exception, data: bytes = b"") -> None:
        """Tell the asker, and go on with the next turn."""
        now = monotonic()
        self._turn = None
        answered = isinstance(outcome, bytes | Refused)
        if answered:
            self._quiet.answered(now)
        elif not self._numbered:
            self._hear(data, now, turn.timeout_s)
        if answered and not (isinstance(outcome, Refused) and outcome.code in status.MODBUS_UNIT_AWAY):
            turn.seat.living = True
        elif turn.is_try:
            self._turns.tried(turn, self._seats, max(now, self._quiet.at), silent=not answered)
        if not turn.answer.done():  # if it is, its asker was cancelled
            if isinstance(outcome, bytes):
                turn.answer.set_result(outcome)
            else:
                turn.answer.set_exception(outcome)
        self._next()

    def _is_lost(self, stream: Stream) -> None:
        if stream is self._stream:
            self._close(self._lost())

    def _lost(self) -> DeviceDown:
        if isinstance(self.line.place, SerialPort):
            return DeviceDown(
                "the connection was lost: the serial port is gone",
                "was the adapter unplugged, or did it lose power?",
            )
        return DeviceDown(
            "the connection was lost",
            "did the device restart? Many PLCs serve only a few clients at once: is there another one?",
        )

    def _close(self, down: DeviceDown) -> None:
        """Let go of the connection, and tell all who have a seat."""
        stream, self._stream = self._stream, None
        turn, self._turn = self._turn, None
        if turn is not None and not self._numbered:  # its answer is still to come
            self._quiet.drain(monotonic(), turn.timeout_s)
        seats, self._seats = self._seats, set()
        for timer in (self._alarm, self._waking):
            if timer is not None:
                timer.cancel()
        self._alarm = self._waking = None
        if stream is not None:
            stream.close()
        for each in [*([turn] if turn else []), *self._turns.clear()]:
            if not each.answer.done():
                each.answer.set_exception(DeviceDown(down.reason, down.hint))
        for seat in seats:
            seat.lifeline.cut(down)

    def _ring_at(self, when: float) -> None:
        """See to it that the alarm rings by then. One that rings earlier looks at the time and sets itself again."""
        if self._alarm is not None and self._alarm_at > when:
            self._alarm.cancel()
            self._alarm = None
        if self._alarm is None:
            self._alarm_at = when
            self._alarm = asyncio.get_running_loop().call_later(when - monotonic(), self._time_is_up)

    def _wake_at(self, when: float) -> None:
        if self._waking is not None:
            self._waking.cancel()
        self._waking = asyncio.get_running_loop().call_later(when - monotonic(), self._next)

    def _hear(self, data: bytes, now: float, span_s: float) -> None:
        """Hear what nobody waits for: the line is drained before it is used again."""
        unit = self._quiet.stray(now, data, span_s)
        if unit is not None:
            self.late += 1
            self._turns.heard_late(unit)

    def _wire_s(self, request: Request) -> float:
        """How long the bytes of a request and its answer take."""
        return (8 + 5 + request.length) * self.line.character_s

    def _new_framing(self, number: int) -> Framing:
        return TcpFraming(number) if self._numbered else RtuFraming()


class Buses:
    """The lines in use, each once. A line is forgotten when nobody holds it any more."""

    def __init__(self) -> None:
        self._buses: WeakValueDictionary[Line, Bus] = WeakValueDictionary()

    def on(self, line: Line) -> Bus:
        """Give the bus of a line."""
        bus = self._buses.get(line)
        if bus is None:
            bus = self._buses[line] = Bus(line)
        return bus
