"""Lets `OomWatcher` read the kernel log beside the rules of the configuration files."""

from __future__ import annotations

from collections.abc import Sequence

from npd.model import Event, Status
from npd.monitors.matching import Line
from npd.oom.incident import NODE_REASON, POD_REASON
from npd.oom.watcher import OomWatcher

SOURCE = "kernel-monitor"


class OomReader:
    """A `Reader` of `npd.monitors`. Lines before `start` (seconds since 1970) are only remembered."""

    name = "oom-kills"
    source = SOURCE

    def __init__(self, node: str, *, node_events: bool, start: float = 0.0) -> None:
        self._watcher = OomWatcher(node, node_events=node_events)
        self._start = start
        self.reasons = (("", POD_REASON), *([("", NODE_REASON)] if node_events else []))

    @property
    def holding(self) -> bool:
        return self._watcher.holding

    def remember(self, lines: Sequence[Line]) -> None:
        """What they told was reported before the restart."""
        for line in lines:
            self._watcher.feed(_text(line), line.time)

    def feed(self, lines: Sequence[Line]) -> list[Event]:
        told = []
        for line in lines:
            events = self._watcher.feed(_text(line), line.time)
            told += [event for event in events if event.time >= self._start]
        return told

    def look(self, now: float) -> list[Event]:
        return [event for event in self._watcher.flush(now) if event.time >= self._start]

    def status(self, events: Sequence[Event]) -> Status:
        return Status(self.source, tuple(events))


def _text(line: Line) -> str:
    return line.text.decode("utf-8", "replace")
