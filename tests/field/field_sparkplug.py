"""Writes payloads of Sparkplug B, as an edge node would."""

import struct

from edgetwin.wire.protobuf import block, whole
from edgetwin.wire.sparkplug import DataType

TIME_MS = 1_780_000_000_000


def metric(
    name: str | None,
    value: int | float | str | None,  # noqa: PYI041 - a whole number is written as one
    datatype: DataType | None,
    *,
    alias: int | None = None,
    time_ms: int | None = None,
    historical: bool = False,
) -> bytes:
    """Write a metric."""
    out = b"" if name is None else block(1, name.encode())
    for number, content in ((2, alias), (3, time_ms), (4, datatype), (5, int(historical))):
        out += whole(number, content) if content else b""
    match value:
        case None:
            out += whole(7, 1)
        case str():
            out += block(15, value.encode())
        case float() if datatype is DataType.FLOAT:
            out += b"\x65" + struct.pack("<f", value)
        case float():
            out += b"\x69" + struct.pack("<d", value)
        case int() if datatype in (DataType.INT64, DataType.UINT64):
            out += whole(11, value)
        case _:
            out += whole(10, int(value) & 0xFFFFFFFF)
    return out


def payload(seq: int | None, *metrics: bytes) -> bytes:
    """Write a payload."""
    out = whole(1, TIME_MS) + b"".join(block(2, each) for each in metrics)
    return out if seq is None else out + whole(3, seq)
