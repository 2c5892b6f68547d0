"""What a failed connection tells a technician."""

import errno
import socket

import pytest

from edgetwin.config.url import Endpoint
from edgetwin.field.unreachable import unreachable

PLC = Endpoint("modbus-tcp", "plc7", 5020, 502)


@pytest.mark.parametrize(
    ("error", "reason", "hint"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "refused by plc7 port 5020", "usual is 502"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 5020), [Errno 111] ..."),
            "refused by plc7 port 5020",
            "is the port right",
        ),
        (TimeoutError(), "no answer from plc7", "is the device switched on"),
        (socket.gaierror(-2, "Name or service not known"), "the name plc7 is not known", "IP address"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no way to plc7", "same network"),
        (OSError(errno.EPERM, "Operation not permitted"), "no way to plc7", "IPAddressAllow"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "plc7 port 5020 hangs up", "usual is 502"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files", ""),
    ],
)
def test_each_failure_has_a_reason_and_a_hint(error: OSError, reason: str, hint: str) -> None:
    down = unreachable(PLC, error)
    assert reason in down.reason
    assert hint in down.hint
