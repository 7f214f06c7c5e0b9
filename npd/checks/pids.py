"""Process ids: threads, not processes, use them up."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad
from npd.checks.reading import number, read, unread
from npd.checks.shares import percent


@dataclass(frozen=True, slots=True)
class PidOptions:
    threshold_percent: int = 85

    def __post_init__(self) -> None:
        percent(self.threshold_percent)


def _make(node: Node, options: PidOptions) -> dict[str, Look]:
    proc = node.host.proc

    def look() -> Finding:
        try:
            threads = int(read(proc / "loadavg").split()[3].partition(b"/")[2])
            limits = [number(proc / "sys/kernel/pid_max")]
        except (OSError, ValueError, IndexError) as error:
            return unread(error, "process ids")
        with contextlib.suppress(OSError, ValueError, IndexError):  # the other limit is there
            limits.append(number(proc / "sys/kernel/threads-max"))
        if threads * 100 <= min(limits) * options.threshold_percent:
            return OK
        return bad(f"{threads} of {min(limits)} process ids are in use ({threads * 100 // min(limits)}%)")

    return {"": look}


KIND = Kind(
    "pid",
    "threads of the node against pid_max and threads-max",
    PidOptions,
    Words("NodeHasPIDPressure", "NodePIDPressure", "NodeHasNoPIDPressure", "node has no PID pressure"),
    Pace(period=30, hold=60),
    _make,
    needs="the host's /proc, read-only",
)
