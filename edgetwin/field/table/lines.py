"""Bytes of a file -> its lines of text, one after the other; the file is never held as a whole.

UTF-8 with or without its mark, UTF-16 with it, and gzip are recognised. A byte that is not UTF-8 is read as
Latin-1, so that a header such as `Druck [°C]` survives either way.
"""

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from edgetwin.field.table.problems import UnusableFile

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)
_CHUNK = 1 << 18
LONGEST_LINE = 1 << 24  # letters; a row of ten thousand signals has a hundredth of it


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("edgetwin-latin-1", _as_latin_1)


class TextFile:
    """One open file (`-` is standard input) as lines, and how far it has been read."""

    def __init__(self, path: str) -> None:
        self._ours = path != "-"  # standard input is not ours to close
        self._raw = io.FileIO(path if self._ours else sys.stdin.fileno(), closefd=self._ours)
        try:
            self.size = Path(path).stat().st_size if self._ours and Path(path).is_file() else None
            self._text = _decoded(io.BufferedReader(self._raw, _CHUNK))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        if self._ours:
            self._raw.close()

    @property
    def position(self) -> int:
        """How many bytes have been read from the disk so far."""
        return self._raw.tell() if self.size is not None else 0

    def lines(self) -> Iterator[str]:
        """Give the lines with their ends; UnusableFile where the rest cannot be had."""
        try:
            for line in iter(partial(self._text.readline, LONGEST_LINE), ""):
                if len(line) == LONGEST_LINE:
                    raise UnusableFile("a line of it does not end", "is it a CSV file?")
                yield line
        except _DAMAGE as error:
            raise UnusableFile(f"the compressed file is damaged here: {error}", "copy it again") from error


def _decoded(file: io.BufferedReader) -> io.TextIOWrapper:
    # Not through a further buffer: that would lose what stands before the place where a file is damaged.
    plain = gzip.GzipFile(fileobj=file) if file.peek(2).startswith(_GZIP) else file
    try:
        start = plain.peek(4)[:4]
    except _DAMAGE as error:
        raise UnusableFile(f"the compressed file is damaged: {error}", "copy it again") from error
    if start == _ZIP:
        raise UnusableFile("this is a workbook or a zip archive, no CSV file", "save it as CSV, or unpack it")
    utf_16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return io.TextIOWrapper(
        cast("BinaryIO", plain),
        encoding="utf-16" if utf_16 else "utf-8-sig",
        errors="edgetwin-latin-1",
        newline="",  # the CSV reader wants line ends as they are
    )
