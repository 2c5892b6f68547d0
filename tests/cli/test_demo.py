"""The demo as a user meets it: a process, a terminal, a broker; and nothing of it left afterwards."""

import asyncio
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from select import select
from tempfile import TemporaryDirectory
from typing import Self

import pytest
from real_broker import Listener, Mosquitto

from edgetwin.__main__ import main

DEADLINE_S = 30.0
ENDS_WITHIN_S = 2.0
DEMO = [sys.executable, "-m", "edgetwin", "demo"]
# In a session of its own the terminal is ours, as in a window of a user.
IN_A_TERMINAL = "import os, sys; os.login_tty(0); os.execv(sys.executable, sys.argv[1:])"


class Demo:
    """One demo in a process of its own, with its own place for temporary files."""

    def __init__(self, place: Path, *options: str, terminal: bool = False) -> None:
        self._place = place
        self.said = ""
        self._slave: int | None = None
        if terminal:
            self._reads, self._slave = pty.openpty()
            termios.tcsetwinsize(self._slave, (40, 130))
            self.modes = termios.tcgetattr(self._slave)
            command = [sys.executable, "-c", IN_A_TERMINAL, *DEMO, *options]
            streams = (self._slave, self._slave, self._slave)
        else:
            self._reads, writes = os.pipe()
            command = [*DEMO, *options]
            streams = (subprocess.DEVNULL, writes, writes)
        self._process = subprocess.Popen(
            command,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            # The size is that of the terminal, whatever the tests themselves were told of theirs.
            env={
                **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
                "TMPDIR": str(place),
                "TERM": "xterm",
                "PYTHONUNBUFFERED": "1",
            },
        )
        if not terminal:
            os.close(streams[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(DEADLINE_S)
        os.close(self._reads)
        if self._slave is not None:
            os.close(self._slave)

    def until(self, *wanted: str, deadline_s: float = DEADLINE_S) -> re.Match[str]:
        """Read until all patterns have been said; give the match of the last."""
        deadline = time.monotonic() + deadline_s
        while True:
            matches = [re.search(pattern, self.said) for pattern in wanted]
            if all(matches) and (last := matches[-1]):
                return last
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                missing = [pattern for pattern, match in zip(wanted, matches, strict=True) if not match]
                raise AssertionError(f"not said: {missing}; said: {self.said[-4000:]}")

    def press(self, key: str) -> None:
        """Press a key on its terminal."""
        os.write(self._reads, key.encode())

    def end(self, how: Callable[[], object] | None = None) -> int:
        """End it, by SIGINT unless told how, and see that it takes no longer than promised."""
        started = time.monotonic()
        (how or (lambda: self._process.send_signal(signal.SIGINT)))()
        code = self.wait()
        assert time.monotonic() - started < ENDS_WITHIN_S
        return code

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def wait(self) -> int:
        """Read what it still says, and give its exit code."""
        deadline = time.monotonic() + DEADLINE_S
        while self._process.poll() is None and time.monotonic() < deadline:
            self._read(0.05)
        while self._read(0.0):
            pass
        return self._process.wait(0.0)

    def modes_now(self) -> list[object]:
        """Give the modes of its terminal."""
        assert self._slave is not None
        return termios.tcgetattr(self._slave)

    @property
    def left_behind(self) -> list[str]:
        """Name what lies in its place for temporary files."""
        return sorted(path.name for path in self._place.iterdir())

    def _read(self, patience_s: float) -> bool:
        """Read what is there, waiting for it a while; tell whether anything was."""
        ready, _, _ = select([self._reads], [], [], patience_s)
        if not ready:
            return False
        said = os.read(self._reads, 65536)
        self.said += said.decode(errors="replace")
        return bool(said)


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder for temporary files whose path is short: a control socket lies in it, and those have a limit."""
    with TemporaryDirectory(prefix="place-") as folder:
        yield Path(folder)


def refuses(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_ends_by_itself_after_the_time_given_and_leaves_nothing(place: Path) -> None:
    with Demo(place, "--for", "1 s") as demo:  # on a busy machine OPC UA is not up by then
        port = int(demo.until("mill is up", r"mosquitto_sub .* -p (\d+)")[1])
        assert demo.left_behind
        assert demo.wait() == 0
        assert demo.left_behind == []
        assert refuses(port)
        assert "Traceback" not in demo.said


def test_sigterm_ends_it_within_two_seconds_and_leaves_nothing(place: Path) -> None:
    with Demo(place, "--plain") as demo:
        port = int(demo.until("mill is up", "feed is up", r"mosquitto_sub .* -p (\d+)")[1])
        assert demo.end(demo.terminate) == 0
        assert demo.left_behind == []
        assert refuses(port)
        assert "Traceback" not in demo.said


def test_on_a_terminal_keys_break_things_and_the_terminal_comes_back(place: Path) -> None:
    with Demo(place, "--no-faults", terminal=True) as demo:
        demo.until(r"\x1b\[\?1049h", r"\x1b\[\?25l", "all is well", "mosquitto_sub", "8 mill reboot")
        demo.press("8")
        demo.until("mill reboots since", "mill is down")
        demo.said = ""
        demo.press("1")
        demo.until(r"mill\.bearing_temp is stuck since \d+ s; the truth is")
        demo.press("m")
        demo.until("all is well")
        assert demo.modes_now() != demo.modes
        assert demo.end(lambda: demo.press("q")) == 0
        assert demo.said.endswith("\x1b[?7h\x1b[?25h\x1b[?1049l")
        assert demo.modes_now() == demo.modes
        assert demo.left_behind == []


def test_ctrl_c_on_the_terminal_ends_it_sane(place: Path) -> None:
    with Demo(place, terminal=True) as demo:
        demo.until(r"in \d+ s: mill\.bearing_temp stuck")
        assert demo.end(lambda: demo.press("\x03")) == 0
        assert demo.said.endswith("\x1b[?7h\x1b[?25h\x1b[?1049l")
        assert demo.modes_now() == demo.modes
        assert demo.left_behind == []


async def test_a_newcomer_sees_a_sensor_stick_and_the_gateway_say_so(place: Path, broker: Mosquitto) -> None:
    async with Listener(broker) as ear:
        with Demo(place, "--broker", f"{broker.host}:{broker.port}") as demo:
            await asyncio.to_thread(
                demo.until,
                r"the plant: mill\.bearing_temp is stuck",
                r"the gateway: alert.*mill\.bearing_temp has read",
                r"mill\.bearing_temp is bad \(stuck.*corrected \d",
                deadline_s=60.0,  # what a newcomer is promised
            )
            alert = await ear.until(lambda heard: "/alert/" in heard.topic and b"stuck" in heard.payload)
            assert alert.json["signal"] == "mill.bearing_temp"
            assert alert.json["active"] is True
            state = await ear.until(
                lambda heard: heard.topic.endswith("grinding/mill1/bearing") and b'"stuck"' in heard.payload
            )
            row = state.json["signals"]["temp"]
            assert "stuck" in row["reasons"]
            assert row["value"] is not None
            assert row["sigma"] > 0
            assert await asyncio.to_thread(demo.end) == 0
            assert demo.left_behind == []


def test_a_reader_that_has_seen_enough_ends_it(place: Path) -> None:
    done = subprocess.run(  # noqa: S602 - a pipe of the shell is what this is about
        f"{sys.executable} -m edgetwin demo | head -n 2",
        shell=True,
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert "mosquitto_sub" in done.stdout
    assert done.stderr == ""
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "told"), [("amqtt.broker", "--broker host:port"), ("pymodbus.server", "PLCs")]
)
def test_without_a_package_of_the_demo_it_says_how_to_get_it_and_leaves_nothing(
    place: Path, module: str, told: str
) -> None:
    code = f"import sys; sys.modules['{module}'] = None; from edgetwin.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "demo"],
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == os.EX_UNAVAILABLE
    assert 'pip install "edgetwin[demo]"' in done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--broker", "host:port"], "expected host:port"),
        (["--broker", "user@host:1883"], "expected host:port"),
        (["--for", "10"], "has no unit"),
        (["--speed", "0"], "expected a number above 0"),
    ],
)
def test_a_wrong_option_is_refused_with_what_was_expected(
    options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", *options]) == 2
    assert complaint in capsys.readouterr().err
