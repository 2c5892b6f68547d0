"""Files that the configuration names: whole paths, and there to be read."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from edgetwin.config.branch import mistake


def _whole(path: object) -> object:
    if not isinstance(path, str | Path):
        raise mistake("this is not the path of a file", 'write text in quotes: "/etc/edgetwin/ca.pem"')
    if not Path(path).is_absolute():
        # A service starts in another directory than the person who tries the file.
        raise mistake(
            f'"{path}" is not a whole path', f'begin it with a slash, such as "/etc/edgetwin/{path}"'
        )
    return path


def _readable(path: Path) -> Path:
    if not path.exists():
        raise mistake(f"there is no file {path}", "check the path")
    if not path.is_file():
        raise mistake(f"{path} is not a file", "it must name the file itself")
    if not os.access(path, os.R_OK):
        raise mistake(f"{path} cannot be read by this user", "change its owner or its rights")
    return path


AbsolutePath = Annotated[Path, BeforeValidator(_whole)]
ReadableFile = Annotated[AbsolutePath, AfterValidator(_readable)]
