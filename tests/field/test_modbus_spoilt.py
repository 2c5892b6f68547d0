"""A line that spoils answers costs readings, and never makes a wrong one.

The negative control takes the checks of the answers away, and shows that then wrong values do come through.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import pytest
from field_plc import Plc, floats
from field_watch import clock
from field_wires import Line, Spoil
from pymodbus.pdu import ModbusPDU

from edgetwin.config.modbus import ModbusDevice
from edgetwin.core import status
from edgetwin.core.signals import Frame
from edgetwin.field import modbus_link
from edgetwin.field.link import LinkState
from edgetwin.field.modbus import ModbusDriver
from edgetwin.field.modbus_link import ModbusLink
from edgetwin.field.poller import keep

SIGNALS = {"low": {"at": "hr:0", "type": "float32"}, "high": {"at": "hr:60", "type": "float32"}}
TRUTH = {"plc.low": 1.0, "plc.high": 2.0}
NAMES = list(TRUTH)
ENOUGH = 12


def every_third(spoil: Callable[[bytes], Sequence[bytes]]) -> Spoil:
    return lambda answer, number: spoil(answer) if number % 3 == 2 else [answer]


def other_tid(answer: bytes) -> bytes:
    return (int.from_bytes(answer[:2], "big") ^ 0x0101).to_bytes(2, "big") + answer[2:]


def resized(answer: bytes, change: int) -> bytes:
    """Take registers away or add some, with all lengths in the frame made to fit."""
    data = (answer[9:] + bytes(32))[: len(answer) - 9 + 2 * change]
    return answer[:4] + (len(data) + 3).to_bytes(2, "big") + answer[6:8] + len(data).to_bytes(1, "big") + data


# What arrives in place of a right answer. `wrong` is an answer of right shape with other numbers in it.
def wrong(answer: bytes) -> bytes:
    return answer[:9] + bytes(b ^ 0x15 for b in answer[9:])


SPOILT: dict[str, Callable[[bytes], Sequence[bytes]]] = {
    "said twice": lambda answer: [answer, answer],
    "said twice at once": lambda answer: [answer + answer],
    "cut in half": lambda answer: [answer[: len(answer) // 2]],
    "in single bytes": lambda answer: [bytes([octet]) for octet in answer],
    "lost": lambda _: [],
    "for another request": lambda answer: [other_tid(wrong(answer)), answer],
    "only for another request": lambda answer: [other_tid(wrong(answer))],
    "without a number": lambda answer: [bytes(2) + wrong(answer)[2:]],
    "of another unit": lambda answer: [answer[:6] + b"\x09" + wrong(answer)[7:]],
    "of another function": lambda answer: [answer[:7] + b"\x04" + wrong(answer)[8:]],
    "of an unknown function": lambda answer: [answer[:7] + b"\x55" + wrong(answer)[8:]],
    "too short": lambda answer: [resized(wrong(answer), -1)],
    "too long": lambda answer: [resized(wrong(answer), 1)],
    "with a wrong count": lambda answer: [answer[:8] + b"\x02" + wrong(answer)[9:]],
    "of another protocol": lambda answer: [answer[:2] + b"\x12\x34" + wrong(answer)[4:]],
    "noise": lambda answer: [bytes(range(len(answer)))],
    "noise before it": lambda answer: [b"\x00\x01\x00", answer],
}


async def readings(spoil: Spoil) -> list[tuple[str, float]]:
    """Poll a PLC over a spoilt line, reconnecting where needed; give all readings that are called good."""
    registers = [*floats(1.0), *[0] * 58, *floats(2.0), *[0] * 40]
    plc = await Plc(registers).start()
    frames: list[Frame] = []
    done = asyncio.Event()

    def deliver(frame: Frame) -> None:
        frames.append(frame)
        if sum((each.status == status.GOOD).sum() for each in frames) >= ENOUGH:
            done.set()

    async def short_nap(_: float) -> None:
        await asyncio.sleep(0.001)

    async with Line(plc.port, spoil) as line:
        config = ModbusDevice.model_validate(
            {
                "connect": f"modbus-tcp://127.0.0.1:{line.port}",
                "every": "2 ms",
                "timeout": "60 ms",
                "signals": SIGNALS,
            }
        )
        driver = ModbusDriver("plc", config, clock)
        keeping = asyncio.create_task(keep(driver, deliver, clock, LinkState("plc", ""), sleep=short_nap))
        async with asyncio.timeout(20):
            await done.wait()
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
    await plc.stop()
    return [
        (NAMES[number], float(value))
        for frame in frames
        for number, value, code in zip(frame.ids, frame.values, frame.status, strict=True)
        if code == status.GOOD
    ]


@pytest.mark.parametrize("what", SPOILT)
async def test_an_answer_that_is_spoilt_is_never_a_wrong_value(what: str) -> None:
    for name, value in await readings(every_third(SPOILT[what])):
        assert value == TRUTH[name]


@pytest.mark.parametrize("what", ["without a number", "of another function", "too long"])
async def test_negative_control_without_our_checks_wrong_values_come_through(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unchecked(_: ModbusLink, __: ModbusPDU, answer: modbus_link._Answer, length: int) -> bytes:
        return (answer.octets[1:] + bytes(length))[:length]

    monkeypatch.setattr(ModbusLink, "_checked", unchecked)
    heard = await readings(every_third(SPOILT[what]))
    assert any(value != TRUTH[name] for name, value in heard)


def test_the_spoilt_values_would_be_noticed() -> None:
    answer = b"\x00\x01\x00\x00\x00\x07\x01\x03\x04" + np.array([1.0], ">f4").tobytes()
    assert np.frombuffer(wrong(answer)[9:], ">f4")[0] not in TRUTH.values()
