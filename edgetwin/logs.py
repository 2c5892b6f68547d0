"""What the machine's own log gets to read: one pipeline for our events and those of the libraries.

On a terminal: colour, aligned, with the time. Otherwise one line of JSON per event, with the priority that
journald understands in front and no time, for journald has its own. No secret ever comes through, whatever a
caller or a library hands over, and a log that nobody reads any more never stops the gateway.
"""

import json
import logging
import math
import re
import sys
from collections.abc import Mapping
from typing import TextIO

import structlog
from pydantic import SecretBytes, SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

from edgetwin.config.gateway import Format, Level

HIDDEN = "***"

# Libraries speak of every message they exchange; we tell transitions ourselves.
LIBRARY_LEVELS = {
    "amqtt": logging.WARNING,
    "asyncio": logging.WARNING,
    "asyncua": logging.WARNING,
    "paho": logging.WARNING,
    "pymodbus": logging.CRITICAL,  # dumps kilobytes of trace for one broken frame
    "pymodbus.logging": logging.CRITICAL,  # sets its own level when it is imported
    "transitions": logging.WARNING,
}

# syslog(3), as journald reads it from a leading <N>
PRIORITY = {"critical": 2, "error": 3, "exception": 3, "warning": 4, "info": 6, "debug": 7}

_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|token|credential|authorization|(?:^|[^a-z])(?:pwd|api_?key|key)$|private_?key$",
    re.IGNORECASE,
)
# user:password@ of a URL. Up to the last @ of the word: whoever leaves an @ unescaped has a secret too.
_URL_PASSWORD = re.compile(r"(://[^\s/:@]*:)\S+(?=@)")
# password=..., token=... and 'password': '...' inside the text of a library or of an exception
_SPELT_OUT = re.compile(
    r"""((?:passw\w*|passphrase|secret|token|api_?key|signature|\bsig)(?:=|['"]\s*:\s*)['"]?)[^\s'"&,;)]+""",
    re.IGNORECASE,
)
_DEEPEST = 6  # nobody logs deeper than this; what refers to itself ends here


def configure(level: Level = "info", format: Format = "auto", stream: TextIO | None = None) -> None:  # noqa: A002 - the word of the configuration
    """Send every event, ours and the libraries', to `stream` (standard error). May be called again to change."""
    stream = sys.stderr if stream is None else stream
    human = format == "human" or (format == "auto" and _is_terminal(stream))
    minimum = logging.getLevelNamesMapping()[level.upper()]

    common: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.format_exc_info,  # as text: a traceback that shows variables shows secrets
    ]
    handler: logging.Handler = _Stream(stream) if stream else logging.NullHandler()
    handler.set_name("edgetwin")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                *(_for_people(stream) if human else [_for_journald]),
            ],
        )
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == "edgetwin"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(minimum)
    for name, quietest in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(max(minimum, quietest))
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(minimum),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide what is secret by its type, by its name or by its place in a URL; leave only plain values."""
    return {name: _without_secrets(value, name) for name, value in event.items()}


def _without_secrets(value: object, name: str = "", depth: int = 0) -> object:
    nothing = value is None or isinstance(value, bool)  # that there is no password is no secret
    if isinstance(value, SecretStr | SecretBytes) or (_SECRET_NAME.search(name) and not nothing):
        return HIDDEN
    if nothing or isinstance(value, int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {str(key): _without_secrets(each, str(key), depth + 1) for key, each in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(each, depth=depth + 1) for each in value]
    # An exception may have nothing but its name.
    text = value if isinstance(value, str) else str(value) or repr(value)
    return _SPELT_OUT.sub(rf"\1{HIDDEN}", _URL_PASSWORD.sub(rf"\1{HIDDEN}", text))


def _for_people(stream: TextIO | None) -> list[Processor]:
    return [
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(
            colors=_is_terminal(stream),
            sort_keys=False,
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _for_journald(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Write one line: <priority>{"event": ..., "level": ..., ...}."""
    first = {name: event.pop(name, "") for name in ("event", "level")}
    return f"<{PRIORITY.get(first['level'], 6)}>{json.dumps({**first, **event}, ensure_ascii=False)}"


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


class _Stream(logging.StreamHandler[TextIO]):
    """Writes to a stream that may go away: a closed terminal, a full disk, a dead reader."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Give up the line when the stream is gone; any other error is a bug, and is shown."""
        if self.stream.closed or isinstance(sys.exc_info()[1], OSError):
            return
        super().handleError(record)
