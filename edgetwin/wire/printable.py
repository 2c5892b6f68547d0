"""A stranger's text, made fit for a log and a terminal. Pure."""


def printable(text: str) -> str:
    """Write `?` for each sign that cannot be seen: it could steer a terminal, or stop a log."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in text)
