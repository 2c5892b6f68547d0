"""A virtual environment on any machine that has Python: also where Debian left half of it out."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "venv.sh"

# A Python as Debian ships it. What it can do beside running code is up to CAN: venv, pip, virtualenv.
PYTHON = f"""#!/bin/sh
echo "$*" >>"$0.said"
for folder; do :; done
make() {{ mkdir -p "$folder/bin"; touch "$folder/pyvenv.cfg"; }}
pip_in() {{ printf '#!/bin/sh\\nexit 0\\n' >"$1"; chmod +x "$1"; }}
case "$*" in
"-c import sys; print(sys.base_prefix)") echo "$PREFIX" ;;
"-m venv --clear --without-pip "*) make ;;
"-m venv "*) make; case "$CAN" in *venv*) pip_in "$folder/bin/python" ;; *) echo no ensurepip >&2; exit 1 ;; esac ;;
"-m pip --version") case "$CAN" in *pip*) ;; *) exit 1 ;; esac ;;
"-m pip "*" --python "*) pip_in "$5" ;;
"-m virtualenv "*) case "$CAN" in *virtualenv*) make; pip_in "$folder/bin/python" ;; *) exit 1 ;; esac ;;
*) exec {sys.executable} "$@" ;;
esac
"""

Machine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Make an environment on a made-up machine, in the folder `venv`."""

    def program(name: str, script: str) -> Path:
        (tmp_path / name).write_text(script, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
        return tmp_path / name

    def make(can: str, *, user: int = 1000, prefix: str = "/usr") -> subprocess.CompletedProcess[str]:
        python = program("python", PYTHON)
        program("id", f"#!/bin/sh\necho {user}\n")
        program("sudo", "#!/bin/sh\nexit 1\n")
        # Debian's package gives this Python what it lacked.
        program("apt-get", f'#!/bin/sh\necho "$*" >>"$0.said"\nsed -i "s/CAN/CAN venv/" {python}\n')
        return subprocess.run(
            [SCRIPT, python, tmp_path / "venv"],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "CAN": can, "PREFIX": prefix},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return make


def tried(tmp_path: Path) -> str:
    return (tmp_path / "python.said").read_text()


def test_a_real_python_gets_a_real_environment(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    subprocess.run([SCRIPT, sys.executable, folder], check=True, timeout=60)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "--version"], check=True, timeout=60)


def test_python_does_it_alone_where_it_can(machine: Machine, tmp_path: Path) -> None:
    assert machine("venv").returncode == 0
    assert "pip install" not in tried(tmp_path)


def test_a_second_run_leaves_the_environment_alone(machine: Machine, tmp_path: Path) -> None:
    assert machine("venv").returncode == 0
    (tmp_path / "python.said").unlink()
    assert machine("venv").returncode == 0
    assert "-m venv" not in tried(tmp_path)


@pytest.mark.parametrize(("can", "way"), [("pip", "-m pip --disable"), ("virtualenv", "-m virtualenv")])
def test_without_venv_another_way_is_taken(machine: Machine, tmp_path: Path, can: str, way: str) -> None:
    assert machine(can).returncode == 0
    assert way in tried(tmp_path)
    assert not (tmp_path / "apt-get.said").exists()


def test_root_gets_the_debian_package_when_all_else_fails(machine: Machine, tmp_path: Path) -> None:
    done = machine("", user=0)
    assert done.returncode == 0, done.stderr
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"python{version}-venv" in (tmp_path / "apt-get.said").read_text()


def test_without_the_right_the_command_is_named(machine: Machine) -> None:
    done = machine("")
    assert done.returncode == 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"\n    sudo apt-get install python{version}-venv\n" in done.stderr


def test_a_python_that_is_not_debians_is_told_what_it_lacks(machine: Machine) -> None:
    done = machine("", user=0, prefix="/opt/python")
    assert done.returncode == 1
    assert "no ensurepip" in done.stderr
    assert "the module ensurepip of" in done.stderr


def test_a_folder_with_something_else_is_not_cleared(machine: Machine, tmp_path: Path) -> None:
    precious = tmp_path / "venv" / "thesis.txt"
    precious.parent.mkdir()
    precious.touch()
    done = machine("venv")
    assert done.returncode == 1
    assert "something else" in done.stderr
    assert precious.exists()


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ('#!/bin/sh\ncase "$*" in *print*) echo 3.9 ;; *) exit 1 ;; esac\n', "3.11 or newer"),
        (None, "There is no"),
    ],
)
def test_a_python_that_will_not_do_is_refused(tmp_path: Path, python: str | None, message: str) -> None:
    if python:
        (tmp_path / "python").write_text(python)
        (tmp_path / "python").chmod(0o755)
    done = subprocess.run(
        [SCRIPT, tmp_path / "python", tmp_path / "venv"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()
