"""Makes events of what was found: objects as a cluster would have them, with a uid that follows from what they tell, so
that telling the same again (after a restart, after a new list) is known to be a repetition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventcenter.model import Change, ChangeType
from eventcenter.normalize import normalize
from eventcenter.shapes import rfc3339

COMPONENT = "eventcenter"
"""Marks an event that the cluster itself does not have."""
VERSION = "0"
"""Less than any version of the API server: what an agent tells of the same kill is newer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    uid: str
    name: str
    """Of the Event."""
    time: int
    """ms."""
    reason: str
    message: str
    about: dict[str, str]
    """involvedObject."""
    node: str
    level: str = "Warning"
    annotations: dict[str, str] | None = None


def ms(text: str | None) -> int:
    """Milliseconds of an RFC 3339 time; 0 for none."""
    try:
        return int(datetime.fromisoformat(text or "").timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


def change_of(finding: Finding, now: int) -> Change:
    stamp = rfc3339(finding.time)
    namespace = finding.about.get("namespace", "default")
    event: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": finding.name,
            "namespace": namespace,
            "uid": finding.uid,
            "resourceVersion": VERSION,
            "creationTimestamp": rfc3339(now),
            "annotations": finding.annotations or {},
        },
        "involvedObject": {"apiVersion": "v1", **finding.about},
        "type": finding.level,
        "reason": finding.reason,
        "message": finding.message,
        "source": {"component": COMPONENT, "host": finding.node},
        "reportingComponent": COMPONENT,
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }
    return normalize(ChangeType.ADDED, event, received=now)
