"""[device.NAME] with connect = "opc.tcp://...": nodes of an OPC UA server."""

from pydantic import SecretStr

from edgetwin.config.device import DeviceConfig, SignalConfig


class OpcUaSignal(SignalConfig):
    """One node of the server."""

    node: str  # "nsu=urn:vendor:plc;s=CW.Temp" or "ns=2;s=CW.Temp"
    deadband: float = 0.0  # absolute, in the node's own unit
    text: bool = False  # a String node: rides along as a label


class OpcUaDevice(DeviceConfig):
    """One OPC UA server."""

    user: str | None = None
    password: SecretStr | None = None
    signals: dict[str, OpcUaSignal]
