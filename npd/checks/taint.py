"""The kernel's own note that something went wrong since boot. Taints of modules and licences are no faults and are
left out."""

from __future__ import annotations

from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad
from npd.checks.reading import number, unread

FAULTS = {
    "M": (4, "a machine check exception"),
    "B": (5, "a bad page"),
    "D": (7, "an oops or BUG"),
    "W": (9, "a kernel warning"),
    "L": (14, "a soft lockup"),
}


@dataclass(frozen=True, slots=True)
class TaintOptions:
    letters: tuple[str, ...] = ("M", "B", "D", "L")
    """Taints that are a problem, by the kernel's letters; W, a mere warning, can be added."""

    def __post_init__(self) -> None:
        if wrong := [letter for letter in self.letters if letter not in FAULTS]:
            raise ValueError(f"letters: {wrong[0]!r} is none of {', '.join(FAULTS)}")


def _make(node: Node, options: TaintOptions) -> dict[str, Look]:
    def look() -> Finding:
        try:
            mask = number(node.host.proc / "sys/kernel/tainted")
        except (OSError, ValueError, IndexError) as error:
            return unread(error, "kernel taint")
        met = [
            f"{FAULTS[letter][1]} ({letter})" for letter in options.letters if mask >> FAULTS[letter][0] & 1
        ]
        return bad(f"the kernel has met {', '.join(met)} since boot; taint {mask}") if met else OK

    return {"": look}


KIND = Kind(
    "kernel-taint",
    "machine checks, bad pages, oopses and lockups since boot",
    TaintOptions,
    Words(
        "KernelHasFaultTaint", "KernelTainted", "KernelHasNoFaultTaint", "kernel has met no fault since boot"
    ),
    Pace(period=60),
    _make,
    needs="the host's /proc, read-only",
)
