"""The lock: every package the service needs, with hashes, and no word about where it comes from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")
NEEDED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]


def pins(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Read the pinned packages, each with its hashes."""
    entries = re.split(r"\n(?=\w)", re.sub(r"^ *#.*\n", "", lock, flags=re.MULTILINE))
    return [
        (Requirement(entry.split(" \\\n")[0].strip()), re.findall(r"--hash=(\S+)", entry))
        for entry in entries
    ]


@pytest.mark.parametrize("needed", NEEDED)
def test_what_the_service_needs_is_pinned_within_its_bounds(needed: str) -> None:
    wanted = Requirement(needed)
    found = [pin for pin, _ in pins(LOCK) if canonicalize_name(pin.name) == canonicalize_name(wanted.name)]
    assert found, f"{wanted.name} is missing: run make lock"
    for pin in found:
        (exact,) = pin.specifier
        assert exact.operator == "=="
        assert wanted.specifier.contains(exact.version), f"{pin} is outside {needed}: run make lock"


def test_every_package_is_held_by_hashes() -> None:
    for pin, hashes in pins(LOCK):
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), pin


@pytest.mark.parametrize("python", ["3.11", "3.13"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_each_machine_gets_one_version_of_each_package(python: str, machine: str) -> None:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    chosen = [pin.name for pin, _ in pins(LOCK) if pin.marker is None or pin.marker.evaluate(environment)]
    assert "numpy" in chosen
    assert sorted(chosen) == sorted(set(chosen))


def test_the_lock_names_no_host() -> None:
    assert re.findall(r"://|@ |--index|--extra|--find-links|--trusted", LOCK) == []
