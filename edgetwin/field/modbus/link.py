"""One unit on its line: asks for registers and hands over their bytes, or says what is wrong.

What it never does: hand over bytes that are not the answer to what was asked (`frames` checks each of them),
or take one lost answer for a dead device. A unit that has answered before is away after two requests in a row without
an answer, or five with what is no answer; one that has not is away after the first.
"""

import asyncio

from edgetwin.config.modbus_line import SerialPort
from edgetwin.config.registers import Area
from edgetwin.core import status
from edgetwin.field.driver import DeviceDown
from edgetwin.field.lifeline import Lifeline
from edgetwin.field.modbus.bus import Bus, NoAnswer
from edgetwin.field.modbus.frames import Refused, Request, Unusable
from edgetwin.field.modbus.turns import Seat

_IS_THERE = (1, 2, 3, 5, 6)  # the unit has not what was asked for, or is busy: either way it is there
_SILENT_IN_A_ROW = 2
_USELESS_IN_A_ROW = 5


class ModbusLink:
    """A unit. Open it once, read, close it; then make another. `period_s` is how often it is asked, at least."""

    def __init__(self, bus: Bus, unit: int, timeout_s: float, period_s: float | None = None) -> None:
        self._bus = bus
        self._unit = unit
        self._seat = Seat(unit, timeout_s, period_s)
        self._requests: dict[tuple[Area, int, int], Request] = {}
        self._silent = 0  # requests without an answer, in a row
        self._useless = 0  # answers that are none, in a row
        self._good = 0  # since it was opened
        self._refused: Refused | None = None  # the latest one

    @property
    def lifeline(self) -> Lifeline:
        """Ends a wait the moment the connection is lost."""
        return self._seat.lifeline

    async def open(self) -> None:
        """Connect, or raise DeviceDown with what a technician can do. Whether the unit answers, reading tells."""
        await self._bus.join(self._seat)

    async def read(self, area: Area, address: int, count: int) -> bytes:
        """Ask for registers (or bits) and give their bytes. Raises Refused, Unusable, NoAnswer or DeviceDown."""
        key = (area, address, count)
        request = self._requests.get(key)
        if request is None:
            request = self._requests[key] = Request(self._unit, area, address, count)
        try:
            octets = await self._bus.ask(self._seat, request)
        except NoAnswer as none:
            self._silent += 1
            if self._silent >= _SILENT_IN_A_ROW or not self._seat.living:
                raise self._no_answer(none) from None
            raise
        except Refused as refused:
            self._silent = self._useless = 0
            self._refused = refused
            if refused.code in status.MODBUS_UNIT_AWAY:
                raise self._not_reached(refused) from None
            raise
        except Unusable as unusable:
            self._silent = 0
            self._useless += 1
            if self._useless >= _USELESS_IN_A_ROW or not self._seat.living:
                raise self._not_understood(unusable) from None
            raise
        self._silent = self._useless = 0
        self._good += 1
        return octets

    def judge_cycle(self) -> None:
        """Raise DeviceDown after a poll cycle if the unit has never done anything but fail."""
        if self._refused is not None and self._refused.code not in _IS_THERE and not self._good:
            raise DeviceDown(
                f"nothing but {self._refused}",
                f"is `unit = {self._unit}` right? This is also how some devices answer for a unit that is not there",
            )

    async def close(self) -> None:
        """Leave the line. The last one to leave closes the connection."""
        self._bus.leave(self._seat)
        await asyncio.sleep(0)  # asyncio closes a socket in the next round of its loop

    def _no_answer(self, none: NoAnswer) -> DeviceDown:
        line = self._bus.line
        questions = [f"is `unit = {self._unit}` right", "is the device switched on"]
        if none.waited_s >= self._seat.timeout_s:  # the line gives a unit less while others on it answer
            questions.append("is `timeout` long enough")
        if line.framing == "rtu":
            questions.append(
                "are baud, parity and stop bits those of the device, are its wires the right way round"
            )
        else:
            questions.append("is it busy with another client")
        opened = "the port is open" if isinstance(line.place, SerialPort) else "connected"
        return DeviceDown(f"{opened}, and {none}", f"{', '.join(questions)}?")

    def _not_understood(self, unusable: Unusable) -> DeviceDown:
        return DeviceDown(
            f"what comes is no answer: {unusable}",
            f"does only one device have `unit = {self._unit}`, is it the only master on the line, are baud, parity and "
            "stop bits those of the device, is the line terminated?"
            if self._bus.line.framing == "rtu"
            else "does something between here and the device mix up its answers, or repeat them?",
        )

    def _not_reached(self, refused: Refused) -> DeviceDown:
        return DeviceDown(
            str(refused),
            f"the gateway answers and does not reach unit {self._unit}: "
            "is `unit` right, is the device behind the gateway switched on?",
        )
