"""Tells of sinks that do not keep up: as events of the store, so that pages show them and other sinks carry them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from eventcenter.forwarded import SinkState, SinkStatus
from eventcenter.ports import Clock
from eventcenter.shapes import rfc3339

COMPONENT = "eventcenter"
KIND = "Sink"


class Alarms:
    """`look` is called now and then. One event when a sink has not kept up for as long as its settings say, one when it
    does again."""

    def __init__(self, instance: str, now: Clock, tell: Callable[[dict[str, Any]], None]) -> None:
        self._instance = instance
        self._now = now
        self._tell = tell
        self._since: dict[str, int] = {}
        """When a sink was first seen in trouble."""
        self._lag: dict[str, int] = {}
        """At the look before."""
        self._told: dict[str, int] = {}
        """Since when, of the sinks that an event has been told of."""

    def look(self, statuses: Sequence[SinkStatus], after_ms: Callable[[str], int]) -> None:
        for status in statuses:
            self._look(status, after_ms(status.name))
        names = {status.name for status in statuses}
        for known in (self._since, self._told, self._lag):
            for gone in known.keys() - names:
                del known[gone]

    def _look(self, status: SinkStatus, after_ms: int) -> None:
        now = self._now()
        before, self._lag[status.name] = self._lag.get(status.name, 0), status.lag
        falls_behind = bool(after_ms) and status.lag_ms >= after_ms and status.lag > before
        if not falls_behind and status.state not in (SinkState.RETRYING, SinkState.BROKEN):
            self._since.pop(status.name, None)
            since = self._told.pop(status.name, None)
            if since is not None:
                text = f"The sink {status.name} delivers again, after {_minutes(now - since)}."
                self._tell(self._event(status, "Normal", "SinkRecovered", text, since))
            return
        # A center that was away is behind at first, and that is no trouble of the sink.
        since = self._since.setdefault(status.name, now)
        if after_ms and now - since >= after_ms and status.name not in self._told:
            self._told[status.name] = since
            reason = "SinkBroken" if status.state is SinkState.BROKEN else "SinkLagging"
            text = (
                f"The sink {status.name} ({status.kind}) has not kept up for {_minutes(now - since)}; "
                f"{status.lag} changes wait. {status.last_error or ''}".strip()
            )
            self._tell(self._event(status, "Warning", reason, text, since))

    def _event(self, status: SinkStatus, level: str, reason: str, text: str, since: int) -> dict[str, Any]:
        now = self._now()
        about = f"{self._instance}/{status.name}/{reason}/{since // 60_000}"
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{status.name}.{reason.lower()}",
                "namespace": "default",
                "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"eventcenter:{about}")),
                "resourceVersion": str(now),
                "creationTimestamp": rfc3339(now),
            },
            "involvedObject": {"apiVersion": "eventcenter/v1", "kind": KIND, "name": status.name},
            "type": level,
            "reason": reason,
            "message": text,
            "source": {"component": COMPONENT},
            "firstTimestamp": rfc3339(since),
            "lastTimestamp": rfc3339(now),
            "count": 1,
        }


def _minutes(ms: int) -> str:
    minutes = max(1, round(ms / 60_000))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
