"""[mqtt]: the broker, and how to be let in."""

import string
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema, model_validator

from edgetwin.config.branch import Branch, Whole, mistake
from edgetwin.config.files import ReadableFile
from edgetwin.config.units import Duration, seconds, written
from edgetwin.config.url import Endpoint, endpoint

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_TOPIC_FIELDS = ("site", "gateway")
_KEEPALIVE_MOST = 65_535.0  # the protocol has 16 bits for it


def _broker(text: object) -> object:
    endpoint(
        text, _PORTS, instead='write user = "..." in [mqtt], and the password in EDGETWIN_MQTT__PASSWORD'
    )
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


def _keepalive(value: float) -> float:
    if not 1.0 <= value <= _KEEPALIVE_MOST:
        raise mistake(f"{value:g} s cannot be a keepalive", 'it is from "1 s" to "65535 s"')
    return value


class Mqtt(Branch):
    """[mqtt]: the broker, and how to be let in."""

    brokers: Brokers = Field(
        (),
        description='Brokers, tried in turn: "mqtts://host:8883" (TLS) or "mqtt://host:1883". None: nothing is sent.',
    )
    version: Literal["5", "3.1.1"] = Field("5", description="The version of MQTT that the broker speaks.")
    user: str | None = Field(None, min_length=1, description="The user to log in as. Not given: no login.")
    password: SecretStr | None = Field(
        None,
        min_length=1,
        description="Never in this file: EDGETWIN_MQTT__PASSWORD in the environment, "
        "or the systemd credential edgetwin_mqtt__password.",
    )
    client_id: str | None = Field(
        None, min_length=1, description="The client id. Not given: made from the names of site and gateway."
    )
    ca_file: ReadableFile | None = Field(
        None, description="Who may vouch for the broker (PEM). Not given: the authorities the system trusts."
    )
    cert_file: ReadableFile | None = Field(None, description="The gateway's own certificate (PEM).")
    key_file: ReadableFile | None = Field(None, description="The key that belongs to cert_file (PEM).")
    keepalive: Annotated[Duration, AfterValidator(_keepalive)] = written(
        seconds, "15 s", "How soon a dead line to the broker is noticed: after two of these."
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
        return tuple(endpoint(broker, _PORTS) for broker in self.brokers)

    @model_validator(mode="after")
    def _certificate_and_key_go_together(self) -> Self:
        if self.cert_file and not self.key_file:
            raise mistake("cert_file is given without key_file", "a certificate needs its key: add key_file")
        if self.key_file and not self.cert_file:
            raise mistake("key_file is given without cert_file", "a key needs its certificate: add cert_file")
        return self

    @model_validator(mode="after")
    def _certificates_need_encryption(self) -> Self:
        if (self.ca_file or self.cert_file) and not any(place.scheme == "mqtts" for place in self.endpoints):
            raise mistake(
                "there are certificates, but no broker is reached by mqtts://", "write mqtts:// in brokers"
            )
        return self

    @model_validator(mode="after")
    def _a_password_needs_a_user(self) -> Self:
        if self.password and not self.user:
            raise mistake("there is a password but no user", 'add user = "..." to [mqtt]')
        return self
