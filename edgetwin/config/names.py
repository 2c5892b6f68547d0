"""Names of things. They become levels of MQTT topics, so they hold letters, digits, `_` and `-` and nothing else."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from edgetwin.config.branch import mistake

_LEVEL = r"[A-Za-z0-9_-]+"
_WRONG = re.compile(r"[^A-Za-z0-9_-]")
_SEEN_AS = {" ": "a space", ".": "a dot", "/": "a slash"}
_ALLOWED = "a name has letters, digits, _ and - only"


def name(text: object) -> str:
    """Check one name."""
    if not isinstance(text, str):
        raise mistake(f"{text} is a number, not a name", f'write it in quotes: "{text}"')
    _check(text, text)
    return text


def area(text: object) -> str:
    """Check a path of names, such as "plant-a/grinding/mill1". Empty: no path."""
    if not isinstance(text, str):
        raise mistake(f"{text} is not a path", 'write names and slashes: "plant-a/grinding/mill1"')
    for level in text.split("/") if text else ():
        if not level:
            raise mistake(
                f'"{text}" has an empty level', "no slash at the start or the end, and no two in a row"
            )
        _check(level, text)
    return text


def _check(level: str, text: str) -> None:
    if not level:
        raise mistake("the name is empty", _ALLOWED)
    if wrong := _WRONG.search(level):
        seen = _SEEN_AS.get(wrong[0], f'"{wrong[0]}"')
        suggestion = _WRONG.sub("_", level)
        meant = f'; did you mean "{text.replace(level, suggestion)}"?' if suggestion.strip("_") else ""
        raise mistake(
            f'"{text}" has {seen} in it, but {_ALLOWED}', f"it becomes part of an MQTT topic{meant}"
        )


Name = Annotated[str, BeforeValidator(name), WithJsonSchema({"type": "string", "pattern": f"^{_LEVEL}$"})]
Area = Annotated[
    str, BeforeValidator(area), WithJsonSchema({"type": "string", "pattern": f"^({_LEVEL}(/{_LEVEL})*)?$"})
]
