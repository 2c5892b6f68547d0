"""How long the polls keep a line busy, and what cannot fit. Pure: an estimate, made before anything is asked.

A network is counted with the figures of a good PLC on a good network; many take 5 to 20 ms for a request. A serial line
is counted by its characters: the request, the answer, a pause of 3.5 characters before each, and the time that a unit
takes to think. What is refused with these figures cannot work; what is let through may still be late, and late polls
are counted. A device server does not say how fast the line behind it is: what is shown is counted with 9600 baud, and
only what would not fit at 115200 baud is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_line import Line, SerialPort
from edgetwin.config.registers import BITS
from edgetwin.core.errors import ConfigError
from edgetwin.field.modbus.plan import Block, Rhythm, plan, registers

REQUEST_S = 2e-3  # a request and its answer on a network
OCTET_S = 5e-6  # each byte of values on a network
TURNAROUND_S = 5e-3  # from the end of a request to the first character of the answer, on a serial line
PAUSE_CHARACTERS = 3.5
SHORTEST_PAUSE_S = 1.75e-3  # above 19200 baud the standard makes pauses no shorter
FRAME_CHARACTERS = 8 + 5  # a request, and what an answer has beside its values
ASSUMED_BAUD, FASTEST_BAUD = 9_600, 115_200


@dataclass(frozen=True, slots=True)
class Pace:
    """What a request takes on a line, and what each byte of values adds. `baud` is that of a serial line."""

    request_s: float
    octet_s: float
    baud: int | None = None
    assumed: bool = False

    @classmethod
    def of(cls, line: Line, assumed_baud: int = ASSUMED_BAUD) -> Self:
        """Tell the pace of a line."""
        if line.framing == "tcp":
            return cls(REQUEST_S, OCTET_S)
        if isinstance(line.place, SerialPort):
            return cls._serial(line.place)
        behind = cls._serial(SerialPort("", assumed_baud))
        return cls(REQUEST_S + behind.request_s, behind.octet_s, assumed_baud, assumed=True)

    @classmethod
    def _serial(cls, port: SerialPort) -> Self:
        character_s = port.character_s
        pauses_s = 2 * max(PAUSE_CHARACTERS * character_s, SHORTEST_PAUSE_S)
        return cls(TURNAROUND_S + pauses_s + FRAME_CHARACTERS * character_s, character_s, port.baud)

    def block_s(self, block: Block) -> float:
        """About how long one request keeps the line busy."""
        return self.request_s + block.octets * self.octet_s

    def rhythm_s(self, rhythm: Rhythm) -> float:
        """About how long one poll of a rhythm keeps the line busy."""
        return sum(self.block_s(block) for block in rhythm.blocks)

    def share(self, device: ModbusDevice) -> float:
        """Tell what part of the time the polls of a device keep the line busy; above 1 they cannot fit."""
        return sum(self.rhythm_s(rhythm) / rhythm.period_s for rhythm in plan(device))


def lines(devices: Mapping[str, ModbusDevice]) -> dict[Line, dict[str, ModbusDevice]]:
    """Put the devices that share a line together, in the order of the configuration."""
    found: dict[Line, dict[str, ModbusDevice]] = {}
    for name, device in devices.items():
        found.setdefault(device.line, {})[name] = device
    return found


def problems(devices: Mapping[str, ModbusDevice]) -> Iterator[ConfigError]:
    """Say what cannot work: a value wider than a request may be, polls that do not fit their period or their line."""
    for name, device in devices.items():
        yield from _too_wide(name, device)
    for line, members in lines(devices).items():
        pace = Pace.of(line, assumed_baud=FASTEST_BAUD)
        shares = {name: pace.share(device) for name, device in members.items()}
        alone = [name for name, share in shares.items() if share > 1]
        for name in alone:
            yield _device_is_too_slow(name, members[name], pace)
        if not alone and sum(shares.values()) > 1:
            yield _line_is_too_slow(line, shares, pace)


def _too_wide(name: str, device: ModbusDevice) -> Iterator[ConfigError]:
    for register in registers(device):
        if register.area not in BITS and register.width > device.max_registers:
            yield ConfigError(
                ("device", name, "max_registers"),
                f"{register.name} is a {register.type} of {register.width} registers, and a request may ask for "
                f"{device.max_registers}: a value is never split, so allow at least {register.width}",
            )


def _device_is_too_slow(name: str, device: ModbusDevice, pace: Pace) -> ConfigError:
    heaviest = max(plan(device), key=lambda rhythm: pace.rhythm_s(rhythm) / rhythm.period_s)
    return ConfigError(
        ("device", name, "every"),
        f"the polls cannot fit: {len(heaviest.blocks)} requests for {len(heaviest.registers)} signals take "
        f"about {1e3 * pace.rhythm_s(heaviest):.0f} ms and are due every {1e3 * heaviest.period_s:g} ms "
        f"(all polls together need {pace.share(device):.0%} of the time; {_counted(pace)}); "
        f"ask less often, {_faster(pace)}",
    )


def _line_is_too_slow(line: Line, shares: Mapping[str, float], pace: Pace) -> ConfigError:
    heaviest_first = sorted(shares, key=lambda name: -shares[name])
    each = ", ".join(f"{name} {shares[name]:.0%}" for name in heaviest_first)
    return ConfigError(
        ("device", heaviest_first[0], "every"),
        f"the polls of {len(shares)} units cannot fit on {line}: together they need {sum(shares.values()):.0%} of its "
        f"time ({each}; {_counted(pace)}); ask some of them less often, {_faster(pace)}, or move units to another line",
    )


def _counted(pace: Pace) -> str:
    if pace.baud is None:
        return f"counted with {1e3 * pace.request_s:g} ms a request"
    return f"counted with {'as much as ' if pace.assumed else ''}{pace.baud} baud"


def _faster(pace: Pace) -> str:
    if pace.baud is None or pace.assumed:
        return "let one request read more with max_registers and max_gap"
    return "raise the baud rate of all units on the line, let one request read more with max_registers and max_gap"
