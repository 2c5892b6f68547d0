"""[device.NAME] with connect = "opc.tcp://...": nodes of an OPC UA server."""

import base64
import re
from typing import Annotated, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, SecretStr, WithJsonSchema, model_validator

from edgetwin.config.branch import Flag, Number, Table, mistake
from edgetwin.config.device import DeviceConfig, SignalConfig
from edgetwin.config.names import Name
from edgetwin.config.url import Endpoint, endpoint

SCHEME = "opc.tcp"
_PORTS = {SCHEME: 4840}
_NODE = re.compile(r"(?:nsu=(?P<uri>[^;]+);|ns=(?P<index>[0-9]+);)?(?P<kind>[isgb])=(?P<id>.+)")
_NODE_HINT = (
    'write "nsu=urn:vendor:plc;s=CW.Temp" (best, it survives a restart), "ns=2;s=CW.Temp" or "i=2258"'
)


def _connect(text: object) -> object:
    endpoint(
        text,
        _PORTS,
        path=True,
        instead='write user = "..." below it, and the password in the environment',
    )
    return text


def node(text: object) -> str:
    """Check the id of a node."""
    match = _NODE.fullmatch(text) if isinstance(text, str) else None
    if not isinstance(text, str) or match is None:
        raise mistake(f'"{text}" is not the id of a node', _NODE_HINT)
    kind, identifier = match["kind"], match["id"]
    if kind == "i" and not (identifier.isascii() and identifier.isdecimal() and int(identifier) < 2**32):
        raise mistake(
            f'"{text}": after i= comes a number, and "{identifier}" is none',
            f"text has s= before it: s={identifier}",
        )
    if kind == "g":
        try:
            UUID(identifier)
        except ValueError:
            raise mistake(
                f'"{text}": after g= comes a GUID', "as in g=09087e75-8e5e-499b-954f-f2a9603db28a"
            ) from None
    if kind == "b" and not _is_base64(identifier):
        raise mistake(f'"{text}": after b= comes base64', "as in b=M/RbKBsRVkePCePcx24oRA==")
    if match["index"] and int(match["index"]) > 65_535:
        raise mistake(f'"{text}": there is no namespace {match["index"]}', "the highest is 65535")
    return text


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


Connect = Annotated[
    str,
    BeforeValidator(_connect),
    WithJsonSchema(
        {"type": "string", "pattern": "^opc\\.tcp://", "examples": ["opc.tcp://192.168.10.30:4840"]}
    ),
]
Node = Annotated[
    str,
    BeforeValidator(node),
    WithJsonSchema(
        {"type": "string", "pattern": "^(nsu=[^;]+;|ns=[0-9]+;)?[isgb]=.+$", "examples": ["ns=2;s=CW.Temp"]}
    ),
]


class OpcUaSignal(SignalConfig):
    """One node of the server."""

    node: Node = Field(description='The id of its node: "nsu=urn:vendor:plc;s=CW.Temp", "ns=2;i=5".')
    deadband: Number = Field(
        0.0,
        ge=0,
        description="The server stays silent about moves smaller than this, in the node's own unit; 0: none.",
    )
    text: Flag = Field(
        default=False, description="The node holds text (a recipe, a batch number) and not a number."
    )

    @model_validator(mode="after")
    def _text_is_not_measured(self) -> Self:
        if self.text and (self.range or self.names or self.deadband):
            raise mistake(
                "text has no range, no names and no deadband", "leave them out, or leave out text = true"
            )
        return self


class OpcUaDevice(DeviceConfig):
    """One OPC UA server."""

    connect: Connect = Field(description="Where it is: opc.tcp://host:port/path (port 4840 if left out).")
    user: str | None = Field(None, min_length=1, description="The user to log in as. Not given: anonymous.")
    password: SecretStr | None = Field(
        None,
        min_length=1,
        description="Never in this file: EDGETWIN_DEVICE__NAME__PASSWORD in the environment, "
        "or the systemd credential edgetwin_device__NAME__password.",
    )
    signals: Table[Name, OpcUaSignal] = Field(description="The signals of the device, by name.")

    @property
    def endpoint(self) -> Endpoint:
        """The address, taken apart."""
        return endpoint(self.connect, _PORTS, path=True)

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return self.connect

    @model_validator(mode="after")
    def _a_password_needs_a_user(self) -> Self:
        if self.password and not self.user:
            raise mistake("there is a password but no user", 'add user = "..." to the device')
        return self
