"""How many occurrences within a while: a sliding window, in a number of buckets that does not grow with the events."""

from __future__ import annotations

from collections import deque

BUCKETS = 30
"""Of a window: an occurrence counts up to a thirtieth of it too long."""


class Window:
    """Times in ms; those that come out of order count in the bucket of the newest."""

    __slots__ = ("_buckets", "_total", "_width", "within")

    def __init__(self, within: int) -> None:
        self.within = within
        self._width = max(1, within // BUCKETS)
        self._buckets: deque[list[int]] = deque()
        """(number of the bucket, occurrences), oldest first."""
        self._total = 0

    def add(self, time: int, occurrences: int) -> int:
        """The occurrences in the window that ends with this one."""
        number = time // self._width
        if self._buckets and number <= self._buckets[-1][0]:
            self._buckets[-1][1] += occurrences
        else:
            self._buckets.append([number, occurrences])
        self._total += occurrences
        return self.at(time)

    def at(self, time: int) -> int:
        """Those of the window that ends then."""
        oldest = (time - self.within) // self._width
        while self._buckets and self._buckets[0][0] < oldest:
            self._total -= self._buckets.popleft()[1]
        return self._total

    def __bool__(self) -> bool:
        return bool(self._buckets)
