"""Where a broker is, why it cannot be used, and how long to wait."""

import socket
import ssl

import pytest

from edgetwin.config.mqtt import Mqtt
from edgetwin.uplink.broker import Broker, BrokerDown, pause_s, refusal, refused_pause_s, unreachable
from edgetwin.uplink.topics import Topics, level


def test_addresses_come_from_the_configuration() -> None:
    mqtt = Mqtt(brokers=("mqtt://one", "mqtts://two:1234", "mqtts://[::1]"))
    brokers = [Broker.at(endpoint) for endpoint in mqtt.endpoints]
    assert brokers == [
        Broker("one", 1883, tls=False),
        Broker("two", 1234, tls=True),
        Broker("::1", 8883, tls=True),
    ]
    assert [str(broker) for broker in brokers] == [
        "mqtt://one:1883",
        "mqtts://two:1234",
        "mqtts://[::1]:8883",
    ]


@pytest.mark.parametrize(
    ("error", "reason", "hint"),
    [
        (socket.gaierror(-2, "Name or service not known"), "name cannot be resolved", "DNS"),
        (ConnectionRefusedError(111, "Connection refused"), "nothing listens", "check the port"),
        (
            ConnectionResetError(104, "Connection reset by peer"),
            "TLS handshake failed: connection reset",
            "mqtt://",
        ),
        (TimeoutError(), "no answer", "firewall"),
        (OSError(113, "No route to host"), "No route to host", "network"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "TLS handshake failed", "mqtt://"),
    ],
)
def test_every_failure_says_what_to_do(error: OSError, reason: str, hint: str) -> None:
    down = unreachable(error)
    assert reason in down.reason
    assert hint in down.hint
    assert not down.refused


@pytest.mark.parametrize(
    ("code", "refused", "hint"),
    [
        (0x86, True, "EDGETWIN_MQTT__PASSWORD"),
        (0x87, True, "EDGETWIN_MQTT__PASSWORD"),
        (0x84, True, 'mqtt.version = "3.1.1"'),
        (0x8E, False, "mqtt.client_id"),
        (0x89, False, "overloaded"),
        (0x80, False, ""),
    ],
)
def test_a_refusal_says_what_to_do(code: int, refused: bool, hint: str) -> None:  # noqa: FBT001 - a column
    down = refusal(code, "Some Reason")
    assert isinstance(down, BrokerDown)
    assert (down.refused, down.reason) == (refused, "some reason")
    assert hint in down.hint


def test_pauses_grow_to_half_a_minute_and_are_spread() -> None:
    longest = [pause_s(attempt, 1.0) for attempt in range(12)]
    assert longest == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, *[30.0] * 6]
    assert all(0.5 <= pause_s(attempt, 0.0) <= most for attempt, most in enumerate(longest))
    assert pause_s(9, 0.0) < pause_s(9, 0.5) < pause_s(9, 1.0)
    assert refused_pause_s(0.0) >= 15.0


def test_topics_stand_under_one_base() -> None:
    topics = Topics("edgetwin/plant-a/gw-07")
    assert topics.state("plant-a/mill1") == "edgetwin/plant-a/gw-07/state/plant-a/mill1"
    assert topics.signal("plc1.temp.raw") == "edgetwin/plant-a/gw-07/signal/plc1/temp.raw"
    assert topics.alert("plc1.temp/stuck") == "edgetwin/plant-a/gw-07/alert/plc1.temp/stuck"
    assert topics.any_alert == "edgetwin/plant-a/gw-07/alert/#"
    assert (topics.status, topics.health) == (f"{topics.base}/status", f"{topics.base}/health")


def test_what_mqtt_forbids_in_a_topic_is_replaced() -> None:
    assert level("/a+b#c\0d/") == "a_b_c_d"
    assert level("") == "_"
