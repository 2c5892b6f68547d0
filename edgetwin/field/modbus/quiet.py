"""When a line without transaction ids may be used again. Pure: time is an argument, in seconds.

After a good answer it rests for the silence between two frames. After anything else it is drained: nothing is sent
until nothing was received for as long as the request that failed was given. So an answer that is late by up to its own
time-out is never taken for the answer to another request. Nobody can tell one that is later still from a right one: a
time-out longer than the device ever takes is what keeps that from happening.
"""

from edgetwin.config.modbus_line import Line, SerialPort
from edgetwin.field.modbus.frames import is_intact

_SILENT_CHARACTERS = 3.5  # between two frames, says the standard
_SHORTEST_SILENCE_S = 1.75e-3  # and not less than this, however fast the line
_BEHIND_A_SERVER_S = 2e-3  # the speed of a line behind a device server is not known
_RESTLESS = 20  # times the quiet that is waited for: then it will not come


class Quiet:
    """The rest that one line needs."""

    def __init__(self, line: Line) -> None:
        self.at = 0.0  # from then on the line is free
        self._silence_s = _silence_s(line)
        self._span_s = self._silence_s
        self._drained_since: float | None = None
        self._strays = b""

    def begins(self) -> None:
        """Note that a request is sent: the line has been quiet."""
        self._drained_since = None
        self._strays = b""

    def answered(self, now: float) -> None:
        """Note the end of a good answer."""
        self.at = max(self.at, now + self._silence_s)

    def drain(self, now: float, span_s: float) -> None:
        """Wait until nothing was received for so long."""
        if self._drained_since is None:
            self._drained_since = now
        self._span_s = max(span_s, self._silence_s)
        self.at = max(self.at, now + self._span_s)

    def stray(self, now: float, data: bytes, span_s: float) -> int | None:
        """Note bytes that nobody waits for. If they are a whole answer of some unit, give that unit."""
        self.drain(now, self._span_s if self._drained_since is not None else span_s)
        self._strays = (self._strays + data)[-260:]
        return self._strays[0] if is_intact(self._strays) else None

    def is_restless(self, now: float) -> bool:
        """Tell whether the line has been drained for so long that something else must be talking there."""
        return self._drained_since is not None and now - self._drained_since > _RESTLESS * self._span_s


def _silence_s(line: Line) -> float:
    if line.framing == "tcp":
        return 0.0
    if isinstance(line.place, SerialPort):
        return max(_SILENT_CHARACTERS * line.place.character_s, _SHORTEST_SILENCE_S)
    return _BEHIND_A_SERVER_S
