"""Made-up events and batches for the tests of the store."""

from __future__ import annotations

import uuid
from typing import Any

from eventcenter.model import Batch, Change, ChangeType, Event
from eventcenter.query import EventQuery, parse_search

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def uid(number: int) -> str:
    return str(uuid.UUID(int=number + 1))


def event(number: int = 0, **fields: Any) -> Event:
    given: dict[str, Any] = {
        "uid": uid(number),
        "level": "Normal",
        "reason": "Started",
        "kind": "Pod",
        "namespace": "shop",
        "name": f"web-{number}",
        "object_uid": uid(1_000_000 + number),
        "field_path": "spec.containers{web}",
        "message": "Started container web",
        "component": "kubelet",
        "hostname": "node-1",
        "first_time": NOON,
        "last_time": NOON,
        "api_version": "v1",
    }
    return Event(**(given | fields))


def raw_of(made: Event, version: str) -> dict[str, Any]:
    return {
        "kind": "Event",
        "metadata": {"name": f"{made.name}.1", "uid": made.uid, "resourceVersion": version},
        "involvedObject": {"kind": made.kind, "namespace": made.namespace, "name": made.name},
        "reason": made.reason,
        "message": made.message,
        "count": made.count,
    }


def change(made: Event, version: int | str = 1, kind: ChangeType = ChangeType.ADDED) -> Change:
    return Change(kind, made, str(version), raw_of(made, str(version)))


def added(made: Event, version: int | str = 1) -> Change:
    return change(made, version)


def modified(made: Event, version: int | str = 2) -> Change:
    return change(made, version, ChangeType.MODIFIED)


def deleted(made: Event, version: int | str = 3) -> Change:
    return change(made, version, ChangeType.DELETED)


def batch(*changes: Change, position: str | None = None, stream: str = "events") -> Batch:
    return Batch(stream, list(changes), position)


def search(text: str, **more: Any) -> EventQuery:
    return EventQuery(search=parse_search(text), **more)


EVERYTHING = EventQuery(limit=1000)
