"""The unit file: as closed as we promise, and one that systemd understands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "systemd" / "edgetwin.service"
MOST_EXPOSED = 1.5  # of 10, on systemd's own scale


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def exposure(unit: Path) -> float:
    """Ask systemd how exposed a service is."""
    said = analyze("security", "--offline=true", unit).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found, said
    return float(found[1])


def complaints(text: str, folder: Path) -> str:
    """Verify a unit whose program stands where it will not be before it is installed."""
    program = folder / "edgetwin"
    program.symlink_to(sys.executable)
    unit = folder / "edgetwin.service"
    unit.write_text(text.replace("/opt/edgetwin/bin/edgetwin", str(program)), encoding="utf-8")
    done = analyze("verify", "--man=no", unit)
    said = done.stdout + done.stderr
    return said or f"exit {done.returncode}" if done.returncode else said


def test_the_service_is_closed() -> None:
    assert exposure(UNIT) <= MOST_EXPOSED


def test_an_open_service_would_be_found(tmp_path: Path) -> None:
    opened = tmp_path / "edgetwin.service"
    opened.write_text(
        "".join(line for line in UNIT.read_text().splitlines(keepends=True) if "SystemCallFilter" not in line)
    )
    assert exposure(opened) > MOST_EXPOSED


def test_systemd_has_nothing_to_complain_about(tmp_path: Path) -> None:
    assert complaints(UNIT.read_text(), tmp_path) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("WatchdogSec=30", "WatchdogSec=soon"), ("RestartSec=1", "RestartSeconds=1"), ("/opt/", "/nowhere/")],
)
def test_a_mistake_would_be_found(tmp_path: Path, right: str, wrong: str) -> None:
    text = UNIT.read_text()
    assert right in text
    assert complaints(text.replace(right, wrong), tmp_path) != ""


def test_it_does_what_the_gateway_relies_on() -> None:
    settings = [line for line in UNIT.read_text().splitlines() if line and not line.startswith("#")]
    for needed in (
        "Type=notify",
        "Restart=always",
        "RestartPreventExitStatus=78",
        "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'",
        "DynamicUser=yes",
        "StateDirectory=edgetwin",
        "RuntimeDirectory=edgetwin",
        "UMask=0077",
    ):
        assert needed in settings
