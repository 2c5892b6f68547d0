"""[device.NAME] with connect = "mqtt://...": sensors that publish to a broker, plainly or by Sparkplug B."""

import math
import re
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, SecretStr, WithJsonSchema, model_validator

from edgetwin.config.branch import Flag, Table, mistake
from edgetwin.config.device import DeviceConfig, SignalConfig
from edgetwin.config.mqtt_login import PORTS, MqttLogin
from edgetwin.config.names import Name
from edgetwin.config.units import Duration
from edgetwin.config.url import Endpoint, endpoint

PROTOCOL = "mqtt"
SCHEMES = tuple(PORTS)

_LONGEST_TOPIC = 65_535  # bytes; the protocol has 16 bits for it
_STEP = re.compile(r'(?:(?:^|(?<=.)\.)(?P<key>[^.\[\]"]+))|\[(?P<index>[0-9]{1,6})\]|\["(?P<quoted>[^"]+)"\]')
_PATH_HINT = 'write names with dots, places with brackets: "sensors[0].value"; ["a.b"] is a name with a dot'
_EDGE_HINT = 'write "group/edge_node", or "group/edge_node/device" for a device behind it'

Step = str | int


class Edge(NamedTuple):
    """Where a Sparkplug metric lives. `device` is empty for those of the edge node itself."""

    group: str
    node: str
    device: str


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]  # JSON has no NaN


def _connect(text: object) -> object:
    endpoint(text, PORTS, instead='write user = "..." below it, and the password in the environment')
    return text


def _topic(text: object) -> str:
    if not isinstance(text, str) or not text:
        raise mistake("this is not a topic", 'write text in quotes: "factory/press1/temp"')
    if set(text) & set("+#"):
        raise mistake(f'"{text}" has + or # in it', "a signal is one topic: write it in full")
    if "\0" in text or len(text.encode()) > _LONGEST_TOPIC:
        raise mistake("this cannot be a topic", "it is too long, or has a zero in it")
    if text.startswith("spBv1.0/"):
        raise mistake(
            f'"{text}" is a topic of Sparkplug B',
            'name the metric instead: metric = "Temperature", edge = "group/edge_node/device"',
        )
    return text


def steps(path: str) -> tuple[Step, ...]:
    """Take a path apart: "sensors[0].value" -> ("sensors", 0, "value")."""
    found: list[Step] = []
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise mistake(f'"{path}" is not a path into a message', _PATH_HINT)
        found.append(int(step["index"]) if step["index"] else step["key"] or step["quoted"])
        at = step.end()
    return tuple(found)


def _path(text: object) -> str:
    if not isinstance(text, str) or not steps(text):
        raise mistake("this is not a path into a message", _PATH_HINT)
    return text


def edge_of(text: str) -> Edge:
    """Take the place of a metric apart."""
    group, _, rest = text.partition("/")
    node, _, device = rest.partition("/")
    return Edge(group, node, device)


def _edge(text: object) -> str:
    levels = text.split("/") if isinstance(text, str) else ()
    if not isinstance(text, str) or len(levels) not in (2, 3) or not all(levels):
        raise mistake(f'"{text}" is no edge node', _EDGE_HINT)
    if set(text) & set("+#\0"):
        raise mistake(f'"{text}" has + or # in it', "write the edge node in full")
    return text


Connect = Annotated[
    str,
    BeforeValidator(_connect),
    WithJsonSchema(
        {"type": "string", "pattern": "^mqtts?://[^@]+$", "examples": ["mqtt://192.168.10.5:1883"]}
    ),
]
Topic = Annotated[
    str,
    BeforeValidator(_topic),
    WithJsonSchema({"type": "string", "pattern": "^[^+#]+$", "examples": ["factory/press1/temp"]}),
]
JsonPath = Annotated[
    str, BeforeValidator(_path), WithJsonSchema({"type": "string", "examples": ["sensors[0].value"]})
]
EdgeName = Annotated[
    str,
    BeforeValidator(_edge),
    WithJsonSchema(
        {"type": "string", "pattern": "^[^/+#]+/[^/+#]+(/[^/+#]+)?$", "examples": ["press-shop/gateway-2"]}
    ),
]
TimeUnit = Literal["iso", "s", "ms", "us", "ns"]


class MqttSignal(SignalConfig):
    """One value that is published: by a topic, and a path into its message; or a Sparkplug metric."""

    topic: Topic | None = Field(None, description='The topic it is published under: "factory/press1/temp".')
    path: JsonPath | None = Field(
        None,
        description='Where it stands in a JSON message: "sensors[0].value". Not given: it is the message.',
    )
    time: JsonPath | None = Field(
        None, description='Where its time stands in the JSON message: "ts". Not given: stamped on arrival.'
    )
    time_unit: TimeUnit = Field(
        "iso",
        description='How that time is written: "iso" (2026-11-20T12:00:00Z), or s, ms, us, ns since 1970.',
    )
    qos: Literal[0, 1] = Field(1, description="1: what is lost on the way to the gateway is sent again.")
    metric: str | None = Field(None, min_length=1, description="The name of a Sparkplug B metric.")
    edge: EdgeName | None = Field(
        None, description='Who publishes the metric: "group/edge_node" or "group/edge_node/device".'
    )
    on_change: Flag | None = Field(
        None,
        description="It is published only when it changes, so silence is no gap. "
        "Not given: true for a metric, false for a topic.",
    )
    text: Flag = Field(default=False, description="It is text (a recipe, a batch number) and not a number.")

    @property
    def speaks_on_change(self) -> bool:
        """Whether its silence means that nothing has changed."""
        return self.metric is not None if self.on_change is None else self.on_change

    @model_validator(mode="after")
    def _topic_or_metric(self) -> Self:
        if self.topic is None and self.metric is None:
            raise mistake(
                "there is no topic",
                'write topic = "factory/press1/temp", or metric and edge for Sparkplug B',
            )
        if self.topic is not None and (self.metric or self.edge):
            raise mistake(
                "a topic and a Sparkplug metric do not go together", "leave out topic, or metric and edge"
            )
        if self.metric is not None and self.edge is None:
            raise mistake(f'metric "{self.metric}" has no edge', _EDGE_HINT)
        if self.metric is not None and (self.path or self.time):
            raise mistake(
                "a Sparkplug metric has no path and no time", "it brings its own time: leave them out"
            )
        if "time_unit" in self.model_fields_set and self.time is None:
            raise mistake("there is a time_unit but no time", 'say where the time stands: time = "ts"')
        return self

    @model_validator(mode="after")
    def _text_is_not_measured(self) -> Self:
        if self.text and (self.range or self.names):
            raise mistake("text has no range and no names", "leave them out, or leave out text = true")
        return self


class MqttDevice(DeviceConfig, MqttLogin):
    """One broker, and the sensors that are heard through it."""

    connect: Connect = Field(description="Where the broker is: mqtt://host:1883, or mqtts://host:8883 (TLS).")
    password: SecretStr | None = Field(
        None,
        min_length=1,
        description="Never in this file: EDGETWIN_DEVICE__NAME__PASSWORD in the environment, "
        "or the systemd credential edgetwin_device__NAME__password.",
    )
    client_id: str | None = Field(
        None, min_length=1, description="The client id. Not given: a new one at each start."
    )
    every: Duration = Field(
        math.nan,
        description='How often its sensors publish: "10 s". Not given: learned from each of them. That nothing has '
        "come from a sensor yet is told after three of these, or after a minute.",
        json_schema_extra=_without_default,
    )
    rebirth: Flag = Field(
        default=False,
        description="Whether an edge node of Sparkplug B may be asked to introduce its metrics again. "
        "That is a command to the plant, so it is not sent unless this is true.",
    )
    signals: Table[Name, MqttSignal] = Field(description="The signals that are heard, by name.")

    @property
    def endpoint(self) -> Endpoint:
        """The address, taken apart."""
        return endpoint(self.connect, PORTS)

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        return self.connect

    @property
    def topics(self) -> int:
        """How many topics and Sparkplug nodes and devices are listened to."""
        return len({signal.topic or signal.edge for signal in self.signals.values()})

    @model_validator(mode="after")
    def _certificates_need_encryption(self) -> Self:
        if (self.ca_file or self.cert_file) and not self.connect.startswith("mqtts://"):
            raise mistake("there are certificates, but the connection is not encrypted", "write mqtts://")
        return self
