"""Programs from Debian: installed where we may, and the exact command where we may not."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "debian.sh"
MISSING = "no-such-daemon=its-package"


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Ask a made-up machine, which writes down what its apt-get is told, for programs."""

    def program(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)

    def ask(
        *wanted: str, user: int = 0, sudo: bool = False, apt: str = "exit 0", path: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        program("id", f"echo {user}")
        program("sudo", 'shift; echo "sudo $*" >>"$0.said"; exec "$@"' if sudo else "exit 1")
        if apt:
            program("apt-get", f'echo "$*" >>"$0.said"\n{apt}')
        return subprocess.run(
            [SCRIPT, *wanted],
            env={"PATH": path or f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return ask


def told(tmp_path: Path, program: str = "apt-get") -> list[str]:
    said = tmp_path / f"{program}.said"
    return said.read_text().splitlines() if said.exists() else []


Machine = Callable[..., subprocess.CompletedProcess[str]]
INSTALL = "install -y -qq --no-install-recommends its-package"


def test_what_is_there_is_not_installed(machine: Machine, tmp_path: Path) -> None:
    assert machine("sh=dash", "cat=coreutils").returncode == 0
    assert told(tmp_path) == []


def test_a_library_is_looked_for_where_the_loader_finds_it(machine: Machine, tmp_path: Path) -> None:
    assert machine("libc.so.6=libc6", "libnosuch.so.1=its-package").returncode == 0
    assert told(tmp_path) == [INSTALL]


def test_root_gets_only_what_is_missing(machine: Machine, tmp_path: Path) -> None:
    assert machine("sh=dash", MISSING).returncode == 0
    assert told(tmp_path) == [INSTALL]


def test_missing_package_lists_are_fetched(machine: Machine, tmp_path: Path) -> None:
    empty_lists = 'case "$*" in update*) touch "$0.lists" ;; esac; [ -e "$0.lists" ]'
    assert machine(MISSING, apt=empty_lists).returncode == 0
    assert told(tmp_path) == [INSTALL, "update -qq", INSTALL]


def test_sudo_is_used_where_it_asks_nothing(machine: Machine, tmp_path: Path) -> None:
    assert machine(MISSING, user=1000, sudo=True).returncode == 0
    assert told(tmp_path) == [INSTALL]
    assert any("apt-get" in line for line in told(tmp_path, "sudo"))


def test_without_the_right_the_command_is_named(machine: Machine, tmp_path: Path) -> None:
    done = machine(MISSING, "another-one", user=1000)
    assert done.returncode == 1
    assert "needs root" in done.stderr
    assert "\n    sudo apt-get install its-package another-one\n" in done.stderr
    assert told(tmp_path) == []


def test_when_debian_fails_its_reason_is_shown(machine: Machine) -> None:
    done = machine(MISSING, apt='echo "E: no space left" >&2; exit 100')
    assert done.returncode == 1
    assert "E: no space left" in done.stderr
    assert "\n    sudo apt-get install its-package\n" in done.stderr


def test_a_machine_that_is_no_debian_is_told_what_to_bring(machine: Machine, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash
    (tmp_path / "bash").symlink_to(bash)
    done = machine(MISSING, apt="", path=str(tmp_path))
    assert done.returncode == 1
    assert "no apt-get" in done.stderr
    assert "its-package" in done.stderr
