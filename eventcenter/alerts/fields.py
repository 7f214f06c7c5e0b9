"""Fields that more than one part of the file of rules has."""

from __future__ import annotations

import re
from typing import Any

_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def duration(value: Any) -> int:
    """Milliseconds of `90s`, `10m`, `2h`, `1d`."""
    match = re.fullmatch(r"(\d{1,6})\s*([smhd])", value) if isinstance(value, str) else None
    if match is None or not 0 <= (length := int(match[1]) * _UNITS[match[2]]) <= 90 * _UNITS["d"]:
        raise ValueError("is not a time of at most 90d, as in 90s, 10m, 2h or 1d")
    return length


def positive(value: Any) -> int:
    length = duration(value)
    if not length:
        raise ValueError("is no time at all")
    return length


def flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("is neither true nor false")
    return value
