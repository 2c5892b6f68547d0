"""Which reasons are worth an alert, after how many readings, and in which words.

A reason is on every reading it applies to; an alert speaks to a person, so it waits until it is sure and ends only
when the trouble has stayed away. One row here for each kind.
"""

from collections.abc import Callable
from dataclasses import dataclass

from edgetwin.core.alerts.event import Severity
from edgetwin.core.checks.check import Evidence
from edgetwin.core.signals import Reason, Signal


@dataclass(frozen=True, slots=True)
class Rule:
    """When a reason becomes an alert."""

    reason: Reason
    kind: str
    severity: Severity
    raise_after: int  # readings in a row with the reason
    clear_after: int  # judged readings in a row without it
    say: Callable[[Signal, Evidence], str]


def _number(figure: float | str) -> str:
    return figure if isinstance(figure, str) else f"{figure:.6g}"


def _with_unit(signal: Signal, figure: float | str) -> str:
    return f"{_number(figure)} {signal.unit}".rstrip()


def _stuck(signal: Signal, seen: Evidence) -> str:
    value = _with_unit(signal, seen["value"])
    if signal.on_change:
        return f"{signal.name} has said nothing but {value} for longer than it ever did"
    return (
        f"{signal.name} has read {value} {seen['repeats']} times in a row;"
        f" before, it never repeated itself more than {seen['longest_before']} times"
    )


def _range(signal: Signal, seen: Evidence) -> str:
    low, high = seen.get("low"), seen.get("high")
    declared = " to ".join(_number(limit) for limit in (low, high) if limit is not None)
    return f"{signal.name} reads {_with_unit(signal, seen['raw'])}, outside its declared range {declared}"


def _device(signal: Signal, seen: Evidence) -> str:
    if str(seen["status"]).startswith("Uncertain"):
        return f"{signal.name}: its device is not certain of the value ({seen['status']})"
    return f"{signal.name}: its device gives no usable value ({seen['status']})"


def _gap(signal: Signal, seen: Evidence) -> str:
    return f"{signal.name} is silent; it speaks every {_number(seen['habit_s'])} s as a rule"


RULES = (
    Rule(Reason.STUCK, "stuck", Severity.WARNING, 1, 1, _stuck),
    Rule(Reason.RANGE, "range", Severity.WARNING, 2, 5, _range),
    Rule(Reason.DEVICE, "device", Severity.WARNING, 3, 3, _device),
    Rule(Reason.STALE, "gap", Severity.WARNING, 1, 1, _gap),
)
ALERTING = sum(rule.reason for rule in RULES)
