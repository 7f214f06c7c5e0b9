"""From when on lines of a log count at start."""

from __future__ import annotations

import math
from pathlib import Path


def start_time(now: float, uptime: float, lookback: float, delay: float) -> float:
    """Never before boot, nor in the first `delay` seconds after it; it may lie ahead."""
    return max(now - uptime + delay, now - lookback)


def read_uptime(proc: str = "/proc") -> float:
    """Seconds since boot; without end where the kernel does not tell."""
    try:
        return float(Path(proc, "uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return math.inf
