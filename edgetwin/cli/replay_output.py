"""The files that a replay writes. An error while writing says which file, and is never taken for one of reading."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO


class CannotWrite(Exception):  # noqa: N818 - a state of the disk, not a programming error
    """A file cannot be written. `code` is the exit code that says so."""

    def __init__(self, path: str, error: OSError, code: int) -> None:
        done = "" if code == os.EX_CANTCREAT else "; it holds the first rows only"
        super().__init__(f"cannot write {path}: {error.strerror or error}{done}")
        self.code = code


class Output:
    """One file to write, or standard output. A reader of standard output that goes away is a BrokenPipeError."""

    def __init__(self, path: str, file: BinaryIO) -> None:
        self.path = path
        self._file = file

    def write(self, data: bytes) -> None:
        """Write some bytes."""
        try:
            self._file.write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CannotWrite(self.path, error, os.EX_IOERR) from error


@contextlib.contextmanager
def opened(path: str | None) -> Iterator[Output | None]:
    """Open one file for writing, or nothing where none was asked for; the last bytes are on their way at the end."""
    if path is None:
        yield None
        return
    if path == "-":
        output = Output("standard output", sys.stdout.buffer)
        try:
            yield output
        finally:
            _finish(output.path, sys.stdout.buffer.flush)
        return
    try:
        file = Path(path).open("wb")  # noqa: SIM115 - closed below, where its last error can be told
    except OSError as error:
        raise CannotWrite(path, error, os.EX_CANTCREAT) from error
    try:
        yield Output(path, file)
    finally:
        _finish(path, file.close)


def _finish(path: str, last_write: Callable[[], object]) -> None:
    try:
        last_write()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWrite(path, error, os.EX_IOERR) from error


def same_file(one: str, other: str) -> bool:
    """Tell whether two paths are one regular file, so that writing the one would destroy the other."""
    first, second = Path(one), Path(other)
    if "-" in (one, other) or not first.is_file():
        return False
    return first.resolve() == second.resolve() or (second.is_file() and first.samefile(second))
