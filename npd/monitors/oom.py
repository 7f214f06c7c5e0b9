"""Lets the OOM watcher read the kernel log beside the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from npd.config.model import AnyConfig, LogConfig
from npd.model import Event, Status
from npd.monitors.matching import Line
from npd.oom import NODE_REASON, POD_REASON, OomWatcher

MARKS = (b"oom", b"Kill", b"Task", b"memory: usage ")
"""Without one of these no line is of an OOM report; most batches of lines have none."""
BUSY_S, IDLE_S = 0.5, 5.0


def tells_kills(configs: Iterable[AnyConfig]) -> bool:
    """Does a rule make the node's event of an OOM kill already?"""
    logs = (config for config in configs if isinstance(config, LogConfig) and config.plugin == "kmsg")
    return any(rule.reason == NODE_REASON for config in logs for rule in config.rules)


class OomReader:
    """`source` is that of the kernel's other events."""

    name = "oom"
    source = "kernel-monitor"

    def __init__(self, watcher: OomWatcher, start: float = 0.0) -> None:
        """`start`: lines from before it are not looked at."""
        self._watcher = watcher
        self._start = start
        self._busy_until = 0.0
        self._newest = 0.0

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        return (("", NODE_REASON), ("", POD_REASON))

    @property
    def patience(self) -> float:
        """The last line of a report is known as the last only when nothing follows."""
        return BUSY_S if self._newest < self._busy_until else IDLE_S

    def remember(self, lines: Sequence[Line]) -> None:
        """What was read before a restart was reported."""

    def feed(self, lines: Sequence[Line]) -> list[Event]:
        if not any(mark in line.text for line in lines for mark in MARKS):
            return []
        self._busy_until = self._newest + IDLE_S
        events = []
        for line in lines:
            if line.time >= self._start:
                events += self._watcher.feed(line.text.decode("utf-8", "replace"), line.time)
        return events

    def look(self, now: float) -> list[Event]:
        self._newest = now
        return self._watcher.flush(now)

    def status(self, events: Sequence[Event]) -> Status:
        return Status(self.source, tuple(events))
