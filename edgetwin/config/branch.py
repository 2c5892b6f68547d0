"""What all branches of the tree have in common: they are frozen, strict about types, and know no unknown key.

Strict, because TOML has types: `unit = "1"` is a slip of the pen, and `unit = true` is not unit 1.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AllowInfNan,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    Strict,
    ValidationError,
)
from pydantic_core import PydanticCustomError

Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict(), AllowInfNan(False)]  # noqa: FBT003 - pydantic takes it by position only
Flag = Annotated[bool, Strict()]

K = TypeVar("K")
V = TypeVar("V")
Table = Annotated[
    Mapping[K, V],
    AfterValidator(lambda table: MappingProxyType(dict(table))),
    PlainSerializer(dict),
]


def mistake(message: str, hint: str = "") -> PydanticCustomError:
    """Make the error that a validator raises: what is wrong and what was expected, then what to do about it."""
    context: dict[str, Any] = {"message": message, "hint": hint}
    return PydanticCustomError("edgetwin", "{message}", context)


def in_words(error: ValueError) -> str:
    """Write out the first mistake in what was typed elsewhere than in the file, and what to do about it."""
    context: Mapping[str, Any]
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        message, context = first["msg"], first.get("ctx", {})
    elif isinstance(error, PydanticCustomError):
        message, context = error.message(), error.context or {}
    else:
        return str(error)
    return f"{message}; {context['hint']}" if context.get("hint") else message


class Branch(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
