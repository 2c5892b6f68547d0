"""Look after the certificates of the gateway and of the OPC UA servers that it trusts.

  edgetwin pki init                             make the gateway's own certificate, once
  edgetwin pki list                             what there is, and how long it is valid
  edgetwin pki show opc.tcp://192.168.10.30     who a server says it is, and which security it offers
  edgetwin pki trust opc.tcp://192.168.10.30    trust it, after its thumbprint was compared
  edgetwin pki trust 3F2A81C0                   trust one that was rejected, by the start of its thumbprint
  edgetwin pki trust ca.der --issuer            trust all servers for which this authority vouches
  edgetwin pki distrust 3F2A81C0                trust it no more

A connection with security is made in both directions: here the server is trusted, and in the server the gateway's own
certificate, own/cert.der. A server that nobody has trusted is turned away before any password is sent; its
certificate is kept among the rejected. A running gateway connects within half a minute to a server that is trusted
now; from one that is trusted no more it parts when the connection is lost, or at a restart.

The folder is /var/lib/edgetwin/pki, or the one that [pki] names in the file after --config, or --directory. It belongs
to the user of the service, so on a gateway this is done as root (sudo); what is made gets the owner of the folder.

A thumbprint is the SHA-1 of a certificate, as all OPC UA tools show it. Whoever trusts a server by its address trusts
whoever answers there just then: compare. Lists of revoked certificates are not looked at.

Exit codes: 0 done, 1 not trusted after all, 2 a wrong option, 66 there is no such certificate, 69 the server does not
answer, 73 the folder cannot be used, or there is a certificate already, 78 the configuration is wrong.
"""

import argparse
import asyncio
import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic_core import PydanticCustomError

from edgetwin.cli import USAGE
from edgetwin.cli.complaint import complain
from edgetwin.cli.pki_own import machine, new_certificate
from edgetwin.cli.pki_report import as_data, details, rows, table, users
from edgetwin.config.load import load
from edgetwin.config.opcua import PORTS
from edgetwin.config.pki import DIRECTORY
from edgetwin.config.problems import ConfigProblems
from edgetwin.config.tree import Config
from edgetwin.config.url import endpoint
from edgetwin.field.driver import DeviceDown
from edgetwin.field.pki.certificate import Certificate, NotACertificate, read
from edgetwin.field.pki.folder import PkiFolder, PkiProblem, Shelf
from edgetwin.field.pki.make import BITS, YEARS

NOT_TRUSTED = 1
_SHORTEST = 8  # digits of a thumbprint


class NotFound(Exception):  # noqa: N818 - told to the user, not a programming error
    """There is no certificate by that name, or more than one."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes."""
    place = argparse.ArgumentParser(add_help=False)
    where = place.add_mutually_exclusive_group()
    where.add_argument("--config", type=Path, metavar="FILE", help="the configuration of the gateway")
    where.add_argument("--directory", type=Path, metavar="DIR", help="the folder of certificates")
    orders = parser.add_subparsers(dest="order", required=True, metavar="ORDER")

    init = orders.add_parser("init", parents=[place], help="make the gateway's own certificate")
    init.add_argument("--renew", action="store_true", help="replace the one that is there")
    init.add_argument(
        "--host", action="append", metavar="NAME", help="name or address of this machine; may be repeated"
    )
    init.add_argument(
        "--years", type=int, default=YEARS, choices=range(1, 31), metavar="N", help="valid so long (5)"
    )
    init.add_argument("--bits", type=int, default=BITS[0], choices=BITS, help="length of the key (2048)")

    for name, help_text in (("list", "list all certificates"), ("show", "show one certificate, or a server")):
        order = orders.add_parser(name, parents=[place], help=help_text)
        order.add_argument("--json", action="store_true", help="answer in JSON")
        if name == "show":
            order.add_argument("which", type=_which, metavar="THUMBPRINT|FILE|URL")

    trust = orders.add_parser("trust", parents=[place], help="trust a server")
    trust.add_argument("which", type=_which, metavar="URL|FILE|THUMBPRINT")
    trust.add_argument("--yes", action="store_true", help="do not ask: the thumbprint was compared before")
    trust.add_argument("--issuer", action="store_true", help="it is an authority: trust whom it vouches for")
    distrust = orders.add_parser("distrust", parents=[place], help="trust a certificate no more")
    distrust.add_argument("which", metavar="THUMBPRINT|FILE")


def run(args: argparse.Namespace) -> int:
    """Do one of the orders."""
    orders = {"init": _init, "list": _list, "show": _show, "trust": _trust, "distrust": _distrust}
    try:
        config = load(args.config) if args.config else None
        folder = PkiFolder(config.pki.directory if config else args.directory or DIRECTORY)
        return orders[args.order](args, folder, config)
    except ConfigProblems as problems:
        print(problems, file=sys.stderr)
        return os.EX_CONFIG
    except NotFound as missing:
        return complain("pki", str(missing), os.EX_NOINPUT)
    except DeviceDown as down:
        return complain("pki", down.in_words, os.EX_UNAVAILABLE)
    except PkiProblem as problem:
        return complain("pki", str(problem), os.EX_CANTCREAT)


def _init(args: argparse.Namespace, folder: PkiFolder, config: Config | None) -> int:
    there = folder.own_certificate.exists() or folder.own_key.exists()
    if there and not args.renew:
        raise PkiProblem(
            f"there is a certificate already: {folder.own_certificate}",
            "a new one has to be trusted anew in every server; if that is meant, add --renew",
        )
    made = new_certificate(
        config.gateway if config else None, args.host or machine(), _now(), years=args.years, bits=args.bits
    )
    folder.save_own(made)
    print("\n".join(details(read(made.certificate), _now())))
    print(
        f"\nTrust it in every server that the gateway reads. The file to give to it:\n  {folder.own_certificate}"
    )
    return 0


def _list(args: argparse.Namespace, folder: PkiFolder, config: Config | None) -> int:
    found = rows(folder, config, _now())
    if args.json:
        print(json.dumps([row.data for row in found], indent=2))
    else:
        print("\n".join(table(found)) if found else f"there is nothing in {folder.directory}")
    return 0


def _show(args: argparse.Namespace, folder: PkiFolder, config: Config | None) -> int:
    if _is_url(args.which):
        return _show_server(args, folder)
    certificate = _find(args.which, folder)
    if args.json:
        data = as_data(certificate, _now()) | {"devices": users(certificate, config)}
        print(json.dumps(data, indent=2))
    else:
        print("\n".join(details(certificate, _now())))
    return 0


def _show_server(args: argparse.Namespace, folder: PkiFolder) -> int:
    from edgetwin.field.opcua.discovery import discover  # noqa: PLC0415 - asyncua costs, so only where it is needed

    server = asyncio.run(discover(args.which))
    shown = server.chain[0] if server.chain else None
    trusted = None
    with suppress(PkiProblem):  # on a laptop there is no folder, and on a gateway only root may look into it
        trusted = shown in folder.certificates(Shelf.TRUSTED)
    if args.json:
        data = {
            "name": server.name,
            "uri": server.uri,
            "security": server.securities,
            "login": server.logins,
            "certificate": as_data(shown, _now()) if shown else None,
            "trusted": trusted,
        }
        print(json.dumps(data, indent=2))
        return 0
    print(f"server       {server.name}\n             {server.uri}")
    print(f"security     {', '.join(server.securities)}")
    print(f"login        {', '.join(server.logins)}")
    print(
        "\n".join(details(shown, _now()))
        if shown
        else "certificate  none: it can only be read with security None"
    )
    if shown and trusted is not None:
        way = f"no; compare the thumbprint, then: {folder.command(f'trust {args.which}')}"
        print(f"trusted      {'yes' if trusted else way}")
    return 0


def _trust(args: argparse.Namespace, folder: PkiFolder, _config: Config | None) -> int:
    shelf = Shelf.ISSUERS if args.issuer else Shelf.TRUSTED
    certificate = _fetch(args.which) if _is_url(args.which) else _find(args.which, folder)
    if args.issuer and not certificate.is_authority:
        return complain("pki", "this is not the certificate of an authority; leave out --issuer", USAGE)
    if certificate in folder.certificates(shelf):
        print(f"{certificate.name} is trusted already ({certificate.thumbprint})")
        return 0
    print("\n".join(details(certificate, _now())))
    if not args.yes:
        if not sys.stdin.isatty():
            return complain(
                "pki", "there is no terminal to ask at; compare the thumbprint, then add --yes", USAGE
            )
        whom = "all servers for which this authority vouches" if args.issuer else "this server"
        if input(f"\nIs that the thumbprint it should have? Trust {whom}? [y/N] ").strip().lower() not in {
            "y",
            "yes",
        }:
            print("not trusted")
            return NOT_TRUSTED
    file = folder.add(shelf, certificate)
    folder.remove(Shelf.REJECTED, certificate)
    print(f"\ntrusted: {file}")
    for each in folder.certificates(shelf):
        if each != certificate and each.uri and each.uri == certificate.uri:
            print(
                f"the one before is still trusted; to end that: {folder.command(f'distrust {each.thumbprint}')}"
            )
    return 0


def _distrust(args: argparse.Namespace, folder: PkiFolder, _config: Config | None) -> int:
    certificate = _find(args.which, folder)
    removed = [folder.remove(shelf, certificate) for shelf in (Shelf.TRUSTED, Shelf.ISSUERS)]
    if any(removed):
        print(
            f"{certificate.name} is trusted no more. A connection that stands is not cut: restart the gateway"
        )
    else:
        print(f"{certificate.name} was not trusted")
    return 0


def _which(text: str) -> str:
    """Check an address, if it is one, before anything is done."""
    if _is_url(text):
        try:
            endpoint(text, PORTS, path=True)
        except PydanticCustomError as error:
            raise argparse.ArgumentTypeError(error.message()) from None
    return text


def _is_url(which: str) -> bool:
    return which.startswith("opc.tcp://")


def _fetch(url: str) -> Certificate:
    from edgetwin.field.opcua.discovery import discover  # noqa: PLC0415 - as above

    server = asyncio.run(discover(url))
    if not server.chain:
        raise NotFound(
            f"{url} has no certificate: make one in the server, or it can only be read with security None"
        )
    return server.chain[0]


def _find(which: str, folder: PkiFolder) -> Certificate:
    """Find a certificate by the name of its file, or by the start of its thumbprint."""
    digits = which.replace(":", "").replace(" ", "").upper()
    if len(digits) >= _SHORTEST and not digits.strip("0123456789ABCDEF"):
        kept = [each for shelf in Shelf for each in folder.certificates(shelf)]
        if folder.own_certificate.exists():
            kept.append(folder.own().certificate)
        found = {each.thumbprint: each for each in kept if each.thumbprint.startswith(digits)}
        if len(found) > 1:
            raise NotFound(f"{len(found)} thumbprints begin with {which}; give more digits")
        if found:
            return next(iter(found.values()))
        raise NotFound(
            f"no certificate in {folder.directory} has the thumbprint {which}; see: {folder.command('list')}"
        )
    try:
        return read(Path(which).read_bytes())
    except NotACertificate as error:
        raise NotFound(f"{which}: {error}") from None
    except OSError as error:
        raise NotFound(
            f"{which}: {error.strerror}; expected an address (opc.tcp://...), a file, "
            f"or at least {_SHORTEST} digits of a thumbprint"
        ) from None


def _now() -> datetime:
    return datetime.now(UTC)
