"""Which registers a unit has, found with few requests. Pure: says what to ask for, and is told whether it was given.

A unit refuses a whole request when one register in it is missing, so nothing but asking tells what is there. Places
where devices often begin are looked at first, and places in between. From each register that is there the block is
followed to both ends, in steps that double while they succeed and are halved where they fail. After an end, registers
a little further on are tried, for most gaps are small.
"""

from collections.abc import Generator, Iterator

# Where the maps of devices often begin, and a few places between.
# The formatter would give each number a line.
# fmt: off
_USUAL = (
    0, 1, 2, 4, 10, 16, 20, 30, 40, 50, 64, 100, 128, 150, 200, 256, 300, 400, 500, 512, 600, 700, 800,
    900, 1000, 1024, 1200, 1500, 1536, 1999, 2000, 2048, 2500, 2999, 3000, 3027, 3059, 3200, 3500, 3999,
    4000, 4096, 4500, 5000, 6000, 7000, 8000, 8192, 9000, 9999, 10000, 12288, 16384, 20000, 20480, 30000,
    30001, 32768, 40000, 40001, 40069, 49152, 50000, 60000, 61440, 65000, 65535,
)
# fmt: on
_BEYOND = (*range(1, 17), *range(18, 34, 2), 48, 64)  # how far behind an end it is worth looking

Steps = Generator[tuple[int, int], bool, None]


class Explorer:
    """One area of one unit. Ask for `wanted`, tell the `answer`, until nothing is wanted any more."""

    def __init__(self, first: int, last: int, widest: int) -> None:
        self.found: list[range] = []
        self._first, self._last, self._widest = first, last, widest
        self._steps = self._explore()
        self.wanted: tuple[int, int] | None = next(self._steps, None)

    def answer(self, *, given: bool) -> None:
        """Tell whether the unit has given what was wanted: (address, count)."""
        try:
            self.wanted = self._steps.send(given)
        except StopIteration:
            self.wanted = None

    def _explore(self) -> Steps:
        for place in self._places():
            if self._known(place):
                continue
            if (yield place, 1):
                yield from self._block(place)

    def _places(self) -> Iterator[int]:
        usual = [place for place in _USUAL if self._first <= place <= self._last]
        yield from usual
        step = max(1, (self._last - self._first) // 64)
        yield from range(self._first, self._last + 1, step)

    def _block(self, place: int) -> Steps:
        """Follow a register that is there to both ends of its block, and look a little beyond."""
        start = yield from self._backward(place)
        end = yield from self._forward(place + 1)
        self._note(start, end)
        for distance in _BEYOND:
            beyond = end + distance
            if beyond <= self._last and not self._known(beyond) and (yield beyond, 1):
                yield from self._block(beyond)
                return

    def _forward(self, end: int) -> Generator[tuple[int, int], bool, int]:
        """Give the first address behind `end` that is not there."""
        step = 1
        refused = (0, 0)  # where the latest refused request would have ended, and how long it was
        while step:
            step = min(step, self._last + 1 - end, self._widest)
            if step and (yield end, step):
                end += step
                if end >= refused[0] and refused[1] > 1:  # all of it is there: it was too long
                    self._widest = min(self._widest, refused[1] - 1)
                    refused = (0, 0)
                step *= 2
            else:
                refused = max(refused, (end + step, step))
                step //= 2
        return end

    def _backward(self, start: int) -> Generator[tuple[int, int], bool, int]:
        """Give the first address of a block that `start` is in."""
        step = 1
        while step:
            step = min(step, start - self._first, self._widest)
            if step and (yield start - step, step):
                start -= step
                step *= 2
            else:
                step //= 2
        return start

    def _known(self, place: int) -> bool:
        return any(place in block for block in self.found)

    def _note(self, start: int, end: int) -> None:
        """Remember a block; blocks that touch become one."""
        touching = [block for block in self.found if block.start <= end and start <= block.stop]
        blocks = [block for block in self.found if block not in touching]
        whole = range(
            min([start, *(each.start for each in touching)]), max([end, *(each.stop for each in touching)])
        )
        self.found = sorted([*blocks, whole], key=lambda block: block.start)
