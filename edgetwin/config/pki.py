"""[pki]: where the gateway keeps its own certificate and those that it trusts."""

from pathlib import Path

from pydantic import Field

from edgetwin.config.branch import Branch
from edgetwin.config.files import AbsolutePath

DIRECTORY = Path("/var/lib/edgetwin/pki")  # in the state directory of the service


class Pki(Branch):
    """[pki]: certificates for OPC UA. `edgetwin pki` looks after them."""

    directory: AbsolutePath = Field(
        DIRECTORY, description="Where the gateway's own certificate and those it trusts are kept."
    )
