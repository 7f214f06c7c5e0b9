"""How fast the API server may be asked: a few requests at once, then one a second; less in trouble."""

from __future__ import annotations

import math
import random

BURST = 10
PER_SECOND = 1.0
DEBT = 5
"""Requests that something urgent may take in advance."""


class Allowance:
    """A token bucket."""

    def __init__(self, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = burst
        self._per_second = per_second
        self._tokens = burst
        self._at: float | None = None

    def take(self, now: float, urgent: bool = False) -> bool:
        self._fill(now)
        if self._tokens < (1 - DEBT if urgent else 1):
            return False
        self._tokens -= 1
        return True

    def now(self, now: float) -> float:
        """Requests that may be made at once."""
        self._fill(now)
        return self._tokens

    def wait(self, now: float) -> float:
        """Seconds until there is one."""
        self._fill(now)
        return max(0.0, (1 - self._tokens) / self._per_second)

    def lift(self) -> None:
        """No limit any more."""
        self._burst = self._tokens = math.inf

    def _fill(self, now: float) -> None:
        passed = max(0.0, now - self._at) if self._at is not None else 0.0
        self._tokens = min(self._burst, self._tokens + passed * self._per_second)
        self._at = now


class Backoff:
    """1 s, 2 s, 4 s … 30 s, each up to a half longer so that the agents of all nodes do not come back together."""

    def __init__(self, first: float = 1.0, longest: float = 30.0) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        delay = min(self._longest, self._first * 2.0 ** min(self._failures, 20))
        self._failures += 1
        return delay * random.uniform(1.0, 1.5)

    def reset(self) -> None:
        self._failures = 0
