"""Where each key was written: also one that a device does not say itself, but has from a template or a tag list.

What is judged are plain devices. What a person mends is a line of a file, and this leads from the one to the other.
"""

from dataclasses import dataclass, field, replace

from edgetwin.config.document import Document
from edgetwin.config.problems import Path, key_text


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file. `file` is empty for the configuration file itself.

    Places are in the order in which they are believed: what is shipped, the configuration, the lists it names.
    """

    rank: int
    file: str
    line: int
    key: str = field(compare=False)

    @property
    def where(self) -> str:
        """The place in a sentence: `on line 12`, `in tags.csv:17`."""
        return f"in {self.file}:{self.line}" if self.file else f"on line {self.line}"


@dataclass(frozen=True, slots=True)
class Origin:
    """The keys under which something was written. `source` is the file, or the row that says all of it."""

    file: str
    path: Path
    source: Document | int

    def below(self, *keys: str | int) -> "Origin":
        """Give the origin of something in it."""
        return replace(self, path=(*self.path, *keys))

    @property
    def place(self) -> Place:
        """The line."""
        key = key_text(self.path)
        if isinstance(self.source, int):
            return Place(1, self.file, self.source, key)
        return Place(-1 if self.file else 0, self.file, self.source.lines.of(self.path), key)


@dataclass(slots=True)
class Places:
    """Where the keys of one configuration were written.

    `elsewhere` has what stands in another place than its path says. `shared` has the tables to which another place
    gives a part: what is wrong with such a table as a whole may be wrong in either.
    """

    document: Document
    elsewhere: dict[Path, Origin] = field(default_factory=dict)
    shared: dict[Path, Origin] = field(default_factory=dict)

    def __contains__(self, path: Path) -> bool:
        return path in self.elsewhere or path in self.document.lines

    def of(self, path: Path) -> Place:
        """Give the place of a key; of one that is missing, the place of the table it should be in."""
        for length in range(len(path), 0, -1):
            origin = self.elsewhere.get(path[:length])
            if origin is not None:
                return origin.below(*path[length:]).place
            if path[:length] in self.shared:
                break  # its own line says less than the other, and is the one to look at first
        return Place(0, "", self.document.lines.of(path), key_text(path))

    def other(self, path: Path) -> Place | None:
        """Give the second place that has a part in a mistake, if there is one."""
        origin = self.shared.get(path)
        if origin is None and path not in self:
            signal = path[:4]  # a key that neither of the two gives
            origin = self.shared.get(signal) if len(signal) == 4 else None
        return origin.place if origin else None
