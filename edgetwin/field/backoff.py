"""How long to wait before the next attempt: longer each time, and never all gateways at once. Pure; sleeps nowhere."""

import random


class Backoff:
    """Doubling waits from `first_s` to `longest_s`, each shortened by chance by up to half.

    After a power cut a hundred gateways start in the same second. The chance is what keeps them from knocking at one
    PLC together for ever.
    """

    def __init__(self, chance: random.Random, first_s: float = 0.5, longest_s: float = 30.0) -> None:
        self.first_s = first_s
        self.longest_s = longest_s
        self._chance = chance
        self._full_s = first_s

    def wait_s(self) -> float:
        """Give the next wait, and make the one after it longer."""
        full_s, self._full_s = self._full_s, min(2 * self._full_s, self.longest_s)
        return full_s * self._chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin again with the short waits: the device has been well."""
        self._full_s = self.first_s
