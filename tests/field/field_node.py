"""An OPC UA server of another family: node-opcua, in a process of its own. `make interop` installs it."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "node_server"
URI = "urn:edgetwin:node"
REQUIRED = "EDGETWIN_INTEROP"  # set: what is missing is a failure, and no reason to skip


def node_path() -> str:
    """Find where node-opcua is installed. Without it there is nothing to test against."""
    folders = [*os.environ.get("NODE_PATH", "").split(os.pathsep), str(HERE / "node_modules")]
    found = next((each for each in folders if each and (Path(each) / "node-opcua").is_dir()), None)
    if found and shutil.which("node"):
        return found
    missing = "node-opcua is not installed: `make interop` does that, where there is a `node`"
    if os.environ.get(REQUIRED):
        pytest.fail(missing)
    pytest.skip(missing)


class NodeServer:
    """The server, in its process. `others` are namespaces that come before its own."""

    def __init__(self, port: int = 0, *others: str) -> None:
        modules = node_path()
        self._folder = tempfile.TemporaryDirectory()  # for its keys; it is killed, and cleans up nothing
        self._process = subprocess.Popen(
            ["node", str(HERE / "server.js"), str(port), *others],
            env={**os.environ, "NODE_PATH": modules, "TMPDIR": self._folder.name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:  # it makes keys when it starts, which takes seconds
            if line.startswith("ready "):
                self.port = int(line.split()[1])
                break
        else:
            pytest.fail("the server did not start")
        self._reading = threading.Thread(target=self._process.stdout.read)  # so that it can go on talking
        self._reading.start()

    def set(self, name: str, value: float) -> None:
        """Give a variable a new value."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"set {name} {value}\n")
        self._process.stdin.flush()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let it hang for a while."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """End it at once; again does nothing."""
        self._process.kill()
        self._process.wait()
        self._reading.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._folder.cleanup()
