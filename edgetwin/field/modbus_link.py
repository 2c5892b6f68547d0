"""One connection to one Modbus unit: asks for registers and hands over the bytes of the answer, or says what is wrong.

pymodbus carries the frames. What it does not do is done here:
- It hands over answers with another function code, another length or transaction id 0 as if they were good. Every
  answer is checked against its request; what does not fit is Unusable, never a value.
- It lets a request in flight wait for its time-out when the socket is lost, and takes minutes to drop a silent peer.
  The lifeline is cut at once; two requests in a row without an answer mean that the device is away.
- Its own reconnection leaks sockets. It is switched off, and every `open` is a fresh client.
- It builds lists of Python integers. The bytes are kept as they came, for numpy.

It is pinned below the next minor version, for three of its inner parts are used: `ctx.call_create` (connecting, with
the error that `connect` hides), `ctx.framer.decoder` and `ctx.recv_buffer`.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import cast

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusIOException
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from edgetwin.config.registers import BITS, Area
from edgetwin.config.url import Endpoint
from edgetwin.core import status
from edgetwin.field.driver import DeviceDown
from edgetwin.field.lifeline import Lifeline
from edgetwin.field.unreachable import unreachable

# It dumps kilobytes of trace for one broken frame and says "error" for every time-out; we tell transitions.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

_REQUESTS: Mapping[Area, type[ModbusPDU]] = {
    "co": ReadCoilsRequest,
    "di": ReadDiscreteInputsRequest,
    "hr": ReadHoldingRegistersRequest,
    "ir": ReadInputRegistersRequest,
}
_WRONG_REQUEST = (1, 2, 3)  # the unit is there, and has not what was asked for
_IS_EXCEPTION = 0x80
_SILENT_IN_A_ROW = 2


class Refused(Exception):  # noqa: N818 - an answer of the device, not a programming error
    """The device answered with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(status.describe(status.modbus_exception(code)))
        self.code = code


class Unusable(Exception):  # noqa: N818 - likewise
    """Something came that is not the answer to what was asked."""


class NoAnswer(Exception):  # noqa: N818 - likewise
    """Nothing came in time. Once may be chance."""


class _Answer(ModbusPDU):
    """An answer as it came: its function code, and the bytes after that."""

    octets = b""


class _KeepBytes(DecodePDU):
    """Takes any answer; whether it is a good one is for `ModbusLink.read` to say."""

    def decode(self, frame: bytes) -> _Answer:
        answer = _Answer()
        answer.function_code = frame[0]
        answer.octets = frame[1:]
        return answer


class ModbusLink:
    """A connection. Open it once, read, close it; then make another."""

    def __init__(self, endpoint: Endpoint, unit: int, timeout_s: float) -> None:
        self.lifeline = Lifeline()
        self._endpoint = endpoint
        self._unit = unit
        self._timeout_s = timeout_s
        self._silent = 0  # requests without an answer, in a row
        self._answers = 0  # in this cycle
        self._good = 0  # since it was opened
        self._refused: Refused | None = None  # the latest one
        self._client = AsyncModbusTcpClient(
            endpoint.host,
            port=endpoint.port,
            timeout=timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_connect=self._socket_is,
        )
        self._client.ctx.framer.decoder = _KeepBytes(is_server=False)

    async def open(self) -> None:
        """Connect, or raise DeviceDown with what a technician can do."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._client.ctx.call_create()
        except OSError as error:
            raise unreachable(self._endpoint, error) from error

    async def read(self, area: Area, address: int, count: int) -> bytes:
        """Ask for registers (or bits) and give their bytes."""
        if self._client.ctx.recv_buffer:
            raise DeviceDown(
                "bytes came that were not asked for",
                "does something between here and the device repeat packets?",
            )
        request = _REQUESTS[area](address=address, count=count, dev_id=self._unit)
        try:
            answer = await self._client.execute(False, request)  # noqa: FBT003 - pymodbus names it so
        except ModbusIOException:
            self._nothing_came()
            raise NoAnswer from None
        except ConnectionException:
            raise self._lost() from None
        self._silent = 0
        self._answers += 1
        octets = self._checked(request, answer, (count + 7) // 8 if area in BITS else 2 * count)
        self._good += 1
        return octets

    def judge_cycle(self) -> None:
        """Raise DeviceDown if in this poll cycle the unit kept silent, or if it has never done anything but fail."""
        answers, self._answers = self._answers, 0
        if self._silent and not answers:
            raise self._no_answer()
        if self._refused is not None and self._refused.code not in _WRONG_REQUEST and not self._good:
            raise DeviceDown(
                f"nothing but {self._refused}",
                f"is `unit = {self._unit}` right? This is also how some devices answer for a unit that is not there",
            )

    async def close(self) -> None:
        """Let go of the socket, at once: a peer that takes nothing must not keep us."""
        transport = cast("asyncio.Transport | None", self._client.ctx.transport)
        self._client.close()
        if transport is not None:
            transport.abort()
            await asyncio.sleep(0)  # asyncio closes the socket in the next round of its loop

    def _checked(self, request: ModbusPDU, answer: _Answer, length: int) -> bytes:
        octets = answer.octets
        of_another_unit = self._unit and answer.dev_id != self._unit  # to unit 0, any may answer
        if answer.transaction_id != request.transaction_id or of_another_unit:
            raise Unusable("the answer to another request")
        if answer.function_code == request.function_code | _IS_EXCEPTION and octets:
            code = octets[0]
            if code in status.MODBUS_UNIT_AWAY:
                raise DeviceDown(
                    status.describe(status.modbus_exception(code)),
                    f"the gateway answers and does not reach unit {self._unit}: "
                    "is `unit` right, is the device behind the gateway switched on?",
                )
            self._refused = Refused(code)
            raise self._refused
        if answer.function_code != request.function_code:
            raise Unusable(f"function code {answer.function_code} instead of {request.function_code}")
        if len(octets) != length + 1 or octets[0] != length:
            raise Unusable(f"{len(octets) - 1} bytes instead of {length}")
        return octets[1:]

    def _nothing_came(self) -> None:
        if self._client.ctx.recv_buffer:
            raise DeviceDown("half an answer came, and no more", "is the line to the device overloaded?")
        self._silent += 1
        if self._silent >= _SILENT_IN_A_ROW:
            raise self._no_answer()

    def _no_answer(self) -> DeviceDown:
        return DeviceDown(
            f"connected, and no answer within {self._timeout_s:g} s",
            f"is `unit = {self._unit}` right, is `timeout` long enough, is the device busy with another client?",
        )

    def _lost(self) -> DeviceDown:
        return DeviceDown(
            "the connection was lost",
            "did the device restart? Many PLCs serve only a few clients at once: is there another one?",
        )

    def _socket_is(self, connected: bool) -> None:  # noqa: FBT001 - pymodbus calls it so
        if not connected:
            self.lifeline.cut(self._lost())
