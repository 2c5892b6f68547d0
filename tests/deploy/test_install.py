"""`make install`: what it puts where, and that it never touches what a technician wrote."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Install = Callable[..., subprocess.CompletedProcess[str]]


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Install into the folder `machine`, whose environment is there and writes down what pip is told."""

    def run(
        prefix: str = "/opt/edgetwin", user: int = 1000, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        program(tmp_path / "bin" / "id", f"echo {user}")
        program(
            tmp_path / f"machine{prefix}" / "bin" / "python",
            f'case "$2" in pip) echo "$*" >>"{tmp_path}/pip.said" ;; *) exec {sys.executable} "$@" ;; esac',
        )
        environment = {
            "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
            "PREFIX": prefix,
            "DESTDIR": str(tmp_path / "machine"),
            **settings,
        }
        return subprocess.run(
            [ROOT / "deploy" / "install.sh"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_everything_is_put_in_its_place(install: Install, tmp_path: Path) -> None:
    done = install()
    assert done.returncode == 0, done.stderr
    machine = tmp_path / "machine"
    configuration = machine / "etc/edgetwin/edgetwin.toml"
    assert configuration.read_text() == (ROOT / "config.example.toml").read_text()
    assert configuration.stat().st_mode & 0o777 == 0o640
    assert (machine / "etc/edgetwin/edgetwin.schema.json").read_text().startswith("{")
    unit = machine / "etc/systemd/system/edgetwin.service"
    assert unit.read_text() == (ROOT / "systemd/edgetwin.service").read_text()
    assert (machine / "usr/local/bin/edgetwin").readlink() == Path("/opt/edgetwin/bin/edgetwin")
    assert "systemctl enable --now edgetwin" in done.stdout


def test_only_pinned_packages_come_in(install: Install, tmp_path: Path) -> None:
    assert install().returncode == 0
    told = [line for line in (tmp_path / "pip.said").read_text().splitlines() if " install " in line]
    assert len(told) == 2
    assert "--require-hashes --requirement deploy/requirements.lock" in told[0]
    assert "--no-deps" in told[1]


def test_a_configuration_that_is_there_is_never_touched(install: Install, tmp_path: Path) -> None:
    configuration = tmp_path / "machine/etc/edgetwin/edgetwin.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text("# mine\n")
    done = install()
    assert done.returncode == 0, done.stderr
    assert configuration.read_text() == "# mine\n"
    assert "systemctl restart edgetwin" in done.stdout


def test_the_unit_starts_the_program_where_it_was_put(install: Install, tmp_path: Path) -> None:
    assert install(prefix="/srv/twin").returncode == 0
    unit = (tmp_path / "machine/etc/systemd/system/edgetwin.service").read_text()
    assert "ExecStart=/srv/twin/bin/edgetwin run" in unit


def test_without_root_it_says_what_to_do(install: Install) -> None:
    done = install(DESTDIR="")
    assert done.returncode == 1
    assert "\n    sudo make install\n" in done.stderr
    assert "DESTDIR=" in done.stderr


def test_a_python_in_somebodys_home_is_refused(install: Install, tmp_path: Path) -> None:
    program(tmp_path / "python", "echo /home/anna/.pyenv/versions/3.11")
    done = install(DESTDIR="", user=0, PYTHON=str(tmp_path / "python"), PREFIX=str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert "PYTHON=/usr/bin/python3" in done.stderr
    assert not (tmp_path / "nowhere").exists()
