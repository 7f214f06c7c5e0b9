"""Spreads the looks over time: all checks of all nodes at once were what made the original stand out in CPU graphs.
Pure."""

from __future__ import annotations

import heapq
import math
import zlib
from collections import deque
from collections.abc import Mapping

_FIRST_WITHIN = 30.0
"""Seconds after the start in which every check has been looked at once, also one that looks once a day."""


class Schedule:
    """Who is due when. Checks of one period are spread evenly over it, shifted by `seed` (the node's name), and never
    do more than `limit` start within one second: two, or more where the periods of all cannot be kept with two."""

    def __init__(self, periods: Mapping[str, float], now: float, seed: str = "") -> None:
        self._periods = dict(periods)
        rate = sum(1 / period for period in periods.values())
        self.limit = max(2, math.ceil(1.5 * rate))
        self._started: deque[float] = deque(maxlen=self.limit)
        self._queue = [(now + offset, name) for name, offset in self._offsets(seed)]
        heapq.heapify(self._queue)

    def _offsets(self, seed: str) -> list[tuple[str, float]]:
        shift = zlib.crc32(seed.encode()) / 2**32
        groups: dict[float, list[str]] = {}
        for name, period in self._periods.items():
            groups.setdefault(period, []).append(name)
        return [
            (name, (position / len(names) + shift) % 1.0 * min(period, _FIRST_WITHIN))
            for period, names in groups.items()
            for position, name in enumerate(names)
        ]

    def take(self, now: float) -> str | None:
        """The next check that is due, or None. It is due again one period after it was due, never twice to catch up."""
        due, name = self._queue[0] if self._queue else (math.inf, "")
        if now < due or now < self._free_at():
            return None
        heapq.heappop(self._queue)
        self._started.append(now)
        period = self._periods[name]
        missed = math.floor((now - due) / period)
        heapq.heappush(self._queue, (due + (missed + 1) * period, name))
        return name

    def next_at(self) -> float:
        """When `take` can next give one."""
        return max(self._queue[0][0], self._free_at()) if self._queue else math.inf

    def _free_at(self) -> float:
        full = len(self._started) == self.limit
        return self._started[0] + 1.0 if full else -math.inf
