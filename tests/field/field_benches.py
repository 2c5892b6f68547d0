"""One bench for each protocol: a real device with three signals, one of which the device does not have."""

import asyncio

from field_plc import Plc
from field_ua import URI, UaServer
from field_watch import clock
from real_broker import Mosquitto

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.mqtt_in import MqttDevice
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.field.driver import Driver
from edgetwin.field.fence.fence import Fence
from edgetwin.field.modbus.bus import Buses
from edgetwin.field.modbus.driver import ModbusDriver
from edgetwin.field.mqtt.driver import MqttDriver
from edgetwin.field.opcua.driver import OpcUaDriver

SIGNALS = ("level", "absent", "neighbour")
PATIENT, IMPATIENT = "3 s", "300 ms"  # the first, where an answer comes and this machine is busy
LEVEL, ABSENT, NEIGHBOUR = range(3)


class ModbusBench:
    """A Modbus PLC; `absent` is a register that does not exist."""

    def __init__(self, plc: Plc) -> None:
        self.port = plc.port
        self.kill = plc.stop
        self._plc = plc

    def driver(self, port: int, timeout: str = PATIENT) -> Driver:
        """Make a driver for it, or for another port."""
        signals = {
            "level": {"at": "hr:0", "type": "float32"},
            "absent": {"at": "hr:2"},
            "neighbour": {"at": "hr:3", "type": "float32"},
        }
        address = f"modbus-tcp://127.0.0.1:{port}"
        config = ModbusDevice.model_validate(
            {"connect": address, "every": "20 ms", "timeout": timeout, "signals": signals}
        )
        return ModbusDriver("device", config, clock, Buses())

    async def restart(self) -> None:
        """Come back on the same port."""
        await self._plc.start()


class OpcUaBench:
    """An OPC UA server; `absent` is a node that it does not know."""

    mode = "subscribe"

    def __init__(self, server: UaServer) -> None:
        self.port = server.port
        self.kill = server.stop
        self.restart = server.start

    def driver(self, port: int, timeout: str = PATIENT) -> Driver:
        """Make a driver for it, or for another port."""
        return OpcUaDriver("device", self._config(port, timeout), clock)

    def _config(self, port: int, timeout: str) -> OpcUaDevice:
        return OpcUaDevice.model_validate(
            {
                "connect": f"opc.tcp://127.0.0.1:{port}",
                "mode": self.mode,
                "every": "20 ms",
                "timeout": timeout,
                "signals": {name: {"node": f"nsu={URI};s={name}"} for name in SIGNALS},
            }
        )


class CyclicBench(OpcUaBench):
    """The same, asked in cycles."""

    mode = "read"


class FencedBench(OpcUaBench):
    """The same, by a driver in a process of its own."""

    def driver(self, port: int, timeout: str = PATIENT) -> Driver:
        """Make a driver for it, or for another port."""
        return Fence("field_fenced", "impatient", "device", self._config(port, timeout), clock)


class MqttBench:
    """A broker to which one sensor publishes; `absent` is a path that does not exist in its messages."""

    MESSAGES = {"press1/state": b'{"level": 1.5, "all": [7.0]}'}  # noqa: RUF012 - a constant

    def __init__(self, broker: Mosquitto) -> None:
        self.port = broker.port
        self._broker = broker

    def driver(self, port: int, timeout: str = PATIENT) -> Driver:
        """Make a driver for it, or for another port."""
        paths = {"level": "level", "absent": "absent", "neighbour": "all[0]"}
        config = MqttDevice.model_validate(
            {
                "connect": f"mqtt://127.0.0.1:{port}",
                "keepalive": "1 s",
                "timeout": timeout,
                "signals": {name: {"topic": "press1/state", "path": path} for name, path in paths.items()},
            }
        )
        return MqttDriver("device", config, clock)

    async def kill(self) -> None:
        """Kill the broker."""
        await asyncio.to_thread(self._broker.stop)

    async def restart(self) -> None:
        """Come back on the same port."""
        await asyncio.to_thread(self._broker.start)


Bench = ModbusBench | OpcUaBench | MqttBench
