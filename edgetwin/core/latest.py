"""What was last said of every signal, without its estimate: raw value, verdict, status, label."""

import numpy as np

from edgetwin.core import status as codes
from edgetwin.core.checks.check import Evidence
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Ids, Mask, Outcome, Quality, Reason, SignalTable


class Latest:
    """The last row of the outcome for every signal, and since when it is not usable."""

    def __init__(self, table: SignalTable, memory: Memory) -> None:
        self._table = table
        self.raw = memory.array("latest.raw", np.float64, np.nan)
        self.quality = memory.array("latest.quality", np.uint8, Quality.BAD)
        self.reasons = memory.array("latest.reasons", np.uint32, Reason.STARTUP)
        self.surprise = memory.array("latest.surprise", np.float64, np.nan)
        self.status = memory.array("latest.status", np.uint32, codes.BAD_WAITING)
        self._bad_since = memory.array("latest.bad_since", np.int64)  # wall clock; 0 while it is not bad
        self._texts: dict[str, str | None] = {}

    def take(self, at: slice | Ids, part: Outcome, readable: Mask) -> None:
        """Remember one tick."""
        bad = part.quality == Quality.BAD
        since = self._bad_since[at]
        self._bad_since[at] = np.where(bad, np.where(since == 0, part.t_read, since), 0)
        self.raw[at] = np.where(readable, part.raw, self.raw[at])
        self.quality[at], self.reasons[at] = part.quality, part.reasons
        self.surprise[at], self.status[at] = part.surprise, part.status
        for number, text in zip(part.ids.tolist(), part.texts, strict=False):
            if text is not None:
                self._texts[self._table.names[number]] = text

    def texts(self) -> tuple[str | None, ...]:
        """Give the last text of every signal, or nothing where no signal has one."""
        return tuple(self._texts.get(name) for name in self._table.names) if self._texts else ()

    def onset_ns(self, number: int) -> int:
        """Give the time of the first of the unusable readings."""
        return int(self._bad_since[number])

    def evidence(self, number: int) -> Evidence:
        """Give what the device says of the signal."""
        return {"status": codes.describe(int(self.status[number]))}

    def adopt(self, old: "Latest") -> None:
        """Take over the texts; the arrays are carried by the memory."""
        self._texts |= {name: text for name, text in old._texts.items() if name in self._table}  # noqa: SLF001
