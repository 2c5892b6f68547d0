"""What it means when nobody answers where a device should be. Pure; connects to nothing."""

import errno
import socket

from edgetwin.config.url import Endpoint
from edgetwin.field.driver import DeviceDown


def unreachable(endpoint: Endpoint, error: Exception) -> DeviceDown:
    """Say in a technician's words why no connection could be made."""
    host, port = endpoint.host, endpoint.port
    if isinstance(error, TimeoutError):
        return DeviceDown(
            f"no answer from {host}",
            "is the device switched on, is the cable in, is the address right, does a firewall stand in between?",
        )
    if isinstance(error, socket.gaierror):
        return DeviceDown(
            f"the name {host} is not known",
            "is it spelled right? With an IP address no name server is needed",
        )
    # Where a name has several addresses, asyncio joins their errors into one text without a number.
    if isinstance(error, ConnectionRefusedError) or f"Errno {errno.ECONNREFUSED}]" in str(error):
        return DeviceDown(
            f"connection refused by {host} port {port}",
            f"the host is there and nothing listens: is the port right (usual is {endpoint.usual_port}), "
            "is the server in the device switched on?",
        )
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EPERM):
        return DeviceDown(
            f"no way to {host}",
            "is the gateway in the same network, is the device switched on, is a route missing, "
            "is its network one that IPAddressAllow in edgetwin.service lets it talk to?",
        )
    if isinstance(error, ConnectionResetError):
        return DeviceDown(
            f"{host} port {port} hangs up at once",
            f"is the port right (usual is {endpoint.usual_port}), does the device serve one more client?",
        )
    return DeviceDown(f"cannot connect to {host} port {port}: {getattr(error, 'strerror', None) or error}")
