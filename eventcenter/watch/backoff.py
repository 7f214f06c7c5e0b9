"""Waiting between attempts: exponential with full jitter, so that many watchers do not come back in step."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    def __init__(
        self,
        first: float = 0.5,
        longest: float = 30.0,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first = first
        self._longest = longest
        self._uniform = uniform
        self.failures = 0

    def next(self, longest: float | None = None) -> float:
        """Seconds to wait after one more failure."""
        ceiling = min(longest or self._longest, self._first * 2 ** min(self.failures, 30))
        self.failures += 1
        return self._uniform(0.0, ceiling)

    def reset(self) -> None:
        self.failures = 0
