"""A real mosquitto on loopback, and a real client that listens to it. What the uplink tells is judged from outside."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import orjson
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

DEADLINE_S = 30.0


def find_mosquitto() -> str:
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise FileNotFoundError(
            "mosquitto is not installed; `make test` installs it, or: apt-get install mosquitto"
        )
    return program


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port: int = place.getsockname()[1]
        return port


class Mosquitto:
    """One broker. It keeps its port over stop and start; it starts empty, for nothing is kept on disk."""

    def __init__(self, folder: Path, lines: Sequence[str] = ("allow_anonymous true",)) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        self._conf = folder / f"mosquitto-{self.port}.conf"
        self._process: subprocess.Popen[str] | None = None
        self.said: list[str] = []
        user = ["user root"] if os.getuid() == 0 else []  # or it could not read the files of the tests
        listener = f"listener {self.port} {self.host}"
        self._conf.write_text("\n".join([listener, "persistence false", "log_type all", *user, *lines]))

    @property
    def url(self) -> str:
        """Give its address, as the configuration has it."""
        return f"mqtt://{self.host}:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        running = threading.Event()
        process = subprocess.Popen(
            [find_mosquitto(), "-c", str(self._conf)], stderr=subprocess.PIPE, text=True, bufsize=1
        )

        def read() -> None:
            with process.stderr or contextlib.nullcontext(()) as lines:
                for line in lines:
                    self.said.append(line)
                    if " running" in line:
                        running.set()
            running.set()

        self._process = process
        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()
        if not running.wait(DEADLINE_S) or process.poll() is not None:
            self.stop()
            raise RuntimeError(f"mosquitto does not start:\n{''.join(self.said)}")

    def stop(self) -> None:
        """Kill it: no goodbye to anyone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_S)
            self._reader.join(DEADLINE_S)
            self._process = None

    def freeze(self) -> None:
        """Let it hold its connections and say nothing more, as a dead line does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)


def make_passwords(folder: Path, users: Mapping[str, str]) -> Path:
    """Write a password file for `password_file`."""
    file = folder / "passwords"
    file.touch(mode=0o600)
    for user, password in users.items():
        subprocess.run(["mosquitto_passwd", "-b", str(file), user, password], check=True, capture_output=True)
    return file


MakeBroker = Callable[[Sequence[str]], Mosquitto]


class Heard(NamedTuple):
    """One message as it arrived."""

    topic: str
    payload: bytes
    retain: bool

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """Read it as JSON."""
        return orjson.loads(self.payload)


def _nothing(_done: object) -> None:
    """Let a lambda return nothing, as paho's callbacks must."""


class Listener:
    """Hears everything that the broker tells. Use as `async with Listener(broker) as ear`."""

    def __init__(self, broker: Mosquitto, topics: str = "#", user: tuple[str, str] | None = None) -> None:
        self.heard: list[Heard] = []
        self._broker, self._topics = broker, topics
        self._more = asyncio.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        if user is not None:
            self._client.username_pw_set(*user)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()

        def hear(_client: Client, _data: object, message: MQTTMessage) -> None:
            heard = Heard(message.topic, bytes(message.payload), message.retain)
            loop.call_soon_threadsafe(lambda: loop.create_task(self._add(heard)))

        self._client.on_message = hear
        self._client.on_connect = lambda *_: _nothing(self._client.subscribe(self._topics, qos=1))
        self._client.on_subscribe = lambda *_: _nothing(loop.call_soon_threadsafe(ready.set))
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        async with asyncio.timeout(DEADLINE_S):
            await ready.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        self._client._reset_sockets()  # what woke its thread stays open otherwise

    async def until(self, wanted: Callable[[Heard], bool], deadline_s: float = DEADLINE_S) -> Heard:
        """Wait for the first message that is wanted, among those heard already too."""
        try:
            async with asyncio.timeout(deadline_s), self._more:
                await self._more.wait_for(lambda: any(wanted(heard) for heard in self.heard))
        except TimeoutError:
            topics = [(heard.topic, heard.payload[:200]) for heard in self.heard]
            raise AssertionError(f"not heard within {deadline_s} s; heard {topics}") from None
        return next(heard for heard in self.heard if wanted(heard))

    async def on(self, ending: str, deadline_s: float = DEADLINE_S) -> Heard:
        """Wait for the first message on a topic with this ending."""
        return await self.until(lambda heard: heard.topic.endswith(ending), deadline_s)

    def all_on(self, part: str) -> list[Heard]:
        """Give all that was heard on topics with this part."""
        return [heard for heard in self.heard if part in heard.topic]

    async def _add(self, heard: Heard) -> None:
        async with self._more:
            self.heard.append(heard)
            self._more.notify_all()
