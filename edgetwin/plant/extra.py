"""What the simulated plant needs and a gateway does not: the packages of the extra `demo`."""


class ExtraMissing(Exception):  # noqa: N818 - it says what there is not
    """A package of the extra is not here. The message says what to do."""

    def __init__(self, what: str, instead: str = "") -> None:
        super().__init__(f'{what} is not installed: pip install "edgetwin[demo]"{instead}')
