"""Everything the core has learned, as named arrays with the signal index last.

The parts ask for their arrays here and keep them for life: they change them in place and never replace them. So
there is one place that can carry what was learned into another pipeline, signal by signal, when the
configuration changes.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from edgetwin.core.signals import SignalTable


class Memory:
    """The learned state of one pipeline."""

    def __init__(self, table: SignalTable) -> None:
        self._table = table
        self._arrays: dict[str, NDArray[Any]] = {}

    def array(
        self, name: str, dtype: DTypeLike, fill: float = 0, *, rows: tuple[int, ...] = ()
    ) -> NDArray[Any]:
        """Give a new array of shape (*rows, signals). A name is asked for once."""
        if name in self._arrays:
            raise ValueError(f"two parts want the memory {name!r}")
        self._arrays[name] = np.full((*rows, len(self._table)), fill, dtype)
        return self._arrays[name]

    def adopt(self, old: "Memory") -> int:
        """Take over what the other pipeline knew of signals that are declared the same here; say how many."""
        pairs = [
            (here, old._table.id_of(signal.name))  # noqa: SLF001 - two of a kind
            for here, signal in enumerate(self._table)
            # As text, for a period that is not declared is NaN, and NaN is not equal to itself.
            if signal.name in old._table and repr(old._table[old._table.id_of(signal.name)]) == repr(signal)  # noqa: SLF001
        ]
        if not pairs:
            return 0
        to, source = np.array(pairs).T
        for name, array in self._arrays.items():
            other = old._arrays.get(name)  # noqa: SLF001
            if other is not None and other.shape[:-1] == array.shape[:-1]:
                array[..., to] = other[..., source]
        return len(pairs)
