"""Event objects of the API, and what they are about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from npd.report.times import written

LONGEST = 8192
"""Characters of a message; longer ones are cut, for an object has a limit in etcd."""
COMBINED = "(combined from similar events): "
"""As Kubernetes' own clients begin such a message."""
OOM_REASON = "ContainerOOMKilled"
CONTAINER_ID = "npd.eventcenter/oom-container-id"
"""Annotation that tells which run of a container was killed: by it the center knows that an event of its own, made
from the Pod's status, is about the same kill (docs/decisions/0010)."""


@dataclass(frozen=True, slots=True)
class Target:
    """The object that an event is about."""

    kind: str
    name: str
    uid: str = ""
    """Empty of the node: its uid may be learned later."""
    namespace: str = ""
    field_path: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """What similar events have in common."""

    target: Target
    source: str
    severity: str
    reason: str
    container_id: str = ""
    """Of an OOM kill: the kills of one run of a container are one event, whoever reports it."""


@dataclass(slots=True)
class Series:
    """One Event of the cluster: the same thing, counted up."""

    kind: Kind
    message: str
    first: float
    last: float
    told: int = 0
    """Occurrences that the Event in the cluster says."""
    pending: int = 0
    """Those that it does not say yet."""
    name: str = ""
    """Of the Event; empty until it has been made."""
    combined: bool = False
    annotations: dict[str, str] = field(default_factory=dict)

    def add(self, time: float, count: int) -> None:
        self.first, self.last = min(self.first, time), max(self.last, time)
        self.pending += count

    def forgotten(self) -> None:
        """The cluster has it no more: a new Event counts what is new."""
        self.name, self.told, self.first = "", 0, self.last

    @property
    def count(self) -> int:
        return self.told + self.pending

    def took(self, told: Series, done: bool) -> None:
        """What came of telling a copy of this, which may have grown meanwhile."""
        self.name, self.told, self.first = told.name, told.told, min(told.first, self.last)
        if done:
            self.told += told.pending
            self.pending -= told.pending

    @property
    def text(self) -> str:
        return (COMBINED + self.message if self.combined else self.message)[:LONGEST]

    def chosen_name(self, unique: str) -> str:
        """The name to make it under. Of an OOM kill it follows from the container: two agents, or one that was
        restarted, meet at it."""
        base = self.kind.target.name[:200]
        if self.kind.container_id:
            return f"{base}.oom-{self.kind.container_id[:16]}"
        return f"{base}.{unique}"


def event_object(series: Series, name: str, host: str, namespace: str, node_uid: str) -> dict[str, Any]:
    """`namespace` is where it lies, `node_uid` that of the node, empty while it is not known."""
    target, kind = series.kind.target, series.kind
    about = {"kind": target.kind, "name": target.name, "apiVersion": "v1"}
    if uid := target.uid or node_uid:
        about["uid"] = uid
    if target.namespace:
        about["namespace"] = target.namespace
    if target.field_path:
        about["fieldPath"] = target.field_path
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace, "annotations": dict(series.annotations)},
        "involvedObject": about,
        "type": kind.severity,
        "reason": kind.reason,
        "message": series.text,
        "source": {"component": kind.source, "host": host},
        "reportingComponent": kind.source,
        "reportingInstance": host,
        "firstTimestamp": written(series.first),
        "lastTimestamp": written(series.last),
        "count": series.count,
    }


def count_up(series: Series) -> dict[str, Any]:
    """A merge patch."""
    return {
        "count": series.count,
        "lastTimestamp": written(series.last),
        "message": series.text,
        "metadata": {"annotations": dict(series.annotations)},
    }


def made_uid(event: dict[str, Any]) -> str:
    """Of an event that the API server has not seen: the same for the same event."""
    metadata = event["metadata"]
    return hashlib.sha256(f"{metadata['namespace']}/{metadata['name']}".encode()).hexdigest()[:32]
