"""One value out of an array or a structure, or a status that says why there is none; never another one."""

import struct
from collections.abc import Sequence
from typing import Any, cast

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from hypothesis import given
from hypothesis import strategies as st

from edgetwin.core import status
from edgetwin.field.opcua.pick import Picked, pick
from edgetwin.field.opcua.structures import Structures, _Layout, _Member, _unfold

POINT = _Layout(
    ua.StructureType.Structure,
    (
        _Member("X", ua.VariantType.Double, is_array=False, optional=False),
        _Member("Path", ua.VariantType.Int16, is_array=True, optional=False),
    ),
)
CODED = ua.NodeId(ua.Int32(5001), ua.Int16(2))


def structures(layout: _Layout = POINT) -> Structures:
    known = Structures(cast("Any", None))
    known._layouts[CODED] = layout
    return known


def folded(body: bytes, code: ua.NodeId = CODED) -> ua.ExtensionObject:
    return ua.ExtensionObject(code, cast("ua.ByteString", body))


def point(x: float, path: Sequence[int]) -> bytes:
    return struct.pack(f"<di{len(path)}h", x, len(path), *path)


@pytest.mark.parametrize(
    ("content", "part", "expected"),
    [
        ([1.0, 2.0, 3.0], Picked((0,)), 1.0),
        ([1.0, 2.0, 3.0], Picked((2,)), 3.0),
        ([[1, 2, 3], [4, 5, 6]], Picked((1, 2)), 6),
        ([8.0, 9.0], Picked((7,), first=6), 9.0),
        ({"A": {"B": 5}}, Picked(field=("A", "B")), 5),
        ([{"A": 1}, {"A": 2}], Picked((1,), ("A",)), 2),
        ({"A": [1, 2]}, Picked((1,), ("A",)), 2),
        (ua.Range(0.0, 150.0), Picked(field=("High",)), 150.0),
        (folded(point(1.5, [7, 8])), Picked(field=("X",)), 1.5),
        (folded(point(1.5, [7, 8])), Picked((1,), ("Path",)), 8),
    ],
)
def test_what_is_there_is_found(content: object, part: Picked, expected: object) -> None:
    assert pick(content, part, structures().unfold) == (expected, status.GOOD)


@pytest.mark.parametrize(
    ("content", "part", "code"),
    [
        ([1.0, 2.0], Picked((2,)), status.BAD_INDEX_RANGE_NO_DATA),
        ([], Picked((0,)), status.BAD_INDEX_RANGE_NO_DATA),
        ([8.0, 9.0], Picked((5,), first=6), status.BAD_INDEX_RANGE_NO_DATA),  # never counted from the end
        ([[1, 2], [3]], Picked((1, 1)), status.BAD_INDEX_RANGE_NO_DATA),
        ([1.0], Picked((0, 0)), status.BAD_TYPE_MISMATCH),
        (1.0, Picked((0,)), status.BAD_TYPE_MISMATCH),
        (None, Picked((0,)), status.BAD_TYPE_MISMATCH),
        ({"A": 1}, Picked(field=("B",)), status.BAD_NO_MATCH),
        (1.0, Picked(field=("real",)), status.BAD_NO_MATCH),  # Python's own attributes are no fields
        (ua.Range(0.0, 150.0), Picked(field=("__class__",)), status.BAD_NO_MATCH),
        (folded(point(1.5, []), ua.NodeId(ua.Int32(9))), Picked(field=("X",)), status.BAD_DATA_TYPE_UNKNOWN),
    ],
)
def test_what_is_not_there_says_so(content: object, part: Picked, code: int) -> None:
    assert pick(content, part, structures().unfold) == (None, code)


def test_a_union_and_optional_fields_are_read_as_they_were_sent() -> None:
    union = _Layout(
        ua.StructureType.Union,
        (
            _Member("A", ua.VariantType.Int32, is_array=False, optional=False),
            _Member("B", POINT, is_array=False, optional=False),
        ),
    )
    assert _unfold(union, Buffer(struct.pack("<Ii", 1, 7))) == {"A": 7}
    assert _unfold(union, Buffer(struct.pack("<I", 2) + point(1.5, [1]))) == {"B": {"X": 1.5, "Path": [1]}}
    assert _unfold(union, Buffer(struct.pack("<I", 0))) == {}
    optional = _Layout(
        ua.StructureType.StructureWithOptionalFields,
        tuple(_Member(name, ua.VariantType.Byte, is_array=False, optional=name != "B") for name in "ABC"),
    )
    assert _unfold(optional, Buffer(struct.pack("<IBB", 0b10, 2, 3))) == {"B": 2, "C": 3}
    assert _unfold(optional, Buffer(struct.pack("<IBBB", 0b11, 1, 2, 3))) == {"A": 1, "B": 2, "C": 3}


@pytest.mark.parametrize("length", [2, 1000, 2**31 - 1])
def test_an_array_that_claims_more_than_the_message_holds_is_not_believed(length: int) -> None:
    body = struct.pack("<di", 1.5, length) + b"\x01"
    assert structures().unfold(folded(body)) is None


@given(st.binary(max_size=64))
def test_no_bytes_stop_it(body: bytes) -> None:
    found = structures().unfold(folded(body))
    assert found is None or set(found) == {"X", "Path"}
