"""What a check found: ok, warn or fail, and what to do about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Status(enum.StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    """What was looked at, one word; several findings may share it."""
    status: Status
    message: str
    remedy: str = ""


def ok(check: str, message: str) -> Finding:
    return Finding(check, Status.OK, message)


def warn(check: str, message: str, remedy: str) -> Finding:
    return Finding(check, Status.WARN, message, remedy)


def fail(check: str, message: str, remedy: str) -> Finding:
    return Finding(check, Status.FAIL, message, remedy)


def duration(ms: float) -> str:
    """`3 min`, for people: one unit is enough to see what is wrong."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if abs(ms) >= size * 2 or (unit == "s" and abs(ms) >= 1000):
            return f"{ms / size:.0f} {unit}"
    return f"{ms:.0f} ms"


def size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
