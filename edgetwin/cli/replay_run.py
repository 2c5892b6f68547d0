"""One replay: the rows of a file through the pipeline into the outputs, and the account of it."""

import os
import time
from typing import Any

import orjson

from edgetwin.cli import INTERRUPTED
from edgetwin.cli.outcome_csv import OutcomeCsv, time_text
from edgetwin.cli.progress import Progress
from edgetwin.cli.replay_output import Output
from edgetwin.cli.replay_tally import Tally
from edgetwin.core.pipeline import Pipeline
from edgetwin.field.table.file import CsvFile
from edgetwin.field.table.problems import UnusableFile
from edgetwin.uplink.messages import alert_json

ROWS_AT_ONCE = 64  # decides the speed only: the outcome is the same, byte for byte


class Run:
    """Goes through the file once. What came before a file broke off stays written and counted."""

    def __init__(self, file: CsvFile, pipeline: Pipeline, bar: Progress) -> None:
        self._file = file
        self._pipeline = pipeline
        self._bar = bar
        self._tally = Tally(pipeline.table)
        self._rows = 0
        self._first: int | None = None
        self._last: int | None = None
        self._seconds = 0.0
        self._broke_off = ""

    def to_the_end(
        self, out: OutcomeCsv | None, alerts: Output | None, rows_at_once: int = ROWS_AT_ONCE
    ) -> int:
        """Replay until the file ends, breaks off or is interrupted; give the exit code."""
        started = time.perf_counter()
        self._bar.total = self._file.size
        try:
            self._blocks(out, alerts, rows_at_once)
        except KeyboardInterrupt:
            self._broke_off = "stopped by Ctrl-C"
            return INTERRUPTED
        except UnusableFile as error:
            self._broke_off = str(error)
            return os.EX_DATAERR
        except BrokenPipeError:
            raise
        except OSError as error:
            self._broke_off = f"reading broke off: {error.strerror or error}"
            return os.EX_IOERR
        finally:
            self._seconds = time.perf_counter() - started
        return os.EX_OK

    def _blocks(self, out: OutcomeCsv | None, alerts: Output | None, rows_at_once: int) -> None:
        ids = self._pipeline.table.ids_of(self._pipeline.table.names)
        for block in self._file.blocks(rows_at_once):
            outcome = self._pipeline.step(block.frames(ids), int(block.mono[-1]))
            if out:
                out.write(outcome)
            if alerts:
                for event in outcome.alerts:
                    alerts.write(alert_json(event) + b"\n")
            self._tally.add(outcome)
            self._rows += len(block)
            self._first = int(block.times[0]) if self._first is None else self._first
            self._last = int(block.times[-1])
            self._bar.update(self._file.position, self._tally.samples)

    def as_text(self, *, table: bool) -> str:
        """Give the account for people: the table if asked for, and always the totals."""
        lines = [*self._tally.table(), ""] if table else []
        if self._first is not None and self._last is not None:
            clock = self._file.layout.time
            source = f"{clock.format.name}, column {clock.title}" if clock else "from --every"
            lines.append(f"from {time_text(self._first)} to {time_text(self._last)} ({source})")
        problems = self._file.problems
        if self._broke_off:
            lines.append(
                f"NOT the whole file, {self._broke_off}; all that is written comes from the rows before"
            )
        lines += [f"problem: {total}" for total in problems.totals()]
        lines.append(
            f"{self._rows:,} rows, {self._tally.samples:,} samples, {self._tally.alerts:,} alerts, "
            f"{problems.total:,} problems; {self._seconds:.1f} s, {self._pace:,.0f} samples/s"
        )
        return "\n".join(lines)

    def as_json(self, path: str) -> str:
        """Give the account for scripts."""
        clock = self._file.layout.time
        account: dict[str, Any] = {
            "file": path,
            "complete": not self._broke_off,
            "broke_off": self._broke_off or None,
            "rows": self._rows,
            "samples": self._tally.samples,
            "alerts": self._tally.alerts,
            "first": None if self._first is None else time_text(self._first),
            "last": None if self._last is None else time_text(self._last),
            "time_format": clock.format.name if clock else None,
            "seconds": round(self._seconds, 3),
            "samples_per_s": round(self._pace),
            "problems": [
                {"kind": kind.value, "column": column or None, "count": count}
                for (kind, column), count in self._file.problems.counts.most_common()
            ],
            "signals": self._tally.signals(),
        }
        return orjson.dumps(account, option=orjson.OPT_INDENT_2).decode()

    @property
    def _pace(self) -> float:
        return self._tally.samples / self._seconds if self._seconds else 0.0
