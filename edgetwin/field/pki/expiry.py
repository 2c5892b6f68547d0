"""Says that a certificate is about to expire: once 30, once 7 and once 1 day before, and once when it has."""

from collections.abc import Iterable
from datetime import datetime

import structlog

from edgetwin.field.pki.certificate import Certificate

log = structlog.get_logger()

THRESHOLDS = (1, 7, 30)  # days


def threshold(days_left: int) -> int | None:
    """Give the threshold that a certificate has reached; None while there is time. 0: it has expired."""
    return 0 if days_left < 0 else next((days for days in THRESHOLDS if days_left <= days), None)


def words(days_left: int) -> str:
    """Say how long a certificate is still valid."""
    if days_left < 0:
        return "expired"
    return {0: "expires within a day", 1: "expires in 1 day"}.get(days_left, f"expires in {days_left} days")


class Reminder:
    """The expiries of one device that were told already, so that each threshold is one line in the log."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._told: dict[str, int] = {}

    def look(self, certificates: Iterable[tuple[str, Certificate, str]], now: datetime) -> None:
        """Warn of what has reached its next threshold. Each comes with whose it is, and what to do about it."""
        for whose, certificate, hint in certificates:
            days_left = certificate.days_left(now)
            reached = threshold(days_left)
            if reached is None or self._told.get(certificate.thumbprint) == reached:
                continue
            self._told[certificate.thumbprint] = reached
            log.warning(
                "certificate has expired" if days_left < 0 else "certificate expires soon",
                device=self._device,
                certificate=f"{whose}: {certificate.name}",
                thumbprint=certificate.thumbprint,
                valid_until=certificate.until.isoformat(),
                days_left=days_left,
                hint=hint,
            )
