"""How long a sink waits before it tries again: exponential, with jitter, unless the destination says how long."""

from __future__ import annotations

import random
import threading

from sinks.delivery import Broken, DeliveryError

FIRST_S = 1.0
MOST_S = 300.0
BROKEN_S = 30.0
BROKEN_MOST_S = 600.0
"""What only a person can mend is tried seldom, and still: a key that was wrong may have become right."""


class Patience:
    """Of one sink. `wait` blocks until the next try or until `stopping` is set."""

    def __init__(self, stopping: threading.Event, *, chance: random.Random | None = None) -> None:
        self._stopping = stopping
        self._chance = chance or random.Random()
        self._failures = 0

    def succeeded(self) -> None:
        self._failures = 0

    def delay(self, error: DeliveryError) -> float:
        """Seconds until the next try after this error, which counts as one more in a row. Between half and the whole of
        the exponential step, so that sinks which failed together do not come back together."""
        self._failures += 1
        asked = getattr(error, "after_s", None)
        if asked is not None:
            return float(asked) + self._chance.uniform(0.0, 0.5)
        first, most = (BROKEN_S, BROKEN_MOST_S) if isinstance(error, Broken) else (FIRST_S, MOST_S)
        step = min(most, first * 2.0 ** min(self._failures - 1, 30))
        return step * self._chance.uniform(0.5, 1.0)

    def wait(self, seconds: float) -> bool:
        """False when it is time to stop."""
        return not self._stopping.wait(seconds)
