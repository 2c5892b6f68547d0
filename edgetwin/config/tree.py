"""The whole tree. It reads nothing by itself: `load` fills it from the file, the environment and credentials."""

from typing import Annotated

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edgetwin.config import modbus, modbus_line, mqtt_in, opcua, recording
from edgetwin.config.branch import Branch, Flag, Table, mistake
from edgetwin.config.gateway import Gateway, Log, Publish
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.mqtt import Mqtt
from edgetwin.config.mqtt_in import MqttDevice
from edgetwin.config.names import Area, Name
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.config.pki import Pki
from edgetwin.config.recording import RecordedDevice
from edgetwin.config.units import FalseAlarm, false_alarm, written

# The scheme of an address -> what the device speaks.
SCHEMES = {
    **dict.fromkeys(modbus_line.SCHEMES, modbus.PROTOCOL),
    opcua.SCHEME: opcua.SCHEME,
    **dict.fromkeys(mqtt_in.SCHEMES, mqtt_in.PROTOCOL),
    recording.SCHEME: recording.SCHEME,
}


class StuckCheck(Branch):
    """[check.stuck]: the only thing to set is how often it may be wrong."""

    false_alarm: FalseAlarm = written(
        false_alarm,
        "once per signal and month",
        'How often it may call a healthy sensor stuck: "once per signal and month" (or day, week, year).',
    )
    enabled: Flag = Field(default=True, description="Whether signals are watched for repeating themselves.")


class Checks(Branch):
    """[check]: defaults for all signals."""

    stuck: StuckCheck = Field(StuckCheck(), description="Sensors that repeat themselves.")


def _device_dot_signal(text: str) -> str:
    device, dot, signal = text.partition(".")
    if not (device and dot and signal) or "." in signal:
        raise mistake(f'"{text}" is not the name of a signal', 'write device and signal: "plc1.bearing_temp"')
    return text


SignalName = Annotated[str, AfterValidator(_device_dot_signal)]


class Asset(Branch):
    """[asset.NAME]: a machine, and the signals that tell of it."""

    area: Area = Field("", description='Where it stands, from large to small: "plant-a/grinding/mill1".')
    signals: Table[Name, SignalName] = Field(
        description='What its signals mean to it: { temp = "plc1.bearing_temp" }.'
    )


def _protocol(device: object) -> str | None:
    """Tell what a device speaks, from the scheme of its address."""
    connect = device.get("connect") if isinstance(device, dict) else getattr(device, "connect", None)
    scheme = connect.partition("://")[0] if isinstance(connect, str) else ""
    return SCHEMES.get(scheme)


Device = Annotated[
    Annotated[ModbusDevice, Tag(modbus.PROTOCOL)]
    | Annotated[OpcUaDevice, Tag(opcua.SCHEME)]
    | Annotated[MqttDevice, Tag(mqtt_in.PROTOCOL)]
    | Annotated[RecordedDevice, Tag(recording.SCHEME)],
    Discriminator(_protocol),
]


class Config(BaseSettings):
    """Everything a gateway is told."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix="EDGETWIN_",
        env_nested_delimiter="__",
        title="edgetwin configuration",
    )

    gateway: Gateway = Field(Gateway(), description="What the gateway is called.")
    mqtt: Mqtt = Field(Mqtt(), description="The broker, and how to be let in.")
    publish: Publish = Field(Publish(), description="How much is worth telling.")
    log: Log = Field(Log(), description="What the journal of the machine gets to read.")
    pki: Pki = Field(Pki(), description="Certificates for OPC UA.")
    check: Checks = Field(Checks(), description="How sensors are checked.")
    device: Table[Name, Device] = Field({}, description="The PLCs and other devices, by name.")
    asset: Table[Name, Asset] = Field({}, description="The machines, by name.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is handed in and nothing else. `sources` reads the outside, so that it can name what is wrong."""
        del cls, settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    def asset_path(self, name: str) -> str:
        """Give the path of an asset in topics: its area, then its name."""
        return "/".join(filter(None, (self.asset[name].area, name)))
