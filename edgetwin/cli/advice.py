"""What to do about a signal that does not come out as it should, in a technician's words. Pure."""

from dataclasses import dataclass

from edgetwin.config.device import DeviceConfig, SignalConfig
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_signal import ModbusSignal
from edgetwin.config.mqtt_in import MqttSignal
from edgetwin.config.opcua import OpcUaDevice
from edgetwin.core import status

AHEAD_S = 2.0
# What devices send where a sensor is broken or missing; a number like these is seldom a measurement.
_NO_VALUE = (-32768.0, 32767.0, 65535.0, -2147483648.0, 2147483647.0, 4294967295.0, -999.0, -9999.0, 9999.0)
# A float32 put together from the wrong words is mostly of such a size; what a plant measures hardly ever is.
_TINY, _HUGE = 1e-20, 1e20

_OF_STATUS = {
    status.BAD_WAITING: "nothing came: give it longer with --wait, or see whether the device sends it at all",
    status.BAD_NO_COMMUNICATION: "see its device",
    status.BAD_TIMEOUT: "the device answers others and not this: is it slow (timeout), is the request too long "
    "(max_registers)?",
    status.BAD_COMMUNICATION: "what came was no answer to this: does something disturb the line?",
    status.BAD_SENSOR_FAILURE: "the device says that it has no value: is the sensor connected?",
    status.BAD_NO_MATCH: "the path leads nowhere: is each name in it right, and each namespace?",
    status.BAD_TOO_MANY_MATCHES: "the path leads to more than one node: name it by its `node`",
    status.BAD_INDEX_RANGE_NO_DATA: "the array has no such element, or it is no array: is `element` right? It counts "
    "from 0",
    status.BAD_DATA_TYPE_UNKNOWN: "the server does not say how this structure is built: read its parts as nodes of "
    "their own",
    status.BAD_ACCESS_DENIED: "the server does not let us read this: which user may?",
}
_OF_EXCEPTION = {
    1: "the device does not know this kind of register: holding (hr) or input (ir)?",
    2: "the device has no such register: is `at` right? Lists may count from 0 or from 1",
    3: "the device does not give this: is `at` right, is max_registers too large?",
    4: "the device failed at this: is the sensor or module behind it in order?",
    5: "the device is busy: ask less often",
    6: "the device is busy: ask less often",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One signal as it came out. `raw` is NaN where there is no number.

    `ahead_s` is how far its own stamp lies in our future. The past says nothing: a value that has not moved for an
    hour is an hour old.
    """

    raw: float
    code: int
    reasons: tuple[str, ...]
    ahead_s: float = 0.0


def advice(device: DeviceConfig, signal: SignalConfig, reading: Reading) -> str:
    """Say what to do about one signal; nothing where nothing need be done."""
    if reading.code >= status.BAD:
        return _of_status(device, signal, reading)
    if "range" in reading.reasons:
        return _of_range(device, signal, reading.raw)
    if _has_words(signal) and reading.raw != 0 and not _TINY < abs(reading.raw) < _HUGE:
        return f"hardly a measured value: {_try_probe(device)}"
    return _of_the_rest(signal, reading)


def _of_the_rest(signal: SignalConfig, reading: Reading) -> str:
    """Say what to do about a reading that is a good number."""
    if reading.ahead_s > AHEAD_S:
        return f"the clock of the device is {reading.ahead_s:.0f} s ahead of ours: set it, best by NTP"
    if signal.names is not None and reading.raw not in signal.names:
        return f"{reading.raw:g} has no name: add it to names"
    if reading.code & 0xFFFF0000 == status.UNCERTAIN_LAST_USABLE:
        return "it was true once; whether it still is, shows when it is sent anew"
    if reading.code >= status.UNCERTAIN:
        return f"the device itself is not certain of it ({status.describe(reading.code)})"
    return ""


def _of_status(device: DeviceConfig, signal: SignalConfig, reading: Reading) -> str:
    kind, exception = reading.code & 0xFFFF0000, reading.code & 0xFF
    if kind == status.BAD_DEVICE_FAILURE and exception in _OF_EXCEPTION and isinstance(device, ModbusDevice):
        return _OF_EXCEPTION[exception]
    if isinstance(device, OpcUaDevice):
        if kind == status.BAD_NODE_UNKNOWN:
            return f"the server does not know this node: `edgetwin browse {device.connect}` shows what it has"
        if kind == status.BAD_TYPE_MISMATCH:
            return "it is no number: add text = true, or name an element or a field of it"
    if isinstance(signal, MqttSignal) and (said := _of_published(signal, kind)):
        return said
    if kind == status.BAD_SENSOR_FAILURE and _has_words(signal):
        return (
            f"the device says that it has no value: is the sensor connected? If it is, {_try_probe(device)}"
        )
    return _OF_STATUS.get(kind, f"the device calls it {status.describe(reading.code)}: look there")


def _of_published(signal: MqttSignal, kind: int) -> str:
    """Say what to do about what is published otherwise than expected."""
    if kind == status.BAD_WAITING and signal.metric is not None:
        return "no birth of its edge node came: it sends one when it connects; with rebirth = true it is asked for one"
    if kind == status.BAD_NODE_UNKNOWN:
        key = "metric" if signal.metric is not None else "path"
        return f"there is nothing of that name in what is published: is `{key}` right?"
    if kind == status.BAD_TYPE_MISMATCH:
        return "what is published is no number: add text = true, or name a `path` into it"
    return ""


def _of_range(device: DeviceConfig, signal: SignalConfig, raw: float) -> str:
    limits = "{:g} to {:g}".format(*signal.range) if signal.range else "its range"
    if isinstance(signal, ModbusSignal):
        stored = round((raw - signal.offset) / signal.scale, 6)
        if stored in _NO_VALUE:
            return f"outside {limits}, and {stored:g} is what many devices send for no value: is the sensor connected?"
        if _has_words(signal):
            return f"outside {limits}: {_try_probe(device)}"
    return f"outside {limits}: are type, scale and range right?"


def _has_words(signal: SignalConfig) -> bool:
    return isinstance(signal, ModbusSignal) and signal.type.startswith("float") and signal.words > 1


def _try_probe(device: DeviceConfig) -> str:
    other = "low-first" if getattr(device, "word_order", "") == "high-first" else "high-first"
    return f'try word_order = "{other}", or see what fits with `edgetwin probe`'
