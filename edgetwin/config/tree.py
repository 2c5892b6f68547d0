"""The whole tree."""

from edgetwin.config.branch import Branch
from edgetwin.config.gateway import Gateway, Log, Mqtt, Publish
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.opcua import OpcUaDevice


class StuckCheck(Branch):
    """[check.stuck]: the only thing to set is how often it may be wrong."""

    false_alarm: str = "once per signal and month"
    enabled: bool = True


class Checks(Branch):
    """[check]: defaults for all signals."""

    stuck: StuckCheck = StuckCheck()


class Asset(Branch):
    """[asset.NAME]: a machine, and the signals that tell of it."""

    area: str = ""  # ISA-95 path, used in topics: "plant-a/grinding/mill1"
    signals: dict[str, str]  # role -> "device.signal"


class Config(Branch):
    """Everything a gateway is told."""

    gateway: Gateway = Gateway()
    mqtt: Mqtt = Mqtt()
    publish: Publish = Publish()
    log: Log = Log()
    check: Checks = Checks()
    device: dict[str, ModbusDevice | OpcUaDevice] = {}
    asset: dict[str, Asset] = {}
