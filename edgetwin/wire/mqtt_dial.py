"""Opens the way to a broker: name, TCP and TLS handshake, all of which block, in a thread beside the event loop.

The thread is our own and a daemon. A resolver that hangs can not be interrupted; a thread of the loop's pool would
have to be waited for at exit, this one does not hold anything up. Who stops waiting leaves nothing behind: a socket
that comes too late is closed. What an OSError means to a technician is said by the room that dials.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from pathlib import Path

STEP_S = 5.0  # for each address of the name, and for each step of the TLS handshake


class TlsFileError(Exception):
    """A file for TLS cannot be used; `key` is what it is called in the configuration."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def tls_context(ca_file: Path | None, cert_file: Path | None, key_file: Path | None) -> ssl.SSLContext:
    """Make the TLS settings, or raise TlsFileError."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as problem:
        raise TlsFileError("ca_file", f"cannot use {ca_file}: {_words(problem)}") from problem
    # From Python 3.13 on certificates must also name the key that signed them, which those of many plants do not.
    # Chain, name and dates are checked all the same.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if cert_file:
        try:
            # An encrypted key must fail here; without a password function OpenSSL would ask on the terminal.
            context.load_cert_chain(cert_file, key_file, password=lambda: "")
        except (OSError, ssl.SSLError) as problem:
            where = f"{cert_file} with the key {key_file or 'in it'}"
            raise TlsFileError("cert_file", f"cannot use {where}: {_words(problem)}") from problem
    return context


def _words(problem: OSError) -> str:
    if isinstance(problem, ssl.SSLError):
        return getattr(problem, "reason", None) or "it is no PEM file"
    return problem.strerror or str(problem)


async def dial(host: str, port: int, context: ssl.SSLContext | None, deadline_s: float) -> socket.socket:
    """Open a connected socket, with its TLS handshake done, or raise OSError (a TimeoutError is one)."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[socket.socket] = loop.create_future()

    def deliver(way: socket.socket | Exception) -> None:
        if isinstance(way, socket.socket):
            way.close() if arrived.done() else arrived.set_result(way)
        elif not arrived.done():
            arrived.set_exception(way)

    def work() -> None:
        try:
            way: socket.socket | Exception = _open(host, port, context, min(STEP_S, deadline_s))
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is raised in the task that waits
            way = problem
        try:
            loop.call_soon_threadsafe(deliver, way)
        except RuntimeError:  # the loop has ended meanwhile, and nobody waits
            if isinstance(way, socket.socket):
                way.close()

    name = f"dial {'mqtt' if context is None else 'mqtts'}://{host}:{port}"
    threading.Thread(target=work, name=name, daemon=True).start()
    async with asyncio.timeout(deadline_s):
        return await _claim(arrived)


async def _claim(arrived: "asyncio.Future[socket.socket]") -> socket.socket:
    try:
        return await arrived
    except asyncio.CancelledError:
        # It may have arrived in the same turn of the loop in which we were cancelled.
        if not arrived.cancelled() and arrived.exception() is None:
            arrived.result().close()
        raise


def _open(host: str, port: int, context: ssl.SSLContext | None, step_s: float) -> socket.socket:
    try:
        way = socket.create_connection((host, port), timeout=step_s)
    except UnicodeError as problem:  # a label too long for DNS
        raise socket.gaierror(str(problem)) from problem
    try:
        # Without this a burst of small messages waits for the other side's delayed acknowledgement, some 40 ms.
        way.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            way = context.wrap_socket(way, server_hostname=host, do_handshake_on_connect=False)
            way.settimeout(step_s)
            way.do_handshake()
    except BaseException:
        with contextlib.suppress(OSError):
            way.close()
        raise
    return way
