"""How the connection to an OPC UA server is protected, and as whom the gateway logs in."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from edgetwin.config.branch import mistake
from edgetwin.config.device import DeviceConfig
from edgetwin.config.files import ReadableFile

Security = Literal[
    "None",
    "Basic256Sha256/Sign",
    "Basic256Sha256/SignAndEncrypt",
    "Aes128Sha256RsaOaep/Sign",
    "Aes128Sha256RsaOaep/SignAndEncrypt",
    "Aes256Sha256RsaPss/Sign",
    "Aes256Sha256RsaPss/SignAndEncrypt",
]
_EXAMPLE = 'security = "Basic256Sha256/SignAndEncrypt"'


class OpcUaAccess(DeviceConfig):
    """What every device that is reached by OPC UA may declare of its security."""

    security: Security = Field(
        "None",
        description="How the connection is protected: a policy and a mode, as the server shows them. "
        "None: anybody on the way can read and change everything.",
    )
    user: str | None = Field(None, min_length=1, description="The user to log in as. Not given: anonymous.")
    password: SecretStr | None = Field(
        None,
        min_length=1,
        description="Never in this file: EDGETWIN_DEVICE__NAME__PASSWORD in the environment, "
        "or the systemd credential edgetwin_device__NAME__password.",
    )
    user_cert: ReadableFile | None = Field(
        None, description="Log in with this certificate (PEM or DER) instead of user and password."
    )
    user_key: ReadableFile | None = Field(
        None, description="The key that belongs to user_cert (PEM or DER, without a passphrase)."
    )
    server_cert: ReadableFile | None = Field(
        None,
        description="Only the server with this certificate (PEM or DER) is trusted, whatever [pki] says.",
    )

    @property
    def security_policy(self) -> str:
        """How it is encrypted: the part of `security` before the slash."""
        return self.security.partition("/")[0]

    @property
    def security_mode(self) -> str:
        """What is done with each message, Sign or SignAndEncrypt. Empty without security."""
        return self.security.partition("/")[2]

    @property
    def secured(self) -> bool:
        """Whether both sides prove who they are."""
        return self.security != "None"

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        if self.password and not self.user:
            raise mistake("there is a password but no user", 'add user = "..." to the device')
        if self.user_cert and not self.user_key:
            raise mistake("user_cert is given without user_key", "a certificate needs its key: add user_key")
        if self.user_key and not self.user_cert:
            raise mistake("user_key is given without user_cert", "a key needs its certificate: add user_cert")
        if self.user and self.user_cert:
            raise mistake(
                "there are a user and a user_cert", "a login is one of the two: leave out user, or user_cert"
            )
        return self

    @model_validator(mode="after")
    def _certificates_need_security(self) -> Self:
        for key in ("user_cert", "server_cert"):
            if getattr(self, key) and not self.secured:
                raise mistake(f"{key} proves nothing while security is None", f"write {_EXAMPLE}")
        return self
