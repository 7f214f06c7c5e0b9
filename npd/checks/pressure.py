"""Memory pressure by the kernel's stall accounting (PSI): the share of time in which work stood still for want of
memory, which free memory does not tell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, not_applicable
from npd.checks.reading import read, unread

_AVERAGE = re.compile(rb"^(some|full) .*avg60=([\d.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PressureOptions:
    some_percent: int = 40
    """Share of the last minute in which some task waited for memory."""
    full_percent: int = 10
    """Share of the last minute in which all of them did."""


def _make(node: Node, options: PressureOptions) -> dict[str, Look]:
    def look() -> Finding:
        try:
            stalls = {
                kind.decode(): float(share)
                for kind, share in _AVERAGE.findall(read(node.host.proc / "pressure/memory"))
            }
        except OSError as error:
            if error.errno == 95:  # EOPNOTSUPP: built in, and switched off with psi=0
                return not_applicable("memory stalls: the kernel runs without PSI")
            return unread(error, "memory stalls")
        limits = {"some": options.some_percent, "full": options.full_percent}
        over = [
            f"{kind} {share:g}% (limit {limits[kind]}%)"
            for kind, share in stalls.items()
            if share > limits[kind]
        ]
        return (
            bad(f"tasks stand still for want of memory: {', '.join(over)} of the last minute") if over else OK
        )

    return {"": look}


KIND = Kind(
    "memory-stalls",
    "time lost to waiting for memory, by PSI",
    PressureOptions,
    Words(
        "NodeHasMemoryStalls",
        "MemoryStalls",
        "NodeHasNoMemoryStalls",
        "node does not stall for want of memory",
    ),
    Pace(period=30, hold=60),
    _make,
    needs="the host's /proc, read-only; kernel 4.20 with PSI",
)
