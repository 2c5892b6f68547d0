"""How long it takes to turn one Modbus answer into a column of a frame, in microseconds of processor time.

    python tests/bench/modbus_decode_speed.py

A block of 62 float32 is the longest that one request can ask for. The others are as full as their type allows.
"""

import platform
import sys
import timeit
from time import process_time

import numpy as np

from edgetwin.config.modbus_types import Type, registers_of
from edgetwin.field.modbus.decode import Decoder
from edgetwin.field.modbus.decode_layout import Layout

REGISTERS = 124
TARGET_US = 5.0  # for 62 float32
KINDS: tuple[Type, ...] = ("float32", "uint16", "int64", "bcd32", "bool")
ROUNDS, TIMES = 40, 500


def microseconds(kind: Type) -> float:
    """Give the best of many rounds: what the machine does besides must not count."""
    width = registers_of(kind)
    decoder = Decoder([Layout(position=at, type=kind) for at in range(0, REGISTERS, width)])
    answer, count = bytes(2 * REGISTERS), REGISTERS // width
    values, codes = np.zeros(count), np.zeros(count, np.uint32)
    rounds = timeit.repeat(
        lambda: decoder.read(answer, values, codes), timer=process_time, number=TIMES, repeat=ROUNDS
    )
    return 1e6 * min(rounds) / TIMES


def main() -> int:
    """Measure, and fail where the one target is missed."""
    sys.stdout.write(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}\n")
    measured = {kind: microseconds(kind) for kind in KINDS}
    for kind, took in measured.items():
        target = f"  (target: under {TARGET_US:g})" if kind == "float32" else ""
        sys.stdout.write(f"{REGISTERS // registers_of(kind):4} {kind:8} {took:6.1f} us{target}\n")
    return int(measured["float32"] >= TARGET_US)


if __name__ == "__main__":
    sys.exit(main())
