"""Watch a simulated plant whose sensors begin to lie, and a gateway that finds out.

Everything runs in this one process and needs nothing else: a plant (a mill with a water-cooled bearing, a dosing
pump, a buffer tank) whose PLCs speak real Modbus TCP and real OPC UA on loopback, a real gateway that reads them,
and an MQTT broker that it publishes to. All ports are free ones, so any number of demos run side by side.

The screen shows what the gateway knows: raw and corrected values, sigma, quality and reasons, and alerts as they
come. Below it stands what the gateway has to find out: what is really broken in the plant. At 20 s the thermometer
of the bearing sticks; by 45 s it is mended; then a PLC reboots, and more follows, round and round.

Keys: 1 to 9 break something now (the list is on the screen) or mend it again, m mends everything, s stops or
resumes the schedule, q ends. Without a terminal, or with --plain, only transitions are written, one per line.
To see the messages, run the line that starts with `mosquitto_sub` in another terminal.

Examples:
  edgetwin demo
  edgetwin demo --broker broker.plant-a.local:1883      a broker of yours, without a password
  edgetwin demo --speed 10 --seed 7                     another plant, ten times faster
  edgetwin demo --plain --for "60 s"                    one minute, as lines

It ends with Ctrl-C, q or SIGTERM within two seconds and leaves nothing behind. Exit codes: 0 ended as asked,
2 a wrong option, 69 a package of the demo is not installed, 78 the environment configures what cannot be.
"""

import argparse
import asyncio
import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TextIO

from edgetwin import logs
from edgetwin.cli import USAGE
from edgetwin.cli.demo_words import (
    KEYS,
    Broker,
    gateway_transitions,
    key_lines,
    plant_lines,
    plant_transitions,
)
from edgetwin.cli.keyboard import keys
from edgetwin.cli.screen import render
from edgetwin.cli.terminal import Terminal
from edgetwin.config.problems import ConfigProblems
from edgetwin.config.units import typed_seconds
from edgetwin.config.url import endpoint
from edgetwin.control import View
from edgetwin.control_socket import SOCKET
from edgetwin.daemon import Gateway
from edgetwin.plant.broker import Broker as OwnBroker
from edgetwin.plant.config_text import demo_config
from edgetwin.plant.extra import ExtraMissing
from edgetwin.plant.live import LivePlant
from edgetwin.plant.plant import Plant

REFRESH_S = 0.25
HIGH = 30  # lines of a terminal that has room for all we have to say
DRAIN_S = 0.5  # for the gateway to end; all must be over in 2 s
FASTEST = 100.0
STDIN = 0
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Options(NamedTuple):
    """What the user asked for."""

    broker: Broker | None
    speed: float
    for_s: float | None
    seed: int
    faults: bool
    plain: bool


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--broker", metavar="HOST:PORT", help="publish to this MQTT broker, not to our own")
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="N", help="the process runs N times faster (default 1)"
    )
    parser.add_argument("--for", dest="for_", metavar="TIME", help='end by itself, such as "60 s"')
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number, another plant")
    parser.add_argument("--no-faults", action="store_true", help="nothing breaks unless you break it")
    parser.add_argument("--plain", action="store_true", help="write lines, also on a terminal")


def run(args: argparse.Namespace) -> int:
    """Run the demo to its end."""
    try:
        options = _options(args)
    except ValueError as error:
        print(f"edgetwin demo: {error}", file=sys.stderr)
        return USAGE
    print("edgetwin demo: a plant, a broker and a gateway start, which takes a few seconds", flush=True)
    try:
        asyncio.run(_Demo(options).run())
    except ExtraMissing as reason:
        print(f"edgetwin demo: {reason}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    except ConfigProblems as problems:  # the environment may set what this configuration does not
        print(problems, file=sys.stderr)
        return os.EX_CONFIG
    except asyncio.CancelledError:
        pass  # told to end before all had started: the outermost place there is, so nobody else needs to know
    finally:
        gc.freeze()  # looking through a whole OPC UA server for garbage takes half a second that nobody has
    return os.EX_OK


def _options(args: argparse.Namespace) -> Options:
    if not 0 < args.speed <= FASTEST:
        raise ValueError(f"--speed {args.speed:g}: expected a number above 0, at most {FASTEST:g}")
    try:
        for_s = None if args.for_ is None else typed_seconds(args.for_)
    except ValueError as error:
        raise ValueError(f"--for: {error}") from None
    return Options(
        broker=None if args.broker is None else _broker(args.broker),
        speed=args.speed,
        for_s=for_s,
        seed=args.seed,
        faults=not args.no_faults,
        plain=args.plain or not sys.stdout.isatty(),
    )


def _broker(text: str) -> Broker:
    """Read host:port, with or without mqtt:// in front."""
    try:
        place = endpoint(text if "://" in text else f"mqtt://{text}", {"mqtt": 1883})
    except ValueError:
        raise ValueError(f'--broker {text!r}: expected host:port, such as "localhost:1883"') from None
    return Broker(place.host, place.port)


class _Demo:
    """One run: the plant, the broker, the gateway between them, and what the user sees."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._ended = asyncio.Event()
        self._live = LivePlant(Plant(seed=options.seed, speed=options.speed), scheduled_faults=options.faults)

    async def run(self) -> None:
        async with AsyncExitStack() as stack:
            # Until all has started, an end cancels whatever is being started.
            _on_endings(_cancel(asyncio.current_task()))
            directory = Path(stack.enter_context(TemporaryDirectory(prefix="edgetwin-demo-")))
            logs.configure("error" if self._options.plain else "info", "human", self._log(stack, directory))
            broker = self._options.broker
            if broker is None:
                own = await stack.enter_async_context(OwnBroker())
                broker = Broker(own.host, own.port)
            await stack.enter_async_context(self._live)
            config = directory / "edgetwin.toml"
            config.write_text(
                demo_config(
                    self._live.mill.port,
                    self._live.feed.port,
                    *broker,
                    control=directory / SOCKET,
                )
            )
            gateway = Gateway(config, drain_s=DRAIN_S)
            gc.freeze()  # what is made by now lives to the end: no need to look through it again and again
            _on_endings(self._ended.set)
            await self._play(gateway, broker)

    def _log(self, stack: AsyncExitStack, directory: Path) -> TextIO:
        """Keep the log off the picture: in a file beside the configuration, while the demo lasts."""
        if self._options.plain:
            return sys.stderr
        return stack.enter_context((directory / "edgetwin.log").open("w", encoding="utf-8"))

    async def _play(self, gateway: Gateway, broker: Broker) -> None:
        if self._options.for_s is not None:
            asyncio.get_running_loop().call_later(self._options.for_s, self._ended.set)
        async with asyncio.TaskGroup() as group:
            plant = group.create_task(self._live.run(), name="plant")
            work = group.create_task(gateway.run(), name="gateway")
            await (self._write(gateway, broker) if self._options.plain else self._draw(gateway, broker))
            gateway.stop("the demo ends")
            await work
            plant.cancel()

    async def _draw(self, gateway: Gateway, broker: Broker) -> None:
        """Refresh the picture in place until the end."""
        with Terminal(sys.stdout) as terminal, keys(STDIN, self._press) as keyboard:
            while not self._ended.is_set():
                terminal.show(self._picture(gateway.view(), broker, keyboard=keyboard))
                await self._pause()

    def _picture(self, view: View, broker: Broker, *, keyboard: bool) -> str:
        columns, lines = shutil.get_terminal_size()
        colour = not os.environ.get("NO_COLOR")
        scheduled = self._live.scheduled_faults
        high = lines >= HIGH  # on a low terminal the signals need the room
        below = plant_lines(self._live.plant, scheduled=scheduled, colour=colour)[: lines // 4]
        if high:
            below.append(broker.subscription(view["uplink"]["topic"]))
        if keyboard:
            below += key_lines(columns, listed=high, scheduled=scheduled, colour=colour)
        return "\n".join([render(view, columns, lines - len(below), colour=colour), *below])

    async def _write(self, gateway: Gateway, broker: Broker) -> None:
        """Write one line for each transition until the end."""
        plant = self._live.plant
        self._line(f"subscribe with: {broker.subscription(gateway.view()['uplink']['topic'])}")
        faults, view = plant.faults, gateway.view()
        while not self._ended.is_set():
            now_faults, now_view = plant.faults, gateway.view()
            for line in (*plant_transitions(faults, now_faults), *gateway_transitions(view, now_view)):
                self._line(line)
            faults, view = now_faults, now_view
            await self._pause()

    def _line(self, text: str) -> None:
        try:
            print(f"{self._live.plant.now_s:6.1f} s  {text}", flush=True)
        except BrokenPipeError:  # `edgetwin demo | head` has seen enough
            self._ended.set()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), REFRESH_S)

    def _press(self, key: str) -> None:
        plant = self._live.plant
        if key == "q":
            self._ended.set()
        elif key == "m":
            plant.mend()
        elif key == "s":
            self._live.scheduled_faults = not self._live.scheduled_faults
        elif key in KEYS:
            target, kind = KEYS[key]
            if any((fault.target, fault.kind) == (target, kind) for fault in plant.faults):
                plant.mend(target)
            else:
                plant.break_(target, kind)


def _on_endings(then: Callable[[], object]) -> None:
    """Call this, and nothing before, when we are told to end."""
    for each in ENDINGS:
        asyncio.get_running_loop().add_signal_handler(each, then)


def _cancel(task: "asyncio.Task[object] | None") -> Callable[[], object]:
    if task is None:
        raise RuntimeError("the demo runs outside any task")
    return task.cancel
