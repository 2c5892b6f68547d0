"""Imports run one way, and the core is pure."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import edgetwin

HOUSE = Path(edgetwin.__file__).parent

# Which rooms a room may know, besides itself. A new room or module at the top gets its row here.
MAY_KNOW: dict[str, set[str]] = {
    "core": set(),
    "wire": set(),
    "config": {"core"},
    "field": {"core", "config", "wire"},
    "journal": {"core", "config", "wire"},
    "uplink": {"core", "config", "wire"},
    "panel": {"core", "config", "wire"},
    "plant": {"core", "config", "wire"},
    "logs": {"config"},
    "notify": set(),
    "tasks": set(),
    "inbox": {"core"},
    "control_socket": set(),
    "control": {"config", "control_socket"},
}
# Each of these may know all that stands before it.
LATER = ("build", "devices", "chain", "view", "daemon", "cli", "__main__")

# What config may use of the core, and what each room may use of config: its own branch, and what all share.
VOCABULARY = {"core", "core.signals", "core.status", "core.errors", "core.alerts.event"}
SHARED_CONFIG = {"config.units", "config.url"}
OWN_CONFIG = {
    "field": {
        "config.modbus",
        "config.modbus_line",
        "config.modbus_types",
        "config.mqtt_in",
        "config.opcua",
        "config.opcua_nodes",
        "config.pki",
        "config.recording",
        "config.registers",
    },
    "uplink": {"config.gateway", "config.mqtt"},
    "logs": {"config.gateway"},
}

# The core gets time and numbers as arguments. Nothing here opens a file or a socket, or reads a clock.
PURE = {
    *("__future__", "abc", "bisect", "collections", "dataclasses", "enum", "functools", "heapq", "itertools"),
    *("ast", "math", "operator", "re", "statistics", "string", "struct", "types", "typing", "zlib"),
    "numpy",
}
IMPURE_USES = {"open", "print", "input", "__import__", "np.random", "np.load", "np.save"}


class Import(NamedTuple):
    """One import statement: where it stands, and which module it names."""

    file: str
    line: int
    module: str


def sources(package: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Read every source file of a package."""
    for file in sorted(package.rglob("*.py")):
        yield file, ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def imports(package: Path) -> Iterator[Import]:
    """Find every import, wherever it hides: in a function, or for the type checker alone."""
    for file, tree in sources(package):
        where = str(file.relative_to(package))
        here = [package.name, *file.relative_to(package).with_suffix("").parts]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (Import(where, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = here[: -node.level] if node.level else []
                module = ".".join([*above, *([node.module] if node.module else [])])
                for alias in node.names:
                    # `from edgetwin.config import gateway` names a module, not a thing in one
                    inner = package.parent.joinpath(*module.split("."), alias.name)
                    is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                    yield Import(where, node.lineno, f"{module}.{alias.name}" if is_module else module)


def room_of(path: str) -> str:
    """Name the room a file is in, or the module at the top that it is."""
    return Path(path).parts[0].removesuffix(".py")


def allowed(room: str, target: str) -> bool:
    """Say whether a room may import a module of ours, `config.gateway` for example."""
    head = target.split(".", 1)[0]
    if head == room:
        return True
    if room in LATER:
        return head in MAY_KNOW or head in LATER[: LATER.index(room)]
    if head not in MAY_KNOW.get(room, set()):
        return False
    if room == "config":
        return target in VOCABULARY
    return head != "config" or target in SHARED_CONFIG | OWN_CONFIG.get(room, set())


def wrong_arrows(package: Path) -> list[str]:
    """List the imports that run the wrong way."""
    return [
        f"{each.file}:{each.line}: {room_of(each.file)} must not know {each.module}"
        for each in imports(package)
        if each.module.startswith(f"{package.name}.")
        and not allowed(room_of(each.file), each.module.removeprefix(f"{package.name}."))
    ]


def impurities(package: Path) -> Iterator[str]:
    """Find what the core uses that is neither numbers nor logic."""
    for each in imports(package):
        pure = each.module.split(".")[0] in {*PURE, package.name} and each.module != "numpy.random"
        if room_of(each.file) == "core" and not pure:
            yield f"{each.file}:{each.line}: the core must not import {each.module}"
    for file, tree in sources(package / "core"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name | ast.Attribute) and (used := ast.unparse(node)) in IMPURE_USES:
                yield f"{file.relative_to(package)}:{node.lineno}: the core must not use {used}"


def test_imports_run_one_way() -> None:
    assert wrong_arrows(HOUSE) == []


def test_every_room_has_its_place() -> None:
    rooms = {room_of(str(file.relative_to(HOUSE))) for file, _ in sources(HOUSE)}
    assert rooms <= {"__init__", *MAY_KNOW, *LATER}


def test_the_core_is_pure() -> None:
    assert list(impurities(HOUSE)) == []


def test_only_the_configuration_reads_toml() -> None:
    readers = {room_of(each.file) for each in imports(HOUSE) if each.module.split(".")[0] == "tomllib"}
    assert readers <= {"config"}


SMALL_HOUSE = (
    *("__init__.py", "__main__.py", "build.py", "control.py", "daemon.py", "logs.py", "cli/run.py"),
    *("core/alerts/event.py", "core/pipeline.py", "core/signals.py", "wire/__init__.py"),
    *("config/gateway.py", "config/modbus.py", "config/tree.py", "config/units.py"),
    *("field/modbus.py", "plant/__init__.py", "uplink/mqtt.py"),
)


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """Build a house in which nothing is wrong."""
    package = tmp_path / "edgetwin"
    for file in SMALL_HOUSE:
        (package / file).parent.mkdir(parents=True, exist_ok=True)
        (package / file).write_text('"""A room."""\n', encoding="utf-8")
    return package


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("core/pipeline.py", "from edgetwin.config.units import Duration"),
        ("core/pipeline.py", "import edgetwin.logs"),
        ("core/signals.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import edgetwin.field"),
        ("config/tree.py", "from edgetwin.core.pipeline import Pipeline"),
        ("config/tree.py", "def late() -> None:\n    from edgetwin import field"),
        ("field/modbus.py", "from edgetwin.uplink.mqtt import publish"),
        ("field/modbus.py", "from ..plant import plant"),
        ("field/modbus.py", "from edgetwin.config import gateway"),
        ("uplink/mqtt.py", "from edgetwin.config.tree import Config"),
        ("uplink/mqtt.py", "from edgetwin.config.modbus import ModbusDevice"),
        ("plant/__init__.py", "from edgetwin.field import modbus"),
        ("wire/__init__.py", "from edgetwin.core.signals import Frame"),
        ("logs.py", "from edgetwin.core.signals import Frame"),
        ("control.py", "from edgetwin.daemon import Daemon"),
        ("build.py", "from edgetwin.daemon import Daemon"),
        ("daemon.py", "from edgetwin.cli import run"),
        ("new_room.py", "from edgetwin.core import signals"),
    ],
)
def test_a_wrong_arrow_is_found(small_house: Path, file: str, line: str) -> None:
    (small_house / file).write_text(line, encoding="utf-8")
    assert len(wrong_arrows(small_house)) == 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("core/pipeline.py", "from edgetwin.core.signals import Frame"),
        ("config/tree.py", "from edgetwin.core.alerts.event import AlertEvent"),
        ("field/modbus.py", "from edgetwin.config.modbus import ModbusDevice"),
        ("uplink/mqtt.py", "from edgetwin import __version__"),
        ("uplink/mqtt.py", "from . import topics"),
        ("build.py", "from edgetwin.config import tree\nfrom edgetwin.field import modbus"),
        ("cli/run.py", "from edgetwin import control, daemon"),
        ("__main__.py", "from edgetwin.cli.run import main"),
    ],
)
def test_a_right_arrow_is_left_alone(small_house: Path, file: str, line: str) -> None:
    (small_house / file).write_text(line, encoding="utf-8")
    assert wrong_arrows(small_house) == []


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"import {module}"
            for module in ("asyncio", "time", "socket", "logging", "os", "random", "datetime")
        ),
        "from pathlib import Path",
        "import structlog",
        "text = open('x').read()",
        "import numpy as np\nnoise = np.random.default_rng()",
        "from numpy.random import default_rng",
    ],
)
def test_an_impure_core_is_found(small_house: Path, line: str) -> None:
    (small_house / "core/pipeline.py").write_text(line, encoding="utf-8")
    assert len(list(impurities(small_house))) == 1
