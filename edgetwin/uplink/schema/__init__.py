"""The JSON schemas (draft 2020-12) of what leaves the gateway, one file for each kind of message.

They are shipped for those who read the messages; the gateway itself does not validate what it sends, the tests do.
"""

import json
from importlib.resources import files
from typing import Any

NAMES = ("state", "signal", "alert", "status", "health")


def schemas() -> dict[str, dict[str, Any]]:
    """Load all schemas, by the name of the message."""
    here = files(__name__)
    return {name: json.loads(here.joinpath(f"{name}.json").read_text("utf-8")) for name in NAMES}
