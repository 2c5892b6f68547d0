"""The one error that any room may raise about its configuration.

A room knows what is wrong; only the configuration tree knows on which line it stands. So the error carries the
path of keys, and `config` turns it into FILE:LINE.
"""


class ConfigError(Exception):
    """Something in the configuration cannot work. `path` are the keys, as in ("device", "plc1", "every")."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{'.'.join(str(key) for key in self.path)}: {self.message}"
