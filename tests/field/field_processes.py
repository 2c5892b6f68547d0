"""What tests know of other processes: who begot whom, and what it holds."""

import os
from pathlib import Path


def children_of(parent: int) -> list[int]:
    """List the living children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, ppid = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                continue
            if int(ppid) == parent and state != "Z":
                found.append(int(entry.name))
    return found


def zombies_of(parent: int) -> int:
    """Count the children that have ended and were not let go of."""
    states = [
        path.read_text().rpartition(")")[2].split()[:2]
        for path in Path("/proc").glob("[0-9]*/stat")
        if path.exists()
    ]
    return sum(state == "Z" and int(ppid) == parent for state, ppid in states)


def lives(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descriptors(pid: int) -> int:
    """Count what a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - only the count is wanted


def memory(pid: int) -> int:
    """Give the bytes of memory that are a process's own."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024
