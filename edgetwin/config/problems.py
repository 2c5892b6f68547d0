"""A mistake in the configuration, told in one line: where it is, what is wrong, what to write instead."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

Path = tuple[str | int, ...]  # the keys from the root: ("device", "plc1", "every")

_OFTEN, _SHOWN = 10, 3
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Mistake(NamedTuple):
    """A mistake that is not yet placed: the keys that lead to it, and the words."""

    path: Path
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in its place. `file` is the file, or the environment variable or credential that it came from."""

    file: str
    line: int | None
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        text = f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"
        return f"{text}; {self.hint}" if self.hint else text


class ConfigProblems(Exception):  # noqa: N818 - it is a list of problems, each of which is one
    """The configuration cannot be used. All that is wrong with it, each thing once, in the order of its files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        each = list(dict.fromkeys(problems))
        files = {problem.file: number for number, problem in reversed(list(enumerate(each))) if problem.line}
        each.sort(key=lambda problem: (files.get(problem.file, -1), problem.line or 0, problem.key))
        self.problems = tuple(_folded(each))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _folded(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Tell a mistake that is in each row of a long list a few times, and how often it is there."""

    def sort(problem: Problem) -> tuple[str, str, str]:
        return problem.file, problem.key.rpartition(".")[2], problem.message

    often = {kind: count for kind, count in Counter(map(sort, problems)).items() if count > _OFTEN}
    told = Counter[tuple[str, str, str]]()
    for problem in problems:
        kind = sort(problem)
        told[kind] += 1
        if kind in often and told[kind] == _SHOWN:
            more = f"the same on {often[kind] - _SHOWN} more lines"
            yield replace(problem, hint=f"{problem.hint}; {more}" if problem.hint else more)
        elif kind not in often or told[kind] < _SHOWN:
            yield problem


def key_text(path: Path) -> str:
    """Write a path of keys as the file would: `device.plc1.signals."a b"`. Entries of a list go by its name."""
    keys = [key for key in path if isinstance(key, str)]
    return ".".join(key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False) for key in keys)
