"""What a person types as the value of an option, read so that the complaint names the option."""

from edgetwin.config.units import typed_seconds


def seconds(option: str, text: str) -> float:
    """Read a time, such as "500 ms"; ValueError says which option it is, and what is wrong with it."""
    try:
        return typed_seconds(text)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None
