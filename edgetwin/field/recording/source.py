"""Opens a recording and gives its moments in the order of the file, in blocks that are read one after the other.

A file is a table with a column for each signal (`from_table`), or what a gateway has told (`from_told`): which of
them is seen in its first line.
"""

import stat
from collections.abc import Generator
from itertools import chain
from pathlib import Path

from edgetwin.field.recording import from_table, from_told
from edgetwin.field.recording.moment import Moment, Wanted
from edgetwin.field.table.lines import TextFile
from edgetwin.field.table.problems import Problems, UnusableFile


def blocks(path: Path, wanted: Wanted, problems: Problems) -> Generator[list[Moment], None, None]:
    """Read a recording. It is opened when the first block is asked for; OSError or UnusableFile when it cannot be."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise UnusableFile("this is no file", "give the path of one file")
    file = TextFile(str(path))
    try:
        lines = enumerate(file.lines(), start=1)
        first = next(((number, line) for number, line in lines if line.strip()), (1, ""))
        if from_told.is_told(first[1]):
            yield from from_told.blocks(chain([first], lines), wanted, problems)
            return
    finally:
        file.close()
    yield from from_table.blocks(path, wanted, problems)
