"""Publishing by exception: decides which rows of an outcome are worth telling. Pure and columnar; time is an argument.

A signal is due when its estimate has moved by more than a share of its sigma since it was last told, when the verdict
on it or its label changed, or when it has been silent for a heartbeat. What is not due is not lost to anyone who
asks how much the estimate can be trusted: it lies within that share.
"""

import numpy as np
from numpy.typing import NDArray

from edgetwin.core.signals import Ids, Mask, Outcome, SignalTable

Rows = NDArray[np.intp]  # places in an outcome

_NEVER = int(np.iinfo(np.int64).min)


class Due:
    """What was told of each signal, and when; so what is due now."""

    def __init__(
        self, table: SignalTable, *, share: float, heartbeat_s: float, every_tick: bool = False
    ) -> None:
        n = len(table)
        self._share = share
        self._heartbeat_ns = int(heartbeat_s * 1e9)
        self._every_tick = every_tick
        self._numeric = table.numeric
        self._told_at = np.full(n, _NEVER, np.int64)  # monotonic
        self._value = np.full(n, np.nan)
        self._quality = np.zeros(n, np.uint8)
        self._reasons = np.zeros(n, np.uint32)
        self._status = np.zeros(n, np.uint32)
        self._texts: list[str | None] = [None] * n
        self._place = np.zeros(n, np.int64)
        self.superseded = 0  # rows that a younger one of the same outcome made old

    def choose(self, outcome: Outcome, now_ns: int) -> Rows:
        """Pick the rows of this step that are due at the monotonic time `now_ns`; they count as told from here on."""
        rows = self._newest(outcome)
        ids = outcome.ids[rows]
        due = np.full(len(rows), self._every_tick)
        if not self._every_tick:
            due = self._silent(ids, now_ns) | self._changed(outcome, rows)
        return self._tell(outcome, rows[due], now_ns)

    def overdue(self, snapshot: Outcome, now_ns: int) -> Rows:
        """Pick the rows of a snapshot of all signals that have been silent for a heartbeat, or are judged anew.

        A verdict can change without a reading: a signal that should have spoken and did not is bad at once.
        """
        rows = self._newest(snapshot)
        due = self._silent(snapshot.ids[rows], now_ns) | self._judged_anew(snapshot, rows)
        return self._tell(snapshot, rows[due], now_ns)

    def _newest(self, outcome: Outcome) -> Rows:
        """Give the last row of each signal: a message of state has room for one."""
        rows = np.arange(len(outcome), dtype=np.intp)
        self._place[outcome.ids] = rows  # of equal ids the last one stays
        newest: Rows = rows[self._place[outcome.ids] == rows]
        self.superseded += len(rows) - len(newest)
        return newest

    def _silent(self, ids: Ids, now_ns: int) -> Mask:
        told_at = self._told_at[ids]
        never = told_at == _NEVER
        silent: Mask = never | (now_ns - np.where(never, now_ns, told_at) >= self._heartbeat_ns)
        return silent

    def _changed(self, outcome: Outcome, rows: Rows) -> Mask:
        ids = outcome.ids[rows]
        value, last = outcome.value[rows], self._value[ids]
        sigma = np.where(self._numeric[ids], outcome.sigma[rows], 0.0)
        # Without a sigma nothing says how much is little, so every move counts. NaN compares false: no move.
        with np.errstate(invalid="ignore"):
            moved = np.abs(value - last) > self._share * np.where(np.isfinite(sigma), sigma, 0.0)
        changed: Mask = (
            moved
            | (np.isnan(value) != np.isnan(last))
            | self._relabelled(outcome, rows)
            | self._judged_anew(outcome, rows)
        )
        return changed

    def _judged_anew(self, outcome: Outcome, rows: Rows) -> Mask:
        ids = outcome.ids[rows]
        anew: Mask = (
            (outcome.quality[rows] != self._quality[ids])
            | (outcome.reasons[rows] != self._reasons[ids])
            | (outcome.status[rows] != self._status[ids])
        )
        return anew

    def _relabelled(self, outcome: Outcome, rows: Rows) -> Mask:
        changed = np.zeros(len(rows), np.bool_)
        if outcome.texts:
            for place in np.flatnonzero(~self._numeric[outcome.ids[rows]]).tolist():
                row = rows[place]
                changed[place] = outcome.texts[row] != self._texts[outcome.ids[row]]
        return changed

    def _tell(self, outcome: Outcome, rows: Rows, now_ns: int) -> Rows:
        ids = outcome.ids[rows]
        self._told_at[ids] = now_ns
        self._value[ids] = outcome.value[rows]
        self._quality[ids] = outcome.quality[rows]
        self._reasons[ids] = outcome.reasons[rows]
        self._status[ids] = outcome.status[rows]
        if outcome.texts:
            for row in rows[~self._numeric[ids]].tolist():
                self._texts[outcome.ids[row]] = outcome.texts[row]
        return rows
