"""What a check is: something to look at, and the words and thresholds for what is seen."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npd.checks.processes import Processes


class Outcome(enum.Enum):
    OK = "ok"
    BAD = "bad"
    UNKNOWN = "unknown"
    """The look itself failed: neither a fault nor its absence is proved."""
    NOT_APPLICABLE = "not applicable"
    """There is nothing of the kind on this node, or it cannot be seen from here. Never a problem of the node."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Of one look. `message` says what is wrong, or why nothing could be said."""

    outcome: Outcome
    message: str = ""


OK = Finding(Outcome.OK)


def bad(message: str) -> Finding:
    return Finding(Outcome.BAD, message)


def unknown(message: str) -> Finding:
    return Finding(Outcome.UNKNOWN, message)


def not_applicable(message: str) -> Finding:
    return Finding(Outcome.NOT_APPLICABLE, message)


@dataclass(frozen=True, slots=True)
class Words:
    """How a check is told of. With `condition` it moves a condition of the node; without, it makes a Warning when it
    turns bad and a Normal when it is well again; without `healthy_reason` as well, every bad look is an event."""

    reason: str
    condition: str = ""
    healthy_reason: str = ""
    healthy_message: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look and how much it takes to believe it. Seconds."""

    period: float = 30.0
    timeout: float = 10.0
    """After which a look counts as stuck. It goes on by itself; the other checks do not wait for it."""
    bad: int = 1
    """So many bad looks among the last `of` are a problem."""
    of: int = 1
    good: int = 1
    """So many good looks in a row are the end of it."""
    hold: float = 0.0
    """A problem stands at least so long, so that a flapping one makes few events."""

    def __post_init__(self) -> None:
        if self.period < 1 or self.timeout <= 0 or self.hold < 0:
            raise ValueError("period must be 1s or more, timeout more than 0s, hold_down 0s or more")
        if not 1 <= self.bad <= self.of <= 100 or not 1 <= self.good <= 100:
            raise ValueError(
                f"bad {self.bad} of {self.of}, good {self.good}: must be 1 <= bad <= of <= 100, 1 <= good"
            )


@dataclass(frozen=True, slots=True)
class Check:
    """`look` may block and may raise; it is never called twice at once, and keeps what it has to remember itself."""

    name: str
    words: Words
    pace: Pace
    look: Callable[[], Finding]


@dataclass(frozen=True, slots=True)
class Host:
    """Where the node's own files lie. As a DaemonSet without hostPID: /host/proc, /host/sys and /host."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    root: Path = Path("/")

    def file(self, path: str) -> Path:
        """A file of the node by its path there."""
        return self.root / path.lstrip("/")


Look = Callable[[], Finding]


@dataclass(frozen=True, slots=True)
class Node:
    """What checks look at, and the clocks they go by."""

    host: Host
    processes: Processes
    wall: Callable[[], float]
    """Seconds since 1970."""
    steady: Callable[[], float]
    """Seconds that never jump."""
    may_repair: bool = False
    """Whoever started the agent allows commands that change something. Without it settings that ask for one are
    wrong."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the catalogue: a check with its default words, pace and options."""

    name: str
    what: str
    """What it looks at, for the table in docs/npd-checks.md."""
    options: type[Any]
    """A frozen dataclass with a default for every field: what can be set of this check alone."""
    words: Words
    """By the names of Alibaba Cloud's detector where it has the check."""
    pace: Pace
    make: Callable[[Node, Any], Mapping[str, Look]]
    """The looks by what tells them apart, as in `registry.example:443`; one look alone goes by ''. ValueError names
    the option that is wrong."""
    upstream: Words | None = None
    """By the names of node-problem-detector, where they differ."""
    on: bool = True
    needs: str = ""
    """Rights and mounts, for the same table."""
