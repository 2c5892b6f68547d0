"""What was last said of every signal, without its estimate: raw value, verdict, status, label."""

import numpy as np

from edgetwin.core import status as codes
from edgetwin.core.checks.check import Evidence
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Ids, Mask, Outcome, Quality, Reason, SignalTable


class Latest:
    """The last row of the outcome for every signal, and since when its device complains of it."""

    def __init__(self, table: SignalTable, memory: Memory) -> None:
        self._table = table
        self.raw = memory.array("latest.raw", np.float64, np.nan)
        self.quality = memory.array("latest.quality", np.uint8, Quality.BAD)
        self.reasons = memory.array("latest.reasons", np.uint32, Reason.STARTUP)
        self.surprise = memory.array("latest.surprise", np.float64, np.nan)
        self.status = memory.array("latest.status", np.uint32, codes.BAD_WAITING)
        self._complains_since = memory.array("latest.complains_since", np.int64)  # wall clock; 0: it does not
        self._texts: dict[str, str | None] = {}

    def take(self, at: slice | Ids, part: Outcome, readable: Mask) -> None:
        """Remember one tick; a reading that came after a younger one is not the last word."""
        late = (part.reasons & np.uint32(Reason.LATE)) != 0
        any_late = bool(late.any())
        complains = (part.reasons & np.uint32(Reason.DEVICE)) != 0
        since = self._complains_since[at]
        since = np.where(complains, np.where(since == 0, part.t_read, since), 0)
        for column, new in (
            (self._complains_since, since),
            (self.quality, part.quality),
            (self.reasons, part.reasons),
            (self.surprise, part.surprise),
            (self.status, part.status),
        ):
            column[at] = np.where(late, column[at], new) if any_late else new
        self.raw[at] = np.where(readable & ~late, part.raw, self.raw[at])
        for number, text, too_late in zip(part.ids.tolist(), part.texts, late.tolist(), strict=False):
            if text is not None and not too_late:
                self._texts[self._table.names[number]] = text

    def texts(self) -> tuple[str | None, ...]:
        """Give the last text of every signal, or nothing where no signal has one."""
        return tuple(self._texts.get(name) for name in self._table.names) if self._texts else ()

    def onset_ns(self, number: int) -> int:
        """Give the time since when the device does not vouch for the reading."""
        return int(self._complains_since[number])

    def evidence(self, number: int) -> Evidence:
        """Give what the device says of the signal."""
        status = int(self.status[number])
        return {"status": codes.describe(status) if status else "it is called good and is no number"}

    def adopt(self, old: "Latest") -> None:
        """Take over the texts; the arrays are carried by the memory."""
        self._texts |= {name: text for name, text in old._texts.items() if name in self._table}  # noqa: SLF001
