"""What monitors tell and exporters take: problems that pass (events) and states of the node (conditions).

The words are node-problem-detector's: a monitor reports a `Status`, every exporter gets every status. Times are seconds
since 1970 in UTC, as the kernel and Python's `time.time` give them. Depends on nothing."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol


class Severity(enum.StrEnum):
    """Of an event, in Kubernetes' words."""

    INFO = "Normal"
    WARN = "Warning"


Truth = Literal["True", "False", "Unknown"]
"""The status of a condition. True is bad: `KernelDeadlock` is True while there is one."""


@dataclass(frozen=True, slots=True)
class PodRef:
    """A container of a Pod as a node can know it without asking anybody: from a cgroup path."""

    uid: str
    """As the path has it, with `-`; of a static Pod 32 hexadecimal digits, which are its `config.hash`."""
    container_id: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A problem that happened. About the node, or about the Pod of `pod`."""

    severity: Severity
    time: float
    """When it happened: of a log line its own time, not the time of reading."""
    reason: str
    message: str
    pod: PodRef | None = None
    count: int = 1
    """How often it happened, where several were taken together."""
    annotations: dict[str, str] = field(default_factory=dict)
    """Facts for programs, with full annotation keys."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A state of the node."""

    type: str
    status: Truth
    since: float
    """Time of the last transition."""
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """What a monitor tells at once: what happened since it last told, oldest first, and all of its conditions."""

    source: str
    """`source.component` of the events, as in `kernel-monitor`."""
    events: tuple[Event, ...] = ()
    conditions: tuple[Condition, ...] = ()


Report = Callable[[Status], None]
"""Takes a status of a monitor. Never raises and returns at once."""


class CheckState(enum.StrEnum):
    ON = "on"
    OFF = "off"
    NOT_APPLICABLE = "not applicable"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Health:
    """How a monitor itself is doing, for `/healthz`, the metrics and the status page."""

    name: str
    state: CheckState
    detail: str = ""
    """Why it is off, not applicable or broken; one line."""
    last_run: float | None = None
    lost: int = 0
    """Records that were there and could not be looked at."""
    alive: bool = True
    """False: its thread has ended or hangs, so that only a restart helps. `/healthz` fails then."""


class Monitor(Protocol):
    """A watch over one thing. Has its own thread of work between `start` and `stop`."""

    @property
    def source(self) -> str: ...

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """All (condition type or '', reason) that it can report: the metrics exist at 0 from the start."""

    def start(self, report: Report) -> None:
        """Begins to watch; what cannot be watched shows in `health`, never as an exception."""

    def stop(self) -> None:
        """Returns within two seconds."""

    def health(self) -> list[Health]:
        """One for each thing that it looks at."""


class Exporter(Protocol):
    def export(self, status: Status) -> None:
        """Takes a status. Never raises, and returns at once: what has to wait waits elsewhere."""

    def stop(self) -> None: ...
