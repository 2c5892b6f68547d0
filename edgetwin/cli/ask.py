"""Asks the gateway that runs on this machine, through its control socket. For every verb that needs one.

It waits as long as it is told and no longer, and says what the user can do when there is no answer.
"""

import os
import socket
from collections.abc import Generator, Mapping
from pathlib import Path

import orjson

from edgetwin.control import View
from edgetwin.control_socket import SOCKET, runtime_directories


class NoAnswer(Exception):  # noqa: N818 - a state of the machine, said to the user
    """The gateway cannot be asked. The message says what to do."""


def find_socket(environ: Mapping[str, str] = os.environ) -> Path:
    """Say where a gateway on this machine is likely to listen: the first place that has a socket."""
    places = [*runtime_directories(environ), Path("/run/edgetwin")]
    paths = [place / SOCKET for place in places]
    return next((path for path in paths if os.access(path.parent, os.X_OK) and path.exists()), paths[0])


def ask(path: Path, request: Mapping[str, object], patience_s: float = 10.0) -> Generator[View, None, None]:
    """Put a request to the gateway and yield its answers, until it ends the talk or the caller does.

    Raises NoAnswer, with words for the user, when there is no gateway, when it may not be asked, when it is
    silent for longer than `patience_s`, or when it calls the request wrong.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(patience_s)
        try:
            link.connect(os.fspath(path))
            link.sendall(orjson.dumps(request) + b"\n")
        except (FileNotFoundError, ConnectionError):
            raise NoAnswer(
                f"no gateway answers on {path}; start one with `edgetwin run --config FILE`, or say where it "
                "listens with --socket PATH"
            ) from None
        except PermissionError:
            raise NoAnswer(f"{path} belongs to another user; ask as that user, or as root") from None
        except (TimeoutError, BlockingIOError):
            raise NoAnswer(f"the gateway on {path} does not answer") from None
        except OSError as error:
            raise NoAnswer(f"{path} cannot be asked: {error.strerror or error}") from None
        with link.makefile("rb") as lines:
            try:
                for line in lines:
                    yield _checked(line, path)
            except TimeoutError:
                raise NoAnswer(f"the gateway on {path} has said nothing for {patience_s:g} s") from None
            except ConnectionError:
                return


def _checked(line: bytes, path: Path) -> View:
    try:
        answer: View = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise NoAnswer(f"it is no gateway that answers on {path}") from None
    if (complaint := answer.get("error")) is not None:
        raise NoAnswer(f"the gateway refuses: {complaint}")
    return answer
