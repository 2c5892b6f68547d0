"""How fast `edgetwin replay` is, in samples per second on one core, beside Python's own `csv` on the same file.

    python tests/bench/replay_speed.py [--samples 2000000]

Makes two files of realistic noise with a fixed seed (200 and 50 signals) in a temporary directory, and times: the
reader alone, the writer alone, the whole verb with --out, and as the baseline csv.reader into csv.writer, one row out
per sample, which decides nothing. A ratio below 1 is what the deciding costs. Times are processor time of one core,
so that other work on the machine disturbs them little; the line of the verb itself says what passed on the wall.
"""

import argparse
import csv
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import numpy as np

from edgetwin.__main__ import main as edgetwin
from edgetwin.cli.outcome_csv import OutcomeCsv
from edgetwin.core.pipeline import Pipeline
from edgetwin.core.signals import Signal, SignalTable
from edgetwin.field.table.file import CsvFile
from edgetwin.field.table.problems import Problems

TARGETS = {200: 150_000, 50: 80_000}  # samples per second that the whole has to reach


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def make(path: Path, signals: int, rows: int) -> None:
    """Write slow process values, each with its own noise and resolution, one row per second."""
    rng = np.random.default_rng(20_261_120)
    level = rng.uniform(10, 500, signals)
    walk = rng.normal(0, 0.02, (rows, signals)).cumsum(0)
    values = level + walk * level / 100 + rng.normal(0, 1, (rows, signals)) * level / 200
    digits = cycle((1, 2, 3, 4))
    columns = [np.char.mod(f"%.{next(digits)}f", values[:, n]) for n in range(signals)]
    start = np.datetime64("2026-11-20T00:00:00")
    with path.open("w") as file:
        file.write("time," + ",".join(f"line1.sensor_{n}" for n in range(signals)) + "\n")
        for n, cells in enumerate(zip(*columns, strict=True)):
            file.write(f"{start + np.timedelta64(n, 's')}Z,{','.join(cells)}\n")


def seconds(work: Callable[[], object]) -> float:
    """Give the processor time of some work. All of it runs in one thread, so that is what an idle machine takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def read(path: Path) -> None:
    """Read the file into frames, and nothing else."""
    with CsvFile(str(path), Problems(say)) as file:
        ids = np.arange(len(file.layout.columns), dtype=np.int32)
        for block in file.blocks():
            block.frames(ids)


def write(path: Path, out: Path, samples: int) -> float:
    """Write one outcome again and again until there are as many samples; give the seconds that took."""
    with CsvFile(str(path), Problems(say)) as file, out.open("wb") as target:
        table = SignalTable([Signal(name=column.name) for column in file.layout.columns])
        block = next(file.blocks())
        outcome = Pipeline(table).step(block.frames(table.ids_of(table.names)), int(block.times[-1]))
        writer = OutcomeCsv(target, table)

        def write_all() -> None:
            for _ in range(samples // len(outcome)):
                writer.write(outcome)

        return seconds(write_all)


def pass_through(path: Path, out: Path) -> None:
    """Give each sample its row with Python's own csv, undecided: time, signal, raw."""
    with path.open(newline="") as source, out.open("w", newline="") as target:
        reader, writer = csv.reader(source), csv.writer(target)
        names = next(reader)[1:]
        for row in reader:
            writer.writerows((row[0], name, float(cell)) for name, cell in zip(names, row[1:], strict=True))


def measure(signals: int, samples: int, folder: Path) -> bool:
    """Print the figures of one file; tell whether the whole is fast enough."""
    rows = samples // signals
    path, out = folder / f"{signals}.csv", folder / "out.csv"
    make(path, signals, rows)
    count = rows * signals
    whole = seconds(lambda: edgetwin(["replay", str(path), "--out", str(out)]))
    times = {
        "reader only": seconds(lambda: read(path)),
        "writer only": write(path, out, count),
        "csv pass-through": (baseline := seconds(lambda: pass_through(path, out))),
        "whole, with --out": whole,
    }
    say(f"\n{signals} signals, {rows:,} rows, {count:,} samples")
    for name, took in times.items():
        say(
            f"  {name:<18} {count / took:>12,.0f} samples/s {took / count * 1e6:7.2f} us/sample"
            f" {baseline / took:6.2f} x csv pass-through"
        )
    enough = count / whole >= TARGETS[signals]
    say(f"  target {TARGETS[signals]:,} samples/s: {'met' if enough else 'MISSED'}")
    return enough


def main() -> int:
    """Measure both files; the exit code says whether both targets are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=2_000_000, help="samples per file")
    samples = parser.parse_args().samples
    say(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}")
    with tempfile.TemporaryDirectory() as folder:
        met = [measure(signals, samples, Path(folder)) for signals in TARGETS]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
