"""Sends as the delivery loop does."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sinks.delivery import Item, Sender, TryAgain


def with_retries(sink: Sender, sent: Sequence[Item], seconds: float = 30.0) -> int:
    """Send until it is taken, as the delivery loop does. How often it was refused."""
    until = time.monotonic() + seconds
    for failures in range(1000):
        try:
            sink.send(sent)
        except TryAgain:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return failures
    raise AssertionError("it is never taken")
