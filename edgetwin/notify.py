"""Tell systemd how the gateway is: ready, its state in one line, alive, reloading, stopping.

The protocol is one datagram of text to a socket that systemd names, so there is no library for it here.
Without systemd every call does nothing. It never blocks and never raises: a service manager that does not
listen must not stop a gateway. It never decides whether the gateway is well: the caller feeds the watchdog,
after real progress.
"""

import os
import socket
import time
from collections.abc import Mapping
from typing import Self


class Notify:
    """The line to the service manager."""

    def __init__(self, address: str | None = None, watchdog_s: float | None = None) -> None:
        # "@name" is an abstract socket: the kernel writes the @ as a zero byte.
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self.watchdog_s = watchdog_s  # restarted after this long without watchdog(); None: not watched

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, pid: int | None = None) -> Self:
        """Take what systemd handed over. A watchdog meant for another process is not ours to feed."""
        watched = environ.get("WATCHDOG_PID", "") in {"", str(os.getpid() if pid is None else pid)}
        microseconds = environ.get("WATCHDOG_USEC", "")
        return cls(
            address=environ.get("NOTIFY_SOCKET") or None,
            watchdog_s=int(microseconds) / 1e6 if watched and microseconds.isdecimal() else None,
        )

    def ready(self) -> bool:
        """Start-up, or a reload, is complete."""
        return self._send("READY=1")

    def status(self, text: str) -> bool:
        """Show one line in `systemctl status`."""
        return self._send(f"STATUS={' '.join(text.split())}")  # a second line would be a second message

    def watchdog(self) -> bool:
        """Say that work has been done. To be called at least twice in `watchdog_s`."""
        return self.watchdog_s is not None and self._send("WATCHDOG=1")

    def reloading(self) -> bool:
        """Say that a reload begins; `ready` ends it. The time is what Type=notify-reload asks for."""
        return self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> bool:
        """Shutdown has begun."""
        return self._send("STOPPING=1")

    def _send(self, message: str) -> bool:
        """Send one datagram; say whether it left."""
        if self._address is None:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.settimeout(0)  # a full queue at the other end must not stop the event loop
                out.sendto(message.encode(), self._address)
        except OSError:
            return False
        return True
