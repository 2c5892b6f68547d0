"""Rules that no table can judge alone: names that clash, assets and their signals, registers read in two ways."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from edgetwin.config.close import closest, listed
from edgetwin.config.judge import Verdict
from edgetwin.config.modbus import ModbusDevice, ModbusSignal
from edgetwin.config.problems import Mistake, Path
from edgetwin.config.sources import fold

LineOf = Callable[[Path], int]


def rules(verdict: Verdict, tables: Mapping[str, Any], line_of: LineOf) -> Iterator[Mistake]:
    """Hold what stands of the configuration against all rules. `tables` is what the file says, wrong or not."""
    yield from _something_to_read(verdict, tables)
    yield from _names(tables, line_of)
    yield from _topics(verdict, line_of)
    yield from _assets(verdict, tables)
    for name, device in verdict.config.device.items():
        if isinstance(device, ModbusDevice):
            yield from _registers(name, device, line_of)


def _something_to_read(verdict: Verdict, tables: Mapping[str, Any]) -> Iterator[Mistake]:
    if not tables.get("device") and verdict.whole(("device",)):
        yield Mistake(
            ("device",), "there is no device to read", "add a [device.plc1] with connect and signals"
        )
    for kind in ("device", "asset"):
        for name, table in _tables(tables.get(kind)):
            path = (kind, name, "signals")
            if table.get("signals") == {} and verdict.whole(path):
                yield Mistake(path, f"this {kind} has no signals", "add one, or take the whole table out")


def _names(tables: Mapping[str, Any], line_of: LineOf) -> Iterator[Mistake]:
    """Find names that a person, a file system or an environment variable would take for the same."""
    yield from _alike(("device",), tables.get("device"), fold, line_of)
    yield from _alike(("asset",), tables.get("asset"), str.lower, line_of)
    for name, device in _tables(tables.get("device")):
        yield from _alike(("device", name, "signals"), device.get("signals"), str.lower, line_of)


def _alike(table: Path, names: object, same: Callable[[str], str], line_of: LineOf) -> Iterator[Mistake]:
    if not isinstance(names, dict):
        return
    ordered = sorted(names, key=lambda name: (same(name), line_of((*table, name))))
    for _, group in groupby(ordered, same):
        first, *others = group
        for name in others:
            yield Mistake(
                (*table, name),
                f"too much like the name {first} on line {line_of((*table, first))}",
                "names must differ by more than capitals" + (", - and _" if same is fold else ""),
            )


def _topics(verdict: Verdict, line_of: LineOf) -> Iterator[Mistake]:
    for name in verdict.config.asset:
        path = verdict.config.asset_path(name)
        if path in verdict.config.device:
            yield Mistake(
                ("asset", name),
                f"it would share the topic state/{path} with the device on line {line_of(('device', path))}",
                'give the asset an area, such as area = "line1", or another name',
            )


def _assets(verdict: Verdict, tables: Mapping[str, Any]) -> Iterator[Mistake]:
    known = set(_signal_names(tables, verdict.lost))
    devices = {name.partition(".")[0] for name in known} | {name for name, _ in _tables(tables.get("device"))}
    for asset, table in verdict.config.asset.items():
        for role, signal in table.signals.items():
            device, _, short = signal.partition(".")
            unreadable = verdict.lost & {("device",), ("device", device), ("device", device, "signals")}
            if signal in known or unreadable:
                continue
            near = closest(signal, known)
            if near is None:  # the right signal on another device
                near = next((name for name in sorted(known) if name.partition(".")[2] == short), None)
            if device in devices:
                what, there = f"there is no signal {short} on {device}", listed(_of(device, known))
            else:
                what, there = f"there is no device {device}", listed(devices)
            hint = f"did you mean {near}?" if near else f"there are: {there}" if there else ""
            yield Mistake(("asset", asset, "signals", role), what, hint)


def _of(device: str, known: Iterable[str]) -> Iterator[str]:
    return (name for name in known if name.startswith(f"{device}."))


def _signal_names(tables: Mapping[str, Any], lost: Iterable[Path]) -> Iterator[str]:
    """Name all signals that the file has, also those with a mistake in them."""
    for name, device in _tables(tables.get("device")):
        signals = device.get("signals")
        yield from (f"{name}.{signal}" for signal in signals) if isinstance(signals, dict) else ()
    for path in lost:
        if len(path) >= 4 and path[0] == "device" and path[2] == "signals":
            yield f"{path[1]}.{path[3]}"


def _tables(named: object) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(named, dict):
        yield from ((name, table) for name, table in named.items() if isinstance(table, dict))


def _registers(name: str, device: ModbusDevice, line_of: LineOf) -> Iterator[Mistake]:
    """Find registers that two signals read in different ways: one of them is not what its name says."""

    def line(signal: str) -> int:
        return line_of(("device", name, "signals", signal))

    places = sorted(
        device.signals, key=lambda signal: (device.signals[signal].area, device.signals[signal].address)
    )
    told = set[str]()
    for number, first in enumerate(places):
        one = device.signals[first]
        for second in places[number + 1 :]:
            other = device.signals[second]
            if other.area != one.area or other.address >= one.address + one.words:
                break
            if _reading(device, one) == _reading(device, other):
                continue
            early, late = sorted((first, second), key=line)
            if late in told:  # it may overlap several: one is enough to go and look
                continue
            told.add(late)
            yield Mistake(
                ("device", name, "signals", late),
                f"{_taken(device.signals[late])} overlaps {early} on line {line(early)}, "
                f"which is {_taken(device.signals[early])}",
                "correct at or type of one of them",
            )


def _reading(device: ModbusDevice, signal: ModbusSignal) -> tuple[object, ...]:
    """Tell how a signal's registers are read: two that do it alike may share them."""
    words = (signal.word_order or device.word_order) if signal.words > 1 else None
    return signal.address, signal.type, words, signal.byte_order or device.byte_order


def _taken(signal: ModbusSignal) -> str:
    last = signal.address + signal.words - 1
    where = f"{signal.area}:{signal.address}" + (f" to {signal.area}:{last}" if signal.words > 1 else "")
    order = f" {signal.word_order}" if signal.word_order else ""
    return f"{signal.type}{order} in {where}"
