"""What `check` says of the security of an OPC UA device: what is protected, and what is still to be done."""

from collections.abc import Iterator
from datetime import datetime

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.field.pki.certificate import Certificate, NotACertificate, names_host, read
from edgetwin.field.pki.expiry import threshold, words
from edgetwin.field.pki.folder import PkiFolder, PkiProblem, Shelf, identity


def notes(device: OpcUaDevice, folder: PkiFolder, now: datetime) -> Iterator[str]:
    """Say it, a line each."""
    if not device.secured:
        yield "not encrypted, and nothing proves which server it is: security is None"
        if device.password:
            yield f"the password of {device.user} goes to whoever answers at that address"
        return
    login = f"user {device.user}" if device.user else "certificate" if device.user_cert else "anonymous"
    yield f"{device.security}, login: {login}"
    if device.user and not device.password:
        yield f"no password is given here for {device.user}"
    try:
        yield from _expiring(device, folder, now)
        trusting = any(folder.certificates(shelf) for shelf in (Shelf.TRUSTED, Shelf.ISSUERS))
        if not trusting and not device.server_cert:
            yield f"no server is trusted yet: {folder.command(f'trust {device.connect}')}"
    except PkiProblem as problem:
        yield str(problem)


def _expiring(device: OpcUaDevice, folder: PkiFolder, now: datetime) -> Iterator[str]:
    for whose, certificate in _certificates(device, folder):
        days_left = certificate.days_left(now)
        if threshold(days_left) is not None:
            yield f"the certificate of {whose}, {certificate.name}, {words(days_left)}"


def _certificates(device: OpcUaDevice, folder: PkiFolder) -> Iterator[tuple[str, Certificate]]:
    yield "the gateway", folder.own().certificate
    if device.user_cert and device.user_key:
        yield "the user", identity(device.user_cert, device.user_key).certificate
    if device.server_cert:
        try:
            yield "the server", read(device.server_cert.read_bytes())
        except NotACertificate as error:
            raise PkiProblem(f"{device.server_cert}: {error}", "") from None
        return
    for certificate in folder.certificates(Shelf.TRUSTED):
        if names_host(certificate, device.endpoint.host):
            yield "the server", certificate
