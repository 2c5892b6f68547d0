"""What a person can do about a signal that a server does not give, by the status it came with. Pure."""

from edgetwin.config.opcua import OpcUaSignal
from edgetwin.config.opcua_nodes import path_text
from edgetwin.core import status

_UNKNOWN = (0x8033, 0x8034, 0x8035, 0x803E, 0x803F, 0x8060)  # no such node, or none that has a value
_FORBIDDEN = (0x801F, 0x803A)
_BUILT_OTHERWISE = (0x8011, 0x8038, 0x8039)  # how a structure is encoded
_OUT_OF_ARRAY = (0x8036, 0x8037)


def hint(code: int, signal: OpcUaSignal) -> str | None:
    """Say what to do. None: the status tells of the plant, not of the configuration."""
    kind = code >> 16
    where = signal.node if signal.node is not None else path_text(signal.path or ())
    key = "node" if signal.node is not None else "path"
    if kind in _UNKNOWN:
        return f"the server does not give {where}: is `{key}` right?"
    if kind in _FORBIDDEN:
        return f"may this user read {where}?"
    if kind in _OUT_OF_ARRAY:
        return f"{where} has no such element, or is no array: is `element` right? It counts from 0"
    if kind in _BUILT_OTHERWISE:
        return f"the server does not say how the structure in {where} is built: has each field a node of its own?"
    return _of_kind(kind << 16, signal, where)


def _of_kind(kind: int, signal: OpcUaSignal, where: str) -> str | None:
    match kind:
        case status.BAD_TOO_MANY_MATCHES:
            return f"more than one node is called {where}: give the one that is meant by its `node`"
        case status.BAD_NO_MATCH if signal.field:
            return f"there is no {where}, or no field {'.'.join(signal.field)} in its structure"
        case status.BAD_NO_MATCH:
            return f"the server has no {where}: is `path` right, and each namespace in it?"
        case status.BAD_TYPE_MISMATCH if signal.text:
            return f"{where} holds no text of ordinary length: which `field` or `element` of it?"
        case status.BAD_TYPE_MISMATCH:
            return f"{where} holds no number: `text = true`, or which `element` or `field` of it?"
    return None
