"""The time of a device that plays a recording: that which stands in it, however fast it is played.

Every interval of such a signal comes from the stamps of its device, so that a recording says the same at ten times the
speed and as fast as possible as it said on the day. Its time stands still where the stamps go back, for then the
recording begins again or its clock was set; and while nothing comes, it goes on as ours does.

A frame of any other device passes through unchanged.
"""

from dataclasses import replace

import numpy as np

from edgetwin.core.memory import Memory
from edgetwin.core.signals import UNSTAMPED, Frame, Nanos, SignalTable
from edgetwin.core.timing import OUT_OF_ORDER_NS


class Recorded:
    """The clocks of all recordings. Each goes on from the monotonic clock as it was at the first reading."""

    def __init__(self, table: SignalTable, memory: Memory) -> None:
        self._recorded = np.array([signal.recorded for signal in table], np.bool_)
        self._any = bool(self._recorded.any())
        members: dict[str, list[int]] = {}
        for number in np.flatnonzero(self._recorded).tolist():
            members.setdefault(table[number].device, []).append(number)
        # The signals of a device stand in one row, so each of them finds all in a slice.
        self._members = {number: slice(row[0], row[-1] + 1) for row in members.values() for number in row}
        self._youngest = memory.array("recorded.youngest", np.int64, UNSTAMPED)  # stamp so far, of the device
        self._ahead = memory.array("recorded.ahead", np.int64)  # its time minus its stamps
        self._heard = memory.array("recorded.heard", np.int64)  # our monotonic clock then

    def in_own_time(self, frame: Frame) -> Frame:
        """Give a frame with the time of its own device in place of the monotonic clock."""
        members = self._members.get(int(frame.ids[0]))
        if members is None:
            return frame
        youngest, ahead = int(self._youngest[members.start]), int(self._ahead[members.start])
        stamped = frame.t_source != UNSTAMPED
        if not stamped.any():  # that it is away is told at the time that it had reached
            return frame if youngest == UNSTAMPED else self._at(frame, youngest + ahead)
        newest = int(frame.t_source[stamped].max())
        if youngest == UNSTAMPED:
            ahead = int(frame.mono[0]) - newest
        elif newest <= youngest - OUT_OF_ORDER_NS:
            ahead += youngest - newest
            youngest = newest
        self._youngest[members] = youngest = max(youngest, newest)
        self._ahead[members] = ahead
        self._heard[members] = frame.mono[0]
        return self._at(frame, np.where(stamped, frame.t_source, youngest) + ahead)

    def present(self, now: int) -> int | Nanos:
        """Give the time that it is for each signal at `now` (monotonic); one number while no device is a recording."""
        if not self._any:
            return now
        playing = self._recorded & (self._youngest != UNSTAMPED)
        return np.where(playing, self._youngest + self._ahead + (now - self._heard), now)

    @staticmethod
    def _at(frame: Frame, time: int | Nanos) -> Frame:
        return replace(frame, mono=np.broadcast_to(np.int64(time), len(frame)))
