"""Durations as Go writes them (`30s`, `1h30m`, `1.5s`), the form of every time span in the configuration files."""

from __future__ import annotations

import re

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5
    "μs": 1_000,  # U+03BC
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"(?a:(\d*)(?:\.(\d*))?)([^\d.]+)")
_MOST = 2**63 - 1
"""Nanoseconds; Go counts in 64 bits."""

FORMS = "a number with a unit, as in 30s, 5m or 1h30m; units are ns, us, ms, s, m and h"


def parse_duration(text: str) -> float:
    """Seconds. ValueError with what is accepted."""
    sign, rest = (-1, text[1:]) if text[:1] == "-" else (1, text[1:] if text[:1] == "+" else text)
    if rest == "0":
        return 0.0
    total, at = 0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None:
            raise ValueError(f"{text!r} is no duration: {FORMS}")
        total, at = total + _part(text, part), part.end()
    if not rest or total > _MOST:
        raise ValueError(f"{text!r} is {'too long' if rest else 'no duration: ' + FORMS}")
    return sign * total / 1e9


def _part(text: str, part: re.Match[str]) -> int:
    whole, fraction, unit = part[1], part[2] or "", part[3]
    if unit not in _NANOSECONDS or not (whole or fraction):
        raise ValueError(f"{text!r} is no duration: {FORMS}")
    nanoseconds = _NANOSECONDS[unit]
    less_than_one: int = int(fraction or 0) * nanoseconds // 10 ** len(fraction)
    return int(whole or 0) * nanoseconds + less_than_one


def format_duration(seconds: float) -> str:
    """For messages to people: `90` becomes `1m30s`."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    parts, rest = [], seconds
    for unit, length in (("h", 3600), ("m", 60)):
        if rest >= length:
            parts.append(f"{int(rest // length)}{unit}")
            rest %= length
    return "".join(parts) + (f"{rest:g}s" if rest or not parts else "")
