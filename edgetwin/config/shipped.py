"""The templates that come with the package, as examples. A file has one template, and is called as it."""

from collections.abc import Iterator
from importlib import resources

from edgetwin.config.document import Document, parse

_FOLDER = resources.files("edgetwin").joinpath("templates")
_ENDING = ".toml"


def shipped_names() -> Iterator[str]:
    """Name them."""
    for file in sorted(_FOLDER.iterdir(), key=lambda each: each.name):
        if file.name.endswith(_ENDING):
            yield file.name.removesuffix(_ENDING)


def shipped_text(name: str) -> str | None:
    """Give the text of one; None where there is none of this name."""
    return _FOLDER.joinpath(f"{name}{_ENDING}").read_text("utf-8") if name in shipped_names() else None


def shipped(name: str) -> Document | None:
    """Read one."""
    text = shipped_text(name)
    return None if text is None else parse(text, str(_FOLDER.joinpath(f"{name}{_ENDING}")))
