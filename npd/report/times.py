"""Times as the API has them: RFC 3339 in whole seconds, UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def written(seconds: float) -> str:
    return datetime.fromtimestamp(math.floor(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: object) -> float | None:
    """Seconds since 1970; None for what is no time."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except (ValueError, OverflowError):
        return None
