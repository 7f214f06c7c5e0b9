"""Memory errors that the memory controllers count (EDAC), also those that no log line tells of. Each growth is an
event."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, not_applicable
from npd.checks.growth import Growth
from npd.checks.reading import number, unread


@dataclass(frozen=True, slots=True)
class EdacOptions:
    threshold: int = 1
    """Errors between two looks."""


def _look(directory: Path, counter: str, what: str, threshold: int) -> Look:
    growth = Growth()

    def look() -> Finding:
        files = {path.parent.name: path for path in directory.glob(f"mc*/{counter}")}
        if not files:
            return not_applicable(f"no memory controller counts {what} memory errors in {directory}")
        try:
            grown = growth.since({name: number(path) for name, path in files.items()})
        except (OSError, ValueError, IndexError) as error:
            return unread(error, "memory errors")
        over = [f"{name} {count}" for name, count in sorted(grown.items()) if count >= threshold]
        return bad(f"{what} memory errors since the last look: {', '.join(over)}") if over else OK

    return look


def _kind(name: str, counter: str, what: str, reason: str) -> Kind:
    def make(node: Node, options: EdacOptions) -> dict[str, Look]:
        return {"": _look(node.host.sys / "devices/system/edac/mc", counter, what, options.threshold)}

    return Kind(
        name,
        f"{what} memory errors counted by EDAC",
        EdacOptions,
        Words(reason),
        Pace(period=60),
        make,
        needs="the host's /sys, read-only",
    )


CORRECTED = _kind("memory-corrected", "ce_count", "corrected", "MemoryReadError")
UNCORRECTED = _kind("memory-uncorrected", "ue_count", "uncorrected", "UncorrectedMemoryError")
