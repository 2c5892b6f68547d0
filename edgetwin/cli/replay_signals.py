"""From the columns of a file, and what a configuration declares, to the signals of a replay."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from edgetwin.core.signals import Kind, Signal, SignalTable
from edgetwin.field.table.layout import Column


def signals_of(columns: Sequence[Column], declared: SignalTable, note: Callable[[str], None]) -> SignalTable:
    """Make the signals of a file. A column whose header is the name of a declared signal is that signal.

    Its rhythm is learned from the file: a recording seldom has that of the device. Whether it is text is also the
    file's to say. What is declared and has no column is told through `note`, as is a header that comes close.
    """
    names = {column.name for column in columns}
    lacking = [name for name in declared.names if name not in names]
    if lacking:
        shown = ", ".join(lacking[:10]) + (f" and {len(lacking) - 10} more" if len(lacking) > 10 else "")
        note(f"the file has no column for these signals of the configuration: {shown}")
    return SignalTable([_signal(column, declared, note) for column in columns])


def _signal(column: Column, declared: SignalTable, note: Callable[[str], None]) -> Signal:
    if column.name not in declared:
        return Signal(name=column.name, kind=column.kind, names=_FLAGS if column.kind is Kind.STATE else {})
    signal = replace(declared[declared.id_of(column.name)], period_s=np.nan)
    if Kind.TEXT in (column.kind, signal.kind) and column.kind is not signal.kind:
        note(
            f'column "{column.name}" is declared {signal.kind}, and the file holds {column.kind}: taken as that'
        )
        return replace(signal, kind=column.kind)
    return signal


_FLAGS = {0: "false", 1: "true"}
