"""[device.NAME] with connect = "opc.tcp://...": nodes of an OPC UA server."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from edgetwin.config.branch import Flag, Table, Whole, mistake
from edgetwin.config.device import SignalConfig
from edgetwin.config.names import Name
from edgetwin.config.opcua_access import OpcUaAccess
from edgetwin.config.opcua_nodes import BrowsePath, Deadband, DeadbandSize, Element, FieldPath, NodeId
from edgetwin.config.units import Duration, seconds, written
from edgetwin.config.url import Endpoint, endpoint

SCHEME = "opc.tcp"
PORTS = {SCHEME: 4840}


def _connect(text: object) -> object:
    endpoint(
        text,
        PORTS,
        path=True,
        instead='write user = "..." below it, and the password in the environment',
    )
    return text


Connect = Annotated[
    str,
    BeforeValidator(_connect),
    WithJsonSchema(
        {"type": "string", "pattern": "^opc\\.tcp://", "examples": ["opc.tcp://192.168.10.30:4840"]}
    ),
]


class OpcUaSignal(SignalConfig):
    """One node of the server."""

    node: NodeId | None = Field(
        None, description='The id of its node: "nsu=urn:vendor:plc;s=CW.Temp", "ns=2;i=5".'
    )
    path: BrowsePath | None = Field(
        None,
        description="Instead of node: the names that lead to it, looked up at every connect: "
        '"Objects/nsu=urn:vendor:plc;Line1/Motor/Speed". & before a sign takes its meaning: "a&/b".',
    )
    element: Element | None = Field(
        None, description="Which value of an array it is, counted from 0: 3; in a matrix [1, 2]."
    )
    field: FieldPath | None = Field(
        None, description='Which field of a structure it is: "X", or "Position.X" for one within another.'
    )
    deadband: DeadbandSize = Field(
        Deadband(0.0),
        description="The server stays silent about moves smaller than this: 0.05 in the node's own unit, "
        '"2 %" of the range that the server declares for it (EURange); 0: none.',
        json_schema_extra={"default": 0},
    )
    queue: Whole | None = Field(
        None,
        ge=1,
        le=10_000,
        description="How many values of it the server keeps for one notification, where that differs from its device.",
    )
    text: Flag = Field(
        default=False, description="The node holds text (a recipe, a batch number) and not a number."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.node is None and self.path is None:
            raise mistake(
                "it does not say which node it is",
                'write node = "ns=2;s=CW.Temp", or path = "Objects/2:CW/Temp"',
            )
        if self.node is not None and self.path is not None:
            raise mistake("it has a node and a path", "one of them is enough: take the other out")
        return self

    @model_validator(mode="after")
    def _text_is_not_measured(self) -> Self:
        if self.text and (self.range or self.names or self.deadband.amount):
            raise mistake(
                "text has no range, no names and no deadband", "leave them out, or leave out text = true"
            )
        return self


class OpcUaDevice(OpcUaAccess):
    """One OPC UA server."""

    connect: Connect = Field(description="Where it is: opc.tcp://host:port/path (port 4840 if left out).")
    mode: Literal["subscribe", "read"] = Field(
        "subscribe",
        description='"subscribe": the server says what changed; "read": it is asked in cycles, '
        "for a server that is poor at subscriptions.",
    )
    queue: Whole = Field(
        10,
        ge=1,
        le=10_000,
        description="How many values of one signal the server keeps for one notification; then the oldest go.",
    )
    clock_tolerance: Duration = written(
        seconds, "2 s", "How far the server's clock may be from ours before that is told."
    )
    signals: Table[Name, OpcUaSignal] = Field(description="The signals of the device, by name.")

    @property
    def endpoint(self) -> Endpoint:
        """The address, taken apart."""
        return endpoint(self.connect, PORTS, path=True)

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return self.connect

    @model_validator(mode="after")
    def _cycles_have_no_deadband(self) -> Self:
        for name, signal in self.signals.items():
            if self.mode == "read" and (signal.deadband.amount or signal.queue):
                key = "deadband" if signal.deadband.amount else "queue"
                raise mistake(
                    f'{name} has a {key}, which goes with mode = "subscribe" only', f"take {key} out, or mode"
                )
        return self
