"""Opens the way to a broker: name, TCP and TLS handshake, all of which block, in a thread beside the event loop.

The thread is our own and a daemon. A resolver that hangs can not be interrupted; a thread of the loop's pool would
have to be waited for at exit, this one does not hold anything up. Who stops waiting leaves nothing behind: a socket
that comes too late is closed.
"""

import asyncio
import contextlib
import socket
import ssl
import threading

from edgetwin.config.mqtt import Mqtt
from edgetwin.core.errors import ConfigError
from edgetwin.uplink.broker import Broker, unreachable

CONNECT_S = 5.0  # for each address of the name, and for each step of the TLS handshake
DEADLINE_S = 15.0  # for all of it


def tls_context(mqtt: Mqtt) -> ssl.SSLContext:
    """Make the TLS settings; every file that cannot be used is a mistake in the configuration."""
    try:
        context = ssl.create_default_context(cafile=mqtt.ca_file)
    except (OSError, ssl.SSLError) as problem:
        raise ConfigError(("mqtt", "ca_file"), f"cannot use {mqtt.ca_file}: {_words(problem)}") from problem
    # From Python 3.13 on certificates must also name the key that signed them, which those of many plants do not.
    # Chain, name and dates are checked all the same.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if mqtt.cert_file:
        try:
            # An encrypted key must fail here; without a password function OpenSSL would ask on the terminal.
            context.load_cert_chain(mqtt.cert_file, mqtt.key_file, password=lambda: "")
        except (OSError, ssl.SSLError) as problem:
            where = f"{mqtt.cert_file} with the key {mqtt.key_file or 'in it'}"
            raise ConfigError(("mqtt", "cert_file"), f"cannot use {where}: {_words(problem)}") from problem
    return context


def _words(problem: OSError) -> str:
    if isinstance(problem, ssl.SSLError):
        return getattr(problem, "reason", None) or "it is no PEM file"
    return problem.strerror or str(problem)


async def dial(
    broker: Broker, context: ssl.SSLContext | None, deadline_s: float = DEADLINE_S
) -> socket.socket:
    """Open a connected socket, with its TLS handshake done, or raise BrokerDown."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[socket.socket] = loop.create_future()

    def deliver(way: socket.socket | Exception) -> None:
        if isinstance(way, socket.socket):
            way.close() if arrived.done() else arrived.set_result(way)
        elif not arrived.done():
            arrived.set_exception(way)

    def work() -> None:
        try:
            way: socket.socket | Exception = _open(broker, context)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is raised in the task that waits
            way = problem
        try:
            loop.call_soon_threadsafe(deliver, way)
        except RuntimeError:  # the loop has ended meanwhile, and nobody waits
            if isinstance(way, socket.socket):
                way.close()

    threading.Thread(target=work, name=f"dial {broker}", daemon=True).start()
    try:
        async with asyncio.timeout(deadline_s):
            return await _claim(arrived)
    except OSError as error:  # a TimeoutError is one
        raise unreachable(error) from error


async def _claim(arrived: "asyncio.Future[socket.socket]") -> socket.socket:
    try:
        return await arrived
    except asyncio.CancelledError:
        # It may have arrived in the same turn of the loop in which we were cancelled.
        if not arrived.cancelled() and arrived.exception() is None:
            arrived.result().close()
        raise


def _open(broker: Broker, context: ssl.SSLContext | None) -> socket.socket:
    try:
        way = socket.create_connection((broker.host, broker.port), timeout=CONNECT_S)
    except UnicodeError as problem:  # a label too long for DNS
        raise socket.gaierror(str(problem)) from problem
    try:
        # Without this a burst of small messages waits for the other side's delayed acknowledgement, some 40 ms.
        way.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            way = context.wrap_socket(way, server_hostname=broker.host, do_handshake_on_connect=False)
            way.settimeout(CONNECT_S)
            way.do_handshake()
    except BaseException:
        with contextlib.suppress(OSError):
            way.close()
        raise
    return way
