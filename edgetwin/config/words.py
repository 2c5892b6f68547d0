"""What pydantic says about a value, in the words of somebody who has to mend it.

A secret is never shown. Neither is a whole table: only what a person wrote on one line.
"""

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from edgetwin.config.close import closest
from edgetwin.config.problems import Mistake, Path
from edgetwin.config.registers import HINT as REGISTER_HINT
from edgetwin.config.shape import unknown_key
from edgetwin.config.sources import scalar
from edgetwin.config.tree import SCHEMES

_TABLE = ("expected a table, got {got}", "write it as a [heading] with keys below, or as {{ key = value }}")
_TWO_NUMBERS = ("expected a list of two numbers", "write [0, 150]")
# What pydantic calls an error -> the message and the hint.
_SAID = {
    "int_type": ("expected a whole number, got {got}", ""),
    "float_type": ("expected a number, got {got}", ""),
    "bool_type": ("expected true or false, got {got}", ""),
    "string_type": ("expected text, got {got}", "put it in quotes"),
    "tuple_type": ("expected a list, got {got}", "a list has square brackets"),
    "dict_type": _TABLE,
    "mapping_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "too_long": _TWO_NUMBERS,
    "too_short": ("it is empty", "write it, or leave it out"),
    "int_parsing": ("{got} is not a whole number", 'names go with whole numbers: {{ 0 = "stopped" }}'),
    "greater_than_equal": ("{got} is too small", "the least is {ge:g}"),
    "less_than_equal": ("{got} is too large", "the most is {le:g}"),
    "finite_number": ("{got} is not a number that can be used", "write an ordinary number"),
    "string_too_short": ("it is empty", "write it, or leave it out"),
}
_MISSING = {
    "connect": 'a device needs its address, such as "modbus-tcp://192.168.10.21:502" or "opc.tcp://192.168.10.30:4840"',
    "signals": "list what is to be read",
    "at": REGISTER_HINT,
}
# What others call our words.
_ALSO_CALLED = {
    **dict.fromkeys(("modbus", "modbustcp", "modbus+tcp", "mbtcp", "tcp"), "modbus-tcp"),
    **dict.fromkeys(("rtu", "serial", "modbusrtu", "modbus+rtu", "mbrtu"), "modbus-rtu"),
    **dict.fromkeys(("modbus-rtu+tcp", "modbus-rtu-over-tcp", "rtu+tcp", "rtuovertcp"), "modbus-rtu-tcp"),
    **dict.fromkeys(("opc", "opcua", "opc-ua", "opcua.tcp", "opc.ua"), "opc.tcp"),
    **dict.fromkeys(("poll", "polling", "cyclic"), "read"),
    **dict.fromkeys(("subscription", "monitor", "on-change"), "subscribe"),
    **dict.fromkeys(("basic256sha256", "basic256", "basic128rsa15"), "Basic256Sha256/SignAndEncrypt"),
    **dict.fromkeys(("aes128sha256rsaoaep", "aes128_sha256_rsaoaep"), "Aes128Sha256RsaOaep/SignAndEncrypt"),
    **dict.fromkeys(("aes256sha256rsapss", "aes256_sha256_rsapss"), "Aes256Sha256RsaPss/SignAndEncrypt"),
    **dict.fromkeys(("big", "big-endian", "msb", "abcd"), "high-first"),
    **dict.fromkeys(("little", "little-endian", "lsb", "cdab"), "low-first"),
    **dict.fromkeys(("bit", "boolean", "coil"), "bool"),
    **dict.fromkeys(("sint", "char"), "int8"),
    **dict.fromkeys(("byte", "usint"), "uint8"),
    **dict.fromkeys(("int", "short"), "int16"),
    **dict.fromkeys(("word", "uint", "unsigned"), "uint16"),
    **dict.fromkeys(("dint", "long"), "int32"),
    **dict.fromkeys(("dword", "udint"), "uint32"),
    "lint": "int64",
    **dict.fromkeys(("lword", "ulint"), "uint64"),
    "half": "float16",
    **dict.fromkeys(("float", "real", "single"), "float32"),
    **dict.fromkeys(("double", "lreal"), "float64"),
    "bcd": "bcd16",
    **dict.fromkeys(("text", "str", "ascii", "utf8"), "string"),
}
_LONGEST = 40


def mistake_of(error: ErrorDetails, path: Path, tables: Mapping[str, Any]) -> Mistake:
    """Translate one error of pydantic. `path` is its place without what is pydantic's own in it."""
    context = error.get("ctx", {})
    match error["type"]:
        case "edgetwin":  # a validator of ours
            mistake = Mistake(path, context["message"], context["hint"])
        case "extra_forbidden":
            mistake = Mistake(path, *unknown_key(path, tables))
        case "union_tag_not_found":
            mistake = _unknown_protocol(path, error["input"])
        case "missing" if isinstance(path[-1], int):
            mistake = Mistake(path[:-1], *_TWO_NUMBERS)
        case "missing":
            mistake = Mistake(path, "this key is missing", _MISSING.get(str(path[-1]), ""))
        case "literal_error" | "enum":
            mistake = _not_a_choice(error["input"], path, context["expected"])
        case kind:
            message, hint = _SAID.get(kind, ("{got} cannot be used here", ""))
            message, hint = message.format(got=shown(error["input"], path), **context), hint.format(**context)
            mistake = Mistake(path, message, _better_hint(path, error["input"]) or hint)
    return mistake


def _better_hint(path: Path, value: object) -> str:
    """Say what to write for a value of the wrong type, where its place tells."""
    match path:
        case ("device", _, "signals", signal) if isinstance(value, int):
            return f"write {signal} = {{ at = {value} }}"
        case ("device", _, "signals", signal):
            others = '{ node = "ns=2;s=..." } for OPC UA, { topic = "..." } for MQTT'
            return f"write {signal} = {{ at = 40101 }}, {others}"
        case (*_, "range") if not isinstance(value, list):
            return "write the lowest and the highest value: [0, 150]"
        case (*_, "names"):
            return 'write { 0 = "stopped", 1 = "running" }'
    return "write it without quotes" if isinstance(value, str) and scalar(value) != value else ""


def shown(value: object, path: Path) -> str:
    """Show what a user wrote, if it may be shown."""
    if "password" in path:
        return "something else"
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "a table"
        case list():
            return "a list"
        case str():
            return f'"{value if len(value) <= _LONGEST else value[:_LONGEST] + "..."}"'
    return str(value)


def _not_a_choice(value: object, path: Path, expected: str) -> Mistake:
    got = shown(value, path)
    choices = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    if str(value) in choices:
        return Mistake(path, f"{got} is a number here", f'write it in quotes: "{value}"')
    listed = ", ".join(f'"{choice}"' for choice in choices)
    word = str(value).lower()
    near = _ALSO_CALLED.get(word) if _ALSO_CALLED.get(word) in choices else closest(word, choices)
    return Mistake(path, f"{got} is not one of {listed}", f'did you mean "{near}"?' if near else "")


def _unknown_protocol(path: Path, device: object) -> Mistake:
    if not isinstance(device, dict):
        return Mistake(
            path, f"expected a table, got {shown(device, path)}", "write [device.NAME] with keys below"
        )
    path = (*path, "connect")
    if "connect" not in device:
        return Mistake(path, "this key is missing", _MISSING["connect"])
    connect = device["connect"]
    *others, last = (f"{scheme}://" for scheme in SCHEMES)
    known = f"{', '.join(others)} or {last}"
    if not isinstance(connect, str):
        return Mistake(path, f"expected text, got {shown(connect, path)}", _MISSING["connect"])
    scheme, found, _ = connect.partition("://")
    if not found or "@" in scheme:
        return Mistake(path, "the address does not say what the device speaks", f"begin it with {known}")
    near = _ALSO_CALLED.get(scheme.lower()) or closest(scheme, SCHEMES)
    hint = f"did you mean {near}://?" if near else f"known: {known}"
    return Mistake(path, f'"{scheme}://" is nothing that can be spoken here', hint)
