"""The house as a newcomer finds it: short files, names that say something, and a map that is true."""

import ast
import re
from pathlib import Path

import pytest

import edgetwin

HOUSE = Path(edgetwin.__file__).parent
MAP = edgetwin.__doc__ or ""

LONGEST = 300
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "manager", "common", "misc", "base", "handler"}


def map_of(docstring: str) -> set[str]:
    """Read the names from the map: four spaces for each storey, a name, and what it is for."""
    names, parents = set(), [""]
    for line in docstring.splitlines():
        entry = re.match(r"( {4,})([a-z_]+)/?(?: {2,}| )\S", line)
        if entry is None:
            continue
        depth = (len(entry[1]) - 4) // 2
        parents[depth + 1 :] = [f"{parents[depth]}{entry[2]}."]
        names.add(f"{parents[depth]}{entry[2]}")
    return names


def rooms(package: Path) -> set[str]:
    """Name every room, and every module at the top."""
    return {
        each.stem for each in package.iterdir() if each.suffix == ".py" or (each / "__init__.py").is_file()
    } - {"__init__", "__main__"}


@pytest.mark.parametrize("folder", [HOUSE, Path(__file__).parent], ids=["edgetwin", "tests"])
def test_no_file_holds_two_ideas(folder: Path) -> None:
    lengths = {
        str(file.relative_to(folder)): len(file.read_text(encoding="utf-8").splitlines())
        for file in folder.rglob("*.py")
    }
    assert lengths
    assert {file: length for file, length in lengths.items() if length > LONGEST} == {}


def test_every_file_has_a_name_that_says_something() -> None:
    assert [str(file) for file in HOUSE.rglob("*") if file.stem in SAYS_NOTHING] == []


def test_every_file_says_what_it_is_for() -> None:
    assert [
        str(file) for file in HOUSE.rglob("*.py") if not ast.get_docstring(ast.parse(file.read_bytes()))
    ] == []


def test_the_map_names_every_room() -> None:
    assert rooms(HOUSE) - map_of(MAP) == set()


def test_every_name_on_the_map_exists() -> None:
    for name in map_of(MAP):
        place = HOUSE.joinpath(*name.split("."))
        assert place.is_dir() or place.with_suffix(".py").is_file(), name


@pytest.mark.parametrize("room", sorted(each.parent.name for each in HOUSE.glob("*/__init__.py")))
def test_the_map_of_a_room_names_every_file_in_it(room: str) -> None:
    drawn = ast.get_docstring(ast.parse((HOUSE / room / "__init__.py").read_bytes())) or ""
    files = {file.stem for file in (HOUSE / room).rglob("*.py")} - {"__init__"}
    assert files - set(re.findall(r"\w+", drawn)) == set()


def test_a_map_is_read_by_its_indentation() -> None:
    drawn = """Title.

    core/       decides
      signals     words
      checks/     one file each
    build       parts

Prose that follows."""
    assert map_of(drawn) == {"core", "core.signals", "core.checks", "build"}
