"""What a technician is told to do about a signal that does not come out as it should."""

import math

import pytest

from edgetwin.cli.advice import Reading, advice
from edgetwin.config.mqtt_in import MqttDevice
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.core import status

SENSORS = MqttDevice.model_validate(
    {
        "connect": "mqtt://10.0.0.5",
        "signals": {
            "flow": {"topic": "factory/pump", "path": "flow"},
            "load": {"metric": "Motor/Load", "edge": "shop/gateway"},
        },
    }
)
PLC = OpcUaDevice.model_validate(
    {"connect": "opc.tcp://10.0.0.6", "signals": {"zone": {"node": "ns=2;s=Zones", "element": 9}}}
)


def told(device: MqttDevice | OpcUaDevice, signal: str, code: int, raw: float = math.nan) -> str:
    return advice(device, device.signals[signal], Reading(raw=raw, code=code, reasons=()))


@pytest.mark.parametrize(
    ("signal", "code", "words"),
    [
        ("flow", status.BAD_NODE_UNKNOWN, "is `path` right?"),
        ("load", status.BAD_NODE_UNKNOWN, "is `metric` right?"),
        ("flow", status.BAD_TYPE_MISMATCH, "add text = true"),
        ("flow", status.BAD_WAITING, "nothing came"),
        ("load", status.BAD_WAITING, "no birth of its edge node came"),
    ],
)
def test_what_is_published_otherwise_than_expected(signal: str, code: int, words: str) -> None:
    assert words in told(SENSORS, signal, code)


def test_what_the_broker_had_kept_is_not_blamed_on_the_sensor() -> None:
    assert "when it is sent anew" in told(SENSORS, "flow", status.UNCERTAIN_LAST_USABLE, 21.5)


def test_an_element_that_is_not_there_is_told_as_such() -> None:
    assert "is `element` right?" in told(PLC, "zone", status.BAD_INDEX_RANGE_NO_DATA)


def test_a_status_that_nobody_thought_of_is_named() -> None:
    assert told(PLC, "zone", status.BAD_OUT_OF_SERVICE) == "the device calls it BadOutOfService: look there"
