"""Certificates for people and for programs: one in all that matters, all in a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.config.tree import Config
from edgetwin.field.pki.certificate import Certificate, NotACertificate, names_host, read
from edgetwin.field.pki.expiry import threshold, words
from edgetwin.field.pki.folder import Entry, PkiFolder, Shelf

_DIGITS = 16  # of a thumbprint in the table: enough to tell certificates apart, and for every order
_HEADS = ("WHERE", "NAME", "THUMBPRINT", "VALID UNTIL", "", "DEVICE")


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate in the table: as cells, and as data."""

    cells: Sequence[str]
    data: dict[str, Any]


def details(certificate: Certificate, now: datetime) -> Iterator[str]:
    """Write what matters of one certificate."""
    yield f"certificate  {certificate.name}"
    yield f"             {certificate.uri or 'no application URI in it'}"
    yield f"for          {', '.join(certificate.hosts) or 'no host'}"
    yield f"thumbprint   {certificate.thumbprint}"
    yield f"SHA-256      {certificate.sha256}"
    left = words(certificate.days_left(now))
    yield f"valid        {certificate.since:%Y-%m-%d} to {certificate.until:%Y-%m-%d}: {left}"
    yield f"signed by    {'itself' if certificate.self_signed else certificate.issuer}"
    kind = f"RSA, {certificate.rsa_bits} bits" if certificate.rsa_bits else "not RSA, so not for OPC UA"
    yield f"key          {kind}{'; an authority' if certificate.is_authority else ''}"


def as_data(certificate: Certificate, now: datetime) -> dict[str, Any]:
    """Give the same for programs."""
    return {
        "name": certificate.name,
        "uri": certificate.uri,
        "hosts": certificate.hosts,
        "thumbprint": certificate.thumbprint,
        "sha256": certificate.sha256,
        "valid_from": certificate.since.isoformat(),
        "valid_until": certificate.until.isoformat(),
        "days_left": certificate.days_left(now),
        "issuer": certificate.issuer,
        "self_signed": certificate.self_signed,
        "authority": certificate.is_authority,
        "rsa_bits": certificate.rsa_bits,
    }


def rows(folder: PkiFolder, config: Config | None, now: datetime) -> list[Row]:
    """List the folder, and the certificates that the configuration names beside it."""
    found: list[Row] = []
    if folder.own_certificate.exists():
        own = folder.own().certificate
        found.append(_row("own", Entry(folder.own_certificate, own), _secured(config), now))
    for shelf in Shelf:
        for entry in folder.entries(shelf):
            devices = users(entry.certificate, config) if entry.certificate else []
            found.append(_row(shelf, entry, devices, now))
    for name, device in _opcua(config).items():
        for where, file in (("user_cert", device.user_cert), ("server_cert", device.server_cert)):
            if file is not None:
                try:
                    entry = Entry(file, read(file.read_bytes()))
                except NotACertificate as error:
                    entry = Entry(file, None, str(error))
                found.append(_row(where, entry, [name], now))
    return found


def table(found: Sequence[Row]) -> Iterator[str]:
    """Write the rows for a terminal."""
    lines = [_HEADS, *(row.cells for row in found)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def users(certificate: Certificate, config: Config | None) -> list[str]:
    """Name the devices whose address a certificate is made out for."""
    return [
        name
        for name, device in _opcua(config).items()
        if device.secured and names_host(certificate, device.endpoint.host)
    ]


def _secured(config: Config | None) -> list[str]:
    return [name for name, device in _opcua(config).items() if device.secured]


def _opcua(config: Config | None) -> dict[str, OpcUaDevice]:
    devices = config.device.items() if config else ()
    return {name: device for name, device in devices if isinstance(device, OpcUaDevice)}


def _row(where: str, entry: Entry, devices: list[str], now: datetime) -> Row:
    data: dict[str, Any] = {"where": where, "file": str(entry.file), "devices": devices}
    certificate = entry.certificate
    if certificate is None:
        return Row((where, entry.file.name, "", "", entry.problem, ""), data | {"problem": entry.problem})
    days_left = certificate.days_left(now)
    soon = "!" if threshold(days_left) is not None else ""
    cells = (
        where,
        certificate.name,
        certificate.thumbprint[:_DIGITS],
        f"{certificate.until:%Y-%m-%d}",
        f"{words(days_left)}{soon}",
        ", ".join(devices),
    )
    return Row(cells, data | as_data(certificate, now))
