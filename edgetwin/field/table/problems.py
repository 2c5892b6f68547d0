"""What is wrong with a CSV file: told at once for the first few places, counted for all of them. Never silent.

A cell that cannot be used never costs its row, and a row that cannot be used never costs the file. A file that
cannot be read at all is an UnusableFile, with a sentence that says what to do.
"""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum

TOLD_IN_FULL = 10  # later ones are only counted; a broken file shall not flood the terminal


class UnusableFile(Exception):  # noqa: N818 - a state of the file, not a programming error
    """The file as a whole cannot be replayed. `hint` says what the user can do about it."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.reason}; {self.hint}" if self.hint else self.reason


class Trouble(StrEnum):
    """The ways in which a cell or a row can be wrong, as they appear in the totals."""

    TEXT = "text in a number column"
    INFINITE = "infinite number"
    SHORT = "row with too few cells"
    LONG = "row with too many cells"
    TIME = "row without a usable time, left out"
    QUOTE = "row over several lines, perhaps a quote that is never closed"
    BROKEN = "row that cannot be read, left out"


class Problems:
    """The ledger of one file. `tell` gets a line for each of the first few problems, and for each note."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.counts: Counter[tuple[Trouble, str]] = Counter()

    @property
    def total(self) -> int:
        """How many problems there were in all."""
        return self.counts.total()

    def note(self, text: str) -> None:
        """Tell something about the file as a whole: a column renamed, a guess that was made."""
        self._tell(text)

    def add(self, kind: Trouble, row: int, what: str, column: str = "") -> None:
        """Count one problem; `row` is counted as a text editor counts lines, the header included."""
        self.counts[kind, column] += 1
        if self.total <= TOLD_IN_FULL:
            place = f'row {row}, column "{column}"' if column else f"row {row}"
            self._tell(f"{place}: {what}")
        elif self.total == TOLD_IN_FULL + 1:
            self._tell("more of the kind are only counted; the totals come at the end")

    def totals(self) -> list[str]:
        """Say how many of each kind there were, per column, the most frequent first."""
        return [
            f'{count} x {kind}, column "{column}"' if column else f"{count} x {kind}"
            for (kind, column), count in self.counts.most_common()
        ]
