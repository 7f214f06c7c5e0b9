"""Container logs without a cluster: one snapshot for every BackOff, a live log for every Pod, and errors on demand."""

from __future__ import annotations

from dataclasses import dataclass

from eventcenter.containerlogs import ContainerLog, LogQuestion
from eventcenter.errors import EventCenterError, NotFoundError
from eventcenter.model import Event

HOSTILE = "<script>alert(1)</script> \x1b]0;owned\x07 \u202eevil"


@dataclass
class FakeLogs:
    error: EventCenterError | None = None
    text: str = f"lost the database\n{HOSTILE}"
    reason: str = ""

    def kept(self, event: Event) -> ContainerLog | None:
        if event.reason != "BackOff":
            return None
        return self._log(event, "snapshot", True)

    def log(self, event: Event, asked: LogQuestion) -> ContainerLog:
        if self.error is not None:
            raise self.error
        kept = None if asked.live else self.kept(event)
        if kept is not None:
            return kept
        if asked.live is False or event.kind != "Pod":
            raise NotFoundError("no log was kept of this event")
        return self._log(event, "live", bool(asked.previous))

    def _log(self, event: Event, source: str, previous: bool) -> ContainerLog:
        return ContainerLog(
            container="app",
            previous=previous,
            source=source,
            time=event.last_time,
            text=self.text,
            truncated=False,
            reason=self.reason,
        )
