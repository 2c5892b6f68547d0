"""All that the gateway knows at one moment, as one dict of plain values: what `watch` and the demo show. Pure.

Its rows are those of the messages upstream, so that the screen and the broker never tell two stories. A number that
is not there is None. The keys stay: other programs read them through the control socket.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from edgetwin import __version__
from edgetwin.chain import Chain
from edgetwin.control import View
from edgetwin.core.alerts.event import AlertEvent
from edgetwin.core.signals import Stamp
from edgetwin.field.link import LinkState
from edgetwin.uplink.messages import RowWriter, alert_json
from edgetwin.uplink.stamps import iso

Row = dict[str, Any]  # any: what JSON can hold


def view(
    chain: Chain, links: Mapping[str, LinkState], started: Stamp, now: Stamp, counters: Mapping[str, int]
) -> View:
    """Draw up the whole view."""
    config, uplink = chain.parts.config, chain.parts.uplink
    over = (event for event in chain.recent_alerts if not event.active)
    return {
        "time": iso(now.wall),
        "gateway": {
            "site": config.gateway.site,
            "name": config.gateway.name,
            "version": __version__,
            "up_s": (now.mono - started.mono) / 1e9,
        },
        "signals": _signals(chain, now),
        "alerts": [_alert(event) for event in (*chain.parts.pipeline.active_alerts, *over)],
        "devices": [_device(link) for link in links.values()],
        "uplink": {
            "connected": uplink.state.connected,
            "broker": uplink.state.broker or ", ".join(config.mqtt.brokers),
            "reason": uplink.state.reason,
            "topic": uplink.topics.base,
            "counters": uplink.counters,
        },
        "counters": {**chain.counters, **counters},
    }


def _signals(chain: Chain, now: Stamp) -> list[Row]:
    snapshot = chain.parts.pipeline.snapshot(now.mono)
    table = chain.parts.table
    rows = RowWriter(table).rows(snapshot, np.arange(len(snapshot)))
    return [
        {
            "name": row["signal"],
            "unit": row.get("unit", ""),
            "kind": signal.kind.value,
            "raw": _plain(row["raw"]),
            "value": _plain(row["value"]),
            "sigma": _plain(row["sigma"]),
            "label": row.get("label"),
            "quality": row["quality"],
            "reasons": row["reasons"],
            "age_s": (now.mono - mono) / 1e9 if mono >= 0 else None,
        }
        for signal, row, mono in zip(table, rows, snapshot.mono.tolist(), strict=True)
    ]


def _alert(event: AlertEvent) -> Row:
    told: Row = orjson.loads(alert_json(event))
    return {**told, "subject": event.subject, "subject_kind": event.subject_kind}


def _device(link: LinkState) -> Row:
    return {
        "name": link.device,
        "address": link.address,
        "up": link.up,
        "since": None if link.since is None else iso(link.since.wall),
        "reason": link.reason,
        "hint": link.hint,
        **link.clocks,
        **link.counters,
    }


def _plain(number: float) -> float | None:
    return number if math.isfinite(number) else None
