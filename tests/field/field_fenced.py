"""What the children of fenced test devices run. Imported by them, and not by the tests."""

from typing import Any

from edgetwin.field import opcua_link
from edgetwin.field.opcua import OpcUaDriver


def impatient(*wanted: Any, **more: Any) -> OpcUaDriver:  # noqa: ANN401 - whatever the driver takes
    """Make a driver that soon asks a frozen server whether it lives."""
    opcua_link.PROBE_S = 0.2
    return OpcUaDriver(*wanted, **more)
