"""Processes that have ended and whose parent does not fetch their status: they use up pids, and a parent that leaves
many of them is broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad
from npd.checks.reading import unread


@dataclass(frozen=True, slots=True)
class ZombieOptions:
    threshold: int = 100
    """So many zombies or more are a problem."""


def _make(node: Node, options: ZombieOptions) -> dict[str, Look]:
    def look() -> Finding:
        try:
            names = Counter(p.name for p in node.processes.all(age=15.0) if p.state == "Z")
        except OSError as error:
            return unread(error, "processes")
        if (count := names.total()) < options.threshold:
            return OK
        most = ", ".join(f"{count} {name}" for name, count in names.most_common(3))
        return bad(f"{count} zombie processes (limit {options.threshold}), most of them: {most}")

    return {"": look}


KIND = Kind(
    "zombies",
    "ended processes that nobody waits for",
    ZombieOptions,
    Words("TooManyZombies", "", "ZombiesGone", "the zombie processes are gone"),
    Pace(period=60, hold=300),
    _make,
    needs="the host's /proc, read-only",
)
