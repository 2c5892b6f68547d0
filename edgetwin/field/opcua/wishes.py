"""From the signals of the configuration to what a server is asked for. Pure; asks nobody.

Signals that stand in one node, such as the fields of a structure, share one question and one answer.
"""

from edgetwin.config.opcua import OpcUaDevice
from edgetwin.field.opcua.nodes import Wish
from edgetwin.field.opcua.pick import Picked
from edgetwin.field.opcua.values import Take


def wishes_of(config: OpcUaDevice) -> list[Wish]:
    """List what the server is asked for, in the order of the signals."""
    shared: dict[tuple[object, ...], list[int]] = {}
    for place, signal in enumerate(config.signals.values()):
        every_s, queue = signal.every or config.every, signal.queue or config.queue
        key = (signal.node or signal.path, every_s, queue, signal.deadband)
        shared.setdefault(key, []).append(place)
    wishes = []
    signals = list(config.signals.values())
    for places in shared.values():
        first = signals[places[0]]
        wishes.append(
            Wish(
                where=first.node or first.path or (),
                places=tuple(places),
                every_s=first.every or config.every,
                queue=first.queue or config.queue,
                deadband=first.deadband,
            )
        )
    return wishes


def takes_of(config: OpcUaDevice) -> list[Take]:
    """Say for each signal what is taken from the value of its node."""
    return [
        Take(
            text=signal.text,
            part=Picked(signal.element or (), signal.field or ()) if signal.element or signal.field else None,
        )
        for signal in config.signals.values()
    ]
