"""How to be let in by a broker: the same for the one that is told and for those that are listened to."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from edgetwin.config.branch import Branch, mistake
from edgetwin.config.files import ReadableFile
from edgetwin.config.units import Duration, seconds, written

PORTS = {"mqtt": 1883, "mqtts": 8883}
_KEEPALIVE_MOST = 65_535.0  # the protocol has 16 bits for it


def _keepalive(value: float) -> float:
    if not 1.0 <= value <= _KEEPALIVE_MOST:
        raise mistake(f"{value:g} s cannot be a keepalive", 'it is from "1 s" to "65535 s"')
    return value


class MqttLogin(Branch):
    """What every connection to a broker may declare."""

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

    @model_validator(mode="after")
    def _certificate_and_key_go_together(self) -> Self:
        if self.cert_file and not self.key_file:
            raise mistake("cert_file is given without key_file", "a certificate needs its key: add key_file")
        if self.key_file and not self.cert_file:
            raise mistake("key_file is given without cert_file", "a key needs its certificate: add cert_file")
        return self

    @model_validator(mode="after")
    def _a_password_needs_a_user(self) -> Self:
        if self.password and not self.user:
            raise mistake("there is a password but no user", 'add user = "..." to the same table')
        return self
