"""The bar that a terminal sees while a long file is read, and nobody else."""

from collections.abc import Callable
from io import StringIO

import pytest

from edgetwin.cli.progress import Progress


class Terminal(StringIO):
    """A terminal that remembers all that was drawn."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


@pytest.fixture
def clock() -> Callable[[], float]:
    ticks = iter(range(1000))
    return lambda: float(next(ticks))


def test_a_terminal_sees_how_far_it_is(clock: Callable[[], float]) -> None:
    terminal = Terminal()
    bar = Progress(terminal, clock)
    bar.total = 200
    bar.update(50, 1000)
    assert terminal.getvalue().endswith("[######..................]  25%  1,000 samples/s  0:03 left")
    bar.line("row 3 is odd")
    assert terminal.getvalue().endswith("left\r\x1b[2Krow 3 is odd\n")


def test_a_pipe_has_no_end_and_a_log_file_no_bar(clock: Callable[[], float]) -> None:
    terminal, log = Terminal(), StringIO()
    Progress(terminal, clock).update(0, 500)
    assert "500 samples" in terminal.getvalue()
    assert "%" not in terminal.getvalue()
    Progress(log, clock).update(50, 1000)
    assert log.getvalue() == ""
