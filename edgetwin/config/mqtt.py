"""[mqtt]: the broker, and how to be let in."""

import string
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from edgetwin.config.branch import Whole, mistake
from edgetwin.config.mqtt_login import PORTS, MqttLogin
from edgetwin.config.url import Endpoint, endpoint

_TOPIC_FIELDS = ("site", "gateway")


def _broker(text: object) -> object:
    endpoint(text, PORTS, instead='write user = "..." in [mqtt], and the password in EDGETWIN_MQTT__PASSWORD')
    return text


def _several(brokers: object) -> object:
    """Take one text as a list of brokers: an environment variable has no other way to write one."""
    return [part.strip() for part in brokers.split(",")] if isinstance(brokers, str) else brokers


def _topic(template: str) -> str:
    known = " and ".join(f"{{{field}}}" for field in _TOPIC_FIELDS)
    try:
        fields = [
            (field, spec, how)
            for _, field, spec, how in string.Formatter().parse(template)
            if field is not None
        ]
    except ValueError:
        raise mistake(
            f'"{template}" has a brace that is not closed or not opened', f"known fields: {known}"
        ) from None
    for field, spec, how in fields:
        if field not in _TOPIC_FIELDS or spec or how:
            raise mistake(f'"{{{field}}}" is not known in a topic', f"known fields: {known}")
    if set(template) & set("+#$ \0"):
        raise mistake(
            f'"{template}" has a space or one of + # $ in it, which a topic cannot have', "leave it out"
        )
    if "" in template.split("/"):
        raise mistake(
            f'"{template}" has an empty level', "no slash at the start or the end, and no two in a row"
        )
    return template


Broker = Annotated[
    str,
    BeforeValidator(_broker),
    WithJsonSchema(
        {"type": "string", "pattern": "^mqtts?://[^@]+$", "examples": ["mqtts://broker.plant-a.local:8883"]}
    ),
]
Brokers = Annotated[tuple[Broker, ...], BeforeValidator(_several)]
Topic = Annotated[str, AfterValidator(_topic)]


class Mqtt(MqttLogin):
    """[mqtt]: the broker, and how to be let in."""

    brokers: Brokers = Field(
        (),
        description='Brokers, tried in turn: "mqtts://host:8883" (TLS) or "mqtt://host:1883". None: nothing is sent.',
    )
    topic: Topic = Field(
        "edgetwin/{site}/{gateway}",
        description="What every topic begins with; {site} and {gateway} are filled in.",
    )
    queue: Whole = Field(
        10_000,
        ge=1,
        description="Messages held while the broker is away; the oldest are dropped first, and counted.",
    )

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The brokers, taken apart."""
        return tuple(endpoint(broker, PORTS) for broker in self.brokers)

    @model_validator(mode="after")
    def _certificates_need_encryption(self) -> Self:
        if (self.ca_file or self.cert_file) and not any(place.scheme == "mqtts" for place in self.endpoints):
            raise mistake(
                "there are certificates, but no broker is reached by mqtts://", "write mqtts:// in brokers"
            )
        return self
