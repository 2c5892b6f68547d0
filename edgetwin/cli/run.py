"""Run the gateway: read the devices, correct and judge every signal, publish, until SIGTERM or Ctrl-C.

SIGHUP reads the configuration again; one that is wrong is refused, and the gateway goes on as it was.
`edgetwin watch` in another terminal shows what it knows.

Exit codes: 0 stopped as asked, 70 a bug (see the log), 73 the control socket cannot be made, 75 another gateway
is running here, 78 the configuration is wrong.
"""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from edgetwin import logs
from edgetwin.config.problems import ConfigProblems
from edgetwin.config.tree import Config
from edgetwin.control_socket import AlreadyRunning, NoSocket
from edgetwin.daemon import Gateway
from edgetwin.notify import Notify

log = structlog.get_logger()


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the configuration")


def run(args: argparse.Namespace) -> int:
    """Run one gateway to its end."""
    try:
        gateway = Gateway(args.config, notify=Notify.from_environment(), accepted=_configure_logs)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(gateway))
    except ConfigProblems as problems:
        _say(str(problems))
        return os.EX_CONFIG
    except AlreadyRunning as reason:
        _say(f"edgetwin run: {reason}")
        return os.EX_TEMPFAIL
    except NoSocket as reason:
        _say(f"edgetwin run: {reason}")
        return os.EX_CANTCREAT
    except Exception:  # the last place where a bug can still be written down
        log.critical("the gateway crashed", exc_info=True)
        return os.EX_SOFTWARE
    return os.EX_OK


def _say(message: str) -> None:
    """Say why nothing was started. There is no log yet; the journal of the machine takes the priority from a prefix."""
    error = "<3>" if "JOURNAL_STREAM" in os.environ else ""
    for line in message.splitlines():
        print(f"{error}{line}", file=sys.stderr)


async def _serve(gateway: Gateway) -> None:
    """Let the operating system's signals reach the gateway."""
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, gateway.stop, each.name)
    loop.add_signal_handler(signal.SIGHUP, gateway.reload)
    # What is imported and built by now lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    await gateway.run()


def _configure_logs(config: Config) -> None:
    logs.configure(config.log.level, config.log.format)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Use the faster loop where it exists."""
    if sys.platform != "linux":
        return None
    import uvloop  # noqa: PLC0415 - is installed on Linux only

    return uvloop.new_event_loop
