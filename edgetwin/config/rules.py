"""Rules that no table can judge alone: names that clash, assets and their signals, what shares a place."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from edgetwin.config.close import closest, listed
from edgetwin.config.judge import Verdict
from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.overlaps import overlaps
from edgetwin.config.places import Place
from edgetwin.config.problems import Mistake, Path
from edgetwin.config.shared_lines import shared_lines
from edgetwin.config.sources import fold

PlaceOf = Callable[[Path], Place]


def rules(verdict: Verdict, tables: Mapping[str, Any], place_of: PlaceOf) -> Iterator[Mistake]:
    """Hold what stands of the configuration against all rules. `tables` is what the file says, wrong or not."""
    yield from _something_to_read(verdict, tables)
    yield from _names(tables, place_of)
    yield from _topics(verdict, place_of)
    yield from _assets(verdict, tables)
    for name, device in verdict.config.device.items():
        if isinstance(device, ModbusDevice):
            yield from overlaps(name, device, place_of)
    yield from shared_lines(verdict.config.device, place_of)


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


def _names(tables: Mapping[str, Any], place_of: PlaceOf) -> Iterator[Mistake]:
    """Find names that a person, a file system or an environment variable would take for the same."""
    yield from _alike(("device",), tables.get("device"), fold, place_of)
    yield from _alike(("asset",), tables.get("asset"), str.lower, place_of)
    for name, device in _tables(tables.get("device")):
        yield from _alike(("device", name, "signals"), device.get("signals"), str.lower, place_of)


def _alike(table: Path, names: object, same: Callable[[str], str], place_of: PlaceOf) -> Iterator[Mistake]:
    if not isinstance(names, dict):
        return
    groups = defaultdict[str, list[str]](list)
    for name in names:
        groups[same(name)].append(name)
    for group in groups.values():
        if len(group) == 1:
            continue
        first, *others = sorted(group, key=lambda name: place_of((*table, name)))
        for name in others:
            yield Mistake(
                (*table, name),
                f"too much like the name {first} {place_of((*table, first)).where}",
                "names must differ by more than capitals" + (", - and _" if same is fold else ""),
            )


def _topics(verdict: Verdict, place_of: PlaceOf) -> Iterator[Mistake]:
    for name in verdict.config.asset:
        path = verdict.config.asset_path(name)
        if path in verdict.config.device:
            yield Mistake(
                ("asset", name),
                f"it would share the topic state/{path} with the device {place_of(('device', path)).where}",
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
