"""What comes from outside of the file: environment variables and systemd credentials. They go above the file.

EDGETWIN_MQTT__PASSWORD in the environment and the credential edgetwin_mqtt__password both set mqtt.password. The
sources of pydantic-settings are not used for it, for three reasons that users would feel: they read the password
12345 as a number, they find no device whose name has a capital or a hyphen in it, and they do not tell where a wrong
value came from.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from edgetwin.config.close import did_you_mean
from edgetwin.config.problems import Path, Problem
from edgetwin.config.tree import Config

_PREFIX = Config.model_config["env_prefix"].lower()
_DELIMITER = str(Config.model_config["env_nested_delimiter"])


class Setting(NamedTuple):
    """One value from outside: `origin` is what a user calls it."""

    origin: str
    keys: tuple[str, ...]
    text: str


def settings(environ: Mapping[str, str]) -> Iterator[Setting | Problem]:
    """List what the credentials and then, above them, the environment say."""
    directory = environ.get("CREDENTIALS_DIRECTORY")
    if directory:
        yield from _credentials(FilePath(directory))
    for name, text in sorted(environ.items()):
        if keys := _keys(name):
            yield Setting(name, keys, text)
        elif meant := _meant(name):
            yield Problem(name, None, "", "two underscores part table and key", f"did you mean {meant}?")


def _credentials(directory: FilePath) -> Iterator[Setting | Problem]:
    try:
        names = sorted(file.name for file in directory.iterdir())
    except OSError as error:
        yield Problem("CREDENTIALS_DIRECTORY", None, "", f"{directory} cannot be read: {error.strerror}")
        return
    for name in names:
        if not (keys := _keys(name)):
            continue
        try:
            text = (directory / name).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            yield Problem(f"credential {name}", None, "", "it cannot be read as UTF-8 text")
        else:
            yield Setting(f"credential {name}", keys, text)


def _keys(name: str) -> tuple[str, ...]:
    """Take EDGETWIN_MQTT__PASSWORD apart; other people's variables, and our own switches, give nothing."""
    if not name.lower().startswith(_PREFIX) or _DELIMITER not in name:
        return ()
    return tuple(name.lower().removeprefix(_PREFIX).split(_DELIMITER))


def _meant(name: str) -> str | None:
    """Find EDGETWIN_MQTT_PASSWORD: a password that nobody would miss until the broker refuses the login."""
    table, _, rest = name.lower().removeprefix(_PREFIX).partition("_")
    if (
        not name.lower().startswith(_PREFIX)
        or _DELIMITER in name
        or table not in Config.model_fields
        or not rest
    ):
        return None
    if table in ("device", "asset"):  # the middle is a name of the user's own choice
        rest = _DELIMITER.join(part for part in rest.rpartition("_") if part not in ("", "_"))
    return f"{_PREFIX}{table}{_DELIMITER}{rest}".upper()


def place(setting: Setting, tables: dict[str, Any]) -> Path | Problem:
    """Put a setting into the tables of the file, where its keys point to, and give the path."""
    table, path = tables, list[str]()
    *parents, last = setting.keys
    for key in parents:
        found = _same(key, table)
        if found is None and not path and key in Config.model_fields:
            found = key
        if found is None and path in ([], ["device"], ["asset"]):
            known = list(table) if path else list(Config.model_fields)
            what = f"{path[0]} {key}" if path else f"table {key}"
            return Problem(setting.origin, None, "", f"there is no {what}", did_you_mean(key, known))
        path.append(found or key)
        inner = table.setdefault(path[-1], {})
        if not isinstance(inner, dict):
            return Problem(setting.origin, None, "", f"{'.'.join(path)} is not a table")
        table = inner
    path.append(_same(last, table) or last)
    table[path[-1]] = setting.text
    return tuple(path)


def fold(name: str) -> str:
    """Give what is left of a name in an environment variable, which knows no case and no hyphen."""
    return name.lower().replace("-", "_")


def _same(key: str, table: Mapping[str, Any]) -> str | None:
    return next((name for name in table if fold(name) == fold(key)), None)


def scalar(text: str) -> object:
    """Read a text as TOML would read it without quotes: "500" -> 500, "true" -> True. Anything else stays text."""
    try:
        value = tomllib.loads(f"x = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return value["x"] if value.keys() == {"x"} and isinstance(value["x"], int | float) else text
