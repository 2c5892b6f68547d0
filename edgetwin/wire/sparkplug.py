"""The payload of Sparkplug B: a time, a sequence number and metrics. Pure; what it means is for others to say.

Decoding never trusts: sizes and counts are bounded, and whatever is wrong is one Malformed. Values that are no single
number, truth or text (data sets, templates, arrays, files) are passed over, with their name and type kept, so that a
signal that asks for one can be told.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from edgetwin.wire.protobuf import FIXED32, FIXED64, Malformed, ProtoField, block, fields, whole

NAMESPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
SESSION = "bdSeq"  # the metric that ties a death to its birth
LARGEST = 4 << 20  # bytes of a payload
MOST_METRICS = 100_000  # of a payload

Scalar = bool | int | float | str


class DataType(IntEnum):
    """The types of single values."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15


# How many bits a whole number has.
_SIGNED: dict[int | None, int] = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
}
_UNSIGNED: dict[int | None, int] = {
    DataType.UINT8: 8,
    DataType.UINT16: 16,
    DataType.UINT32: 32,
    DataType.UINT64: 64,
    DataType.DATETIME: 64,
}
_FITTING: dict[type, tuple[DataType, ...]] = {
    bool: (DataType.BOOLEAN,),
    float: (DataType.FLOAT, DataType.DOUBLE),
    str: (DataType.STRING, DataType.TEXT, DataType.UUID),
}

# The fields of a metric that hold its value, and how each is read.
_INT, _LONG, _FLOAT, _DOUBLE, _BOOLEAN, _STRING = range(10, 16)
_VALUES = range(10, 20)  # the others are bytes, data set, template, extension
_READ: Mapping[int, Callable[[ProtoField], Scalar]] = MappingProxyType(
    {
        _INT: lambda field: field.whole,
        _LONG: lambda field: field.whole,
        _FLOAT: lambda field: float(struct.unpack("<f", field.fixed(FIXED32))[0]),
        _DOUBLE: lambda field: float(struct.unpack("<d", field.fixed(FIXED64))[0]),
        _BOOLEAN: lambda field: field.whole != 0,
        _STRING: lambda field: field.text,
    }
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as it stands. `datatype` is None where the message leaves it to the birth; so is `name`."""

    name: str | None = None
    alias: int | None = None
    time_ms: int | None = None
    datatype: int | None = None
    historical: bool = False
    null: bool = False
    bits: Scalar | None = None  # whole numbers without their sign: `value` knows it

    def value(self, datatype: int | None = None) -> Scalar | None:
        """Give the value in its type, or in the one that the birth told; None where there is none that fits."""
        kind = self.datatype or datatype
        match self.bits:
            case None:
                return None
            case _ if self.null:
                return None
            case bool() | float() | str() as content:
                return content if kind in _FITTING[type(content)] else None
            case bits:
                return _whole_number(bits, kind)


def _whole_number(bits: int, kind: int | None) -> int | None:
    """Read a whole number in its type. Writers fill a small negative one up to 32 or 64 bits, or do not."""
    if kind in _UNSIGNED:
        return bits if bits < 1 << _UNSIGNED[kind] else None
    if kind not in _SIGNED:
        return None
    width = _SIGNED[kind]
    value = bits & (1 << width) - 1
    if value >> width - 1:
        value -= 1 << width
    return value if bits in (value & (1 << fill) - 1 for fill in (width, 32, 64)) else None


@dataclass(frozen=True, slots=True)
class Payload:
    """One message. A death has no `seq`."""

    time_ms: int | None = None
    seq: int | None = None
    metrics: tuple[Metric, ...] = ()


def decode(data: bytes) -> Payload:
    """Read a payload, or raise Malformed."""
    if len(data) > LARGEST:
        raise Malformed(f"{len(data)} bytes are more than any payload has")
    time_ms = seq = None
    metrics: list[Metric] = []
    for field in fields(data):
        match field.number:
            case 1:
                time_ms = field.whole
            case 2:
                metrics.append(_metric(field.raw))
                if len(metrics) > MOST_METRICS:
                    raise Malformed(f"more than {MOST_METRICS} metrics")
            case 3:
                seq = field.whole
                if seq > 255:
                    raise Malformed(f"the sequence number {seq} is above 255")
            case _:  # uuid, body, and what later versions add
                pass
    return Payload(time_ms, seq, tuple(metrics))


def _metric(data: bytes) -> Metric:
    found: dict[int, ProtoField] = {}
    value: ProtoField | None = None
    for field in fields(data):
        if field.number in _VALUES:  # one of these, and the last one holds
            value = field
        else:
            found[field.number] = field

    def whole_of(number: int) -> int | None:
        return found[number].whole if number in found else None

    return Metric(
        name=found[1].text if 1 in found else None,
        alias=whole_of(2),
        time_ms=whole_of(3),
        datatype=whole_of(4),
        historical=bool(whole_of(5)),
        null=bool(whole_of(7)),
        bits=_READ[value.number](value) if value is not None and value.number in _READ else None,
    )


def rebirth(time_ms: int) -> bytes:
    """Write the command that asks an edge node to tell all its metrics again."""
    wanted = block(1, REBIRTH.encode()) + whole(3, time_ms) + whole(4, DataType.BOOLEAN) + whole(_BOOLEAN, 1)
    return whole(1, time_ms) + block(2, wanted)
