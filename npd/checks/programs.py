"""Programs that have to run on this node, such as irqbalance, without which one processor serves the interrupts of
all."""

from __future__ import annotations

from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad
from npd.checks.reading import unread


@dataclass(frozen=True, slots=True)
class ProgramOptions:
    names: tuple[str, ...] = ("irqbalance",)
    """Names of processes; each has to be there."""


def _make(node: Node, options: ProgramOptions) -> dict[str, Look]:
    def look() -> Finding:
        try:
            running = {process.name for process in node.processes.named(frozenset(options.names))}
        except OSError as error:
            return unread(error, "processes")
        missing = [name for name in options.names if name[:15] not in running]
        return bad(f"not running: {', '.join(missing)}") if missing else OK

    return {"": look}


KIND = Kind(
    "programs",
    "programs that have to run, by default irqbalance",
    ProgramOptions,
    Words("ProgramIsNotRunning", "", "ProgramIsRunning", "all programs that have to run are there"),
    Pace(period=60, bad=2, of=2),
    _make,
    on=False,
    needs="the host's /proc, read-only",
)
